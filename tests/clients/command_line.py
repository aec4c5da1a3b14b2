"""The AWS CLI, with the options that people type.

Each call is a process: the program `aws`, or a fork of one that has loaded it, which is quicker.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore import xform_name

from tests.clients.calling import Output, Params, Refused, moment, without

Done = subprocess.CompletedProcess[str]
Run = Callable[[list[str], Mapping[str, str]], Done]
PROGRAM = Path(sys.executable).with_name("aws")
FAILED = 255
"""The exit status of version 1 where the service answers with an error."""

_ERROR = re.compile(
    r"An error occurred \((\w+)\) when calling the \w+ operation(?: \(reached [^)]*\))?: (.*)", re.S
)
_WAITER = re.compile(r"Waiter \w+ failed: (.*)", re.S)


def as_process(command: list[str], environment: Mapping[str, str]) -> Done:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, str(PROGRAM), *command[1:]],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


class Warm:
    """Runs the program as a fork of a process that has loaded it, until it is stopped."""

    def __init__(self) -> None:
        # -P: the files beside it are no modules of the CLI's.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("warm_aws.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, command: list[str], environment: Mapping[str, str]) -> Done:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = json.dumps({"command": command, "environment": dict(environment)})
        self._process.stdin.write(asked + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        return Done(command, ended["status"], ended["output"], ended["errors"])

    def stop(self) -> None:
        """End the process: it ends with its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(20) == 0


class CommandLine:
    """`aws rekognition` of an account; the environment tells it the endpoint."""

    unmodelled: str | None = None

    def __init__(
        self, account: str, environment: Mapping[str, str], folder: Path, run: Run
    ) -> None:
        """Take the variables of its shell, a folder for the photos, and how the program is run."""
        self.account = account
        self._run = run
        self._environment = {**environment, "AWS_ACCESS_KEY_ID": account, "AWS_PAGER": ""}
        self._folder = folder

    def call(self, operation: str, params: Params) -> Output:
        return self.output(xform_name(operation, "-"), *self.options(params))

    def pages(self, operation: str, params: Params, size: int) -> list[Output]:
        """Ask page by page, as a script does: an answer tells the token to start the next with.

        Where a page has two lists, the CLI fills the second one on the first page only.
        """
        command = [xform_name(operation, "-"), *self.options(params)]
        command += ["--page-size", str(size), "--max-items", str(size)]
        pages = [self.output(*command)]
        while "NextToken" in pages[-1]:
            pages.append(self.output(*command, "--starting-token", pages[-1]["NextToken"]))
        return [without(page, "NextToken") for page in pages]

    def wait(self, waiter: str, params: Params) -> str:
        done = self.run("wait", xform_name(waiter, "-"), *self.options(params))
        assert (done.returncode, done.stdout) == (FAILED, "")
        told = _WAITER.search(done.stderr)
        assert told, done.stderr
        return told[1].strip()

    def output(self, *arguments: str) -> Output:
        """Return what a command prints.

        Raises:
            Refused: it printed an error of the service, and ended with 255.
        """
        done = self.run(*arguments)
        if done.returncode == 0:
            # Of an empty output the CLI prints nothing.
            printed: Output = json.loads(done.stdout or "{}", object_hook=_with_moments)
            return printed
        told = _ERROR.search(done.stderr)
        assert told, f"{arguments}: {done.stderr}"
        assert (done.returncode, done.stdout) == (FAILED, "")
        return _refuse(told)

    def run(self, *arguments: str) -> Done:
        """Run `aws rekognition ...` to its end."""
        return self._run(["aws", "rekognition", *arguments], self._environment)

    def options(self, params: Params) -> list[str]:
        """Return parameters as options: photos as files, lists word by word, and shorthand."""
        made: list[str] = []
        for member, value in params.items():
            option = f"--{xform_name(member, '-')}"
            if isinstance(value, dict) and "Bytes" in value:
                made += [f"{option}-bytes", f"fileb://{self._file(value['Bytes'])}"]
            elif isinstance(value, list):
                made += [option, *value]
            else:
                made += [option, _shorthand(value)]
        return made

    def _file(self, content: bytes) -> Path:
        path = self._folder / hashlib.sha256(content).hexdigest()
        if not path.exists():
            path.write_bytes(content)
        return path


def _refuse(told: re.Match[str]) -> Output:
    raise Refused(kind=told[1], code=told[1], message=told[2].strip())


def _shorthand(value: Any) -> str:
    """Return `Name=value,...`, with braces around what is within."""
    if not isinstance(value, dict):
        return str(value)
    return ",".join(
        f"{name}={{{_shorthand(member)}}}"
        if isinstance(member, dict)
        else f"{name}={_shorthand(member)}"
        for name, member in value.items()
    )


def _with_moments(members: dict[str, Any]) -> dict[str, Any]:
    """Version 1 prints a timestamp as the service sends it: seconds since 1970."""
    if "CreationTimestamp" in members:
        members["CreationTimestamp"] = moment(members["CreationTimestamp"])
    return members
