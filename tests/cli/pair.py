"""`lineament serve --local` as processes that tests may kill."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lineament.cli.emulator import LOOPBACK, free_port


class Pair:
    """The command as a user runs it; it is ready once this is made."""

    def __init__(self, data: Path | None, **settings: str) -> None:
        """Start it; settings are variables of its environment."""
        self.port, self.aws_port = free_port(), free_port()
        folder = [] if data is None else ["--data", str(data)]
        ports = ["--port", str(self.port), "--aws-port", str(self.aws_port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lineament", "serve", "--local", *folder, *ports],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.printed = ""
        for line in self.process.stdout:
            self.printed += line
            if "list-faces" in line:
                return
        raise AssertionError(self.printed)

    def client(self, service: str = "rekognition") -> Any:
        port = self.port if service == "rekognition" else self.aws_port
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://{LOOPBACK}:{port}",
            aws_access_key_id="123456789012",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def kill(self) -> None:
        """End every process at once, as a power cut does."""
        for pid in reversed(_family(self.process.pid)):
            os.kill(pid, signal.SIGKILL)
        self.process.communicate(timeout=20)
        deadline = time.monotonic() + 20
        while _accepts(self.port) or _accepts(self.aws_port):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _accepts(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.connect()
    except OSError:
        return False
    connection.close()
    return True


StartPair = Callable[..., Pair]
