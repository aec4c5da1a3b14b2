"""The local pair: the API, with S3 and DynamoDB (`emulator`) beside it, as child processes."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from lineament import config
from lineament.cli import emulator
from lineament.cli.emulator import LOOPBACK
from lineament.errors import LineamentError
from lineament.server.listen import Listen

SNAPSHOT_BUCKET = "lineament-snapshots"
_SNAPSHOT_SETTING = f"{config.PREFIX}SNAPSHOT_BUCKET"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with # nosec B104
_START_SECONDS = 60.0
_STOP_SECONDS = 35.0
_POLL_SECONDS = 0.05


class LocalPairError(LineamentError):
    """The pair could not start, or a part of it ended by itself."""


def require_free(host: str, port: int, option: str) -> None:
    """Check that a server can listen there.

    Raises:
        LocalPairError: something else does, or the host is not one of this machine's.
    """
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        if (error.errno or 0) < 0:  # of name resolution, which create_server hides
            raise LocalPairError(f"--host {host} is no address of this machine") from error
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise LocalPairError(
            f"cannot listen on {host}:{port} ({reason}); choose another with {option}"
        ) from error


class LocalPair:
    """Both servers, from `with` to its end. They answer when `with` begins its block.

    S3 and DynamoDB live in memory and forget everything when they stop, or in a folder and forget
    nothing that they acknowledged, however they stop. In S3 is a bucket for snapshots of large
    collections: a log is read slowly here, by whoever starts, by a second worker, and again once a
    gallery had to leave memory. LINEAMENT_SNAPSHOT_BUCKET names another; set but empty, none.
    """

    def __init__(
        self,
        listen: Listen,
        aws_port: int,
        log: IO[str] | int | None = None,
        data: Path | None = None,
    ) -> None:
        """Choose where: nothing starts before `with`.

        Args:
            listen: where the API listens.
            aws_port: where S3 and DynamoDB listen, always on loopback.
            log: where the API's log goes; None for this process's own output.
            data: the folder of S3 and DynamoDB; None for memory.
        """
        host = LOOPBACK if listen.host == _EVERYWHERE else listen.host
        self.api_url = f"http://{host}:{listen.port}"
        self.aws_url = f"http://{LOOPBACK}:{aws_port}"
        self.environment = {
            _SNAPSHOT_SETTING: SNAPSHOT_BUCKET,
            **config.local_environment(self.api_url, self.aws_url),
        }
        self._listen = listen
        self._aws_port = aws_port
        self._log = log
        self._data = data
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "LocalPair":
        """Start both and wait until the API is ready.

        Raises:
            LocalPairError: a port is taken, the folder cannot be used, or the API cannot get ready.
            EmulatorError: a package is missing, or there can be no bucket for snapshots.
        """
        aws = emulator.command(self._aws_port, self._data)
        require_free(self._listen.host, self._listen.port, "--port")
        require_free(LOOPBACK, self._aws_port, "--aws-port")
        try:
            self._start_aws(aws)
            self._start_api()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop both, the API first."""
        self._stop()

    def wait(self) -> None:
        """Block for as long as both run.

        Raises:
            LocalPairError: one ended by itself.
        """
        while True:
            self._require_running()
            time.sleep(1)

    def _start_aws(self, command: Sequence[str]) -> None:
        self._said = emulator.listen_to(self._spawn(command, subprocess.DEVNULL, subprocess.PIPE))
        self._await(
            LOOPBACK,
            self._aws_port,
            emulator.probe(self._data),
            emulator.patience(self._data),
            since=lambda: self._said.heard,
        )

    def _start_api(self) -> None:
        bucket = self.environment[_SNAPSHOT_SETTING]
        if bucket:
            emulator.ensure_bucket(self._aws_port, bucket)
        listen = self._listen
        options: Mapping[str, object] = {
            "--host": listen.host,
            "--port": listen.port,
            "--workers": listen.workers,
            "--threads": listen.threads,
        }
        words = [word for name, value in options.items() for word in (name, str(value))]
        self._spawn(["-m", "lineament", "serve", *words], self._log, self._log)
        began = time.monotonic()
        self._await(listen.host, listen.port, "/readyz", _START_SECONDS, since=lambda: began)

    def _spawn(
        self, arguments: Sequence[str], output: IO[str] | int | None, errors: IO[str] | int | None
    ) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C reaches this process alone, which then stops the children.
        child = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        self._children.append(child)
        return child

    def _await(
        self, host: str, port: int, path: str, seconds: float, since: Callable[[], float]
    ) -> None:
        """Wait for an answer, no longer than so many seconds since a moment that may move on."""
        while time.monotonic() < since() + seconds:
            self._require_running()
            status, reason = _probe(host, port, path)
            if status == http.client.OK:
                return
            if reason:
                raise LocalPairError(reason)
            time.sleep(_POLL_SECONDS)
        raise LocalPairError(f"{host}:{port}{path} did not answer in {seconds:.0f} s")

    def _require_running(self) -> None:
        for child in self._children:
            status = child.poll()
            if status is not None and child is self._children[0]:
                raise LocalPairError(emulator.reason(status, self._said))
            if status is not None:
                command = " ".join(str(word) for word in child.args[1:4])  # type: ignore[index]
                raise LocalPairError(f"`python {command} ...` ended with status {status}")

    def _stop(self) -> None:
        for child in reversed(self._children):
            child.terminate()
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()


def _probe(host: str, port: int, path: str) -> tuple[int, str]:
    """Return the status and, for an API that cannot get ready, its reason."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):  # not there yet, or ending just now
        return 0, ""
    finally:
        connection.close()
    if answer.status != http.client.SERVICE_UNAVAILABLE:
        return answer.status, ""
    return answer.status, str(json.loads(body).get("reason", ""))
