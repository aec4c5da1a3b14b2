"""The emulator of `serve --local --data` as a process that tests may kill."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lineament.cli.durable.server import PROBE
from lineament.cli.emulator import LOOPBACK, command, free_port

CHECKPOINT_BYTES = 100_000
SMALL = f"store.CHECKPOINT_BYTES = {CHECKPOINT_BYTES};"
_PROGRAM = (
    "import pathlib, sys; from lineament.cli.durable import folder, server, store;"
    # ministack asks pip for these, and `lineament[data]` does not.
    "sys.modules.update(dict.fromkeys(['graphql', 'jsonata']));{patch}"
    "sys.exit(server.main(int(sys.argv[1]), pathlib.Path(sys.argv[2])))"
)


def ask(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    asked = urllib.request.Request(  # noqa: S310 - loopback
        url, data=body, method=method, headers=dict(headers or {})
    )
    urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310


class Emulator:
    """A process on a folder, which answers once this is made."""

    def __init__(self, folder: Path, *, small: bool = False, patch: str = "") -> None:
        """Start it; `patch` is Python that changes it before, on one line."""
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        words = command(port, folder)
        if patch := patch + SMALL * small:
            words[:2] = ["-c", _PROGRAM.format(patch=patch)]
        self.process = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE)
        deadline = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, self.process.stderr.read()  # type: ignore[union-attr]
            try:
                ask(self.url + PROBE)
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                return

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client; options are those of botocore's Config."""
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=20, **options),
        )

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)


Start = Callable[..., Emulator]
