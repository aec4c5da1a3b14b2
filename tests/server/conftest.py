"""One real server, as `lineament serve` starts it, with a small body cap."""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.emulator import LOOPBACK
from lineament.wire.http import HttpResponse
from tests.judging import judge
from tests.serving import Server, serve

CAP = 1024 * 1024
HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "RekognitionService.ListCollections",
    "Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20261123/us-east-1/rekognition/"
    "aws4_request, SignedHeaders=host;x-amz-date, Signature=5ec4e7",
}


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    log: Path

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that is not open yet."""
        return http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)

    def list_collections(self) -> int:
        """Call ListCollections on a new connection and return the status."""
        status, answer, _ = exchange(self.connect(), b"{}")
        assert "CollectionIds" in answer
        return status

    def logged(self, request_id: str) -> str:
        """Return the log's first line of a request; it is written just after the answer."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines(keepends=True):
                if line.endswith("\n") and request_id in line:
                    return line
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())


def head(*extra: str) -> bytes:
    """Return the head of a signed ListCollections with more header lines."""
    fields = [f"{name}: {value}" for name, value in HEADERS.items()]
    return "\r\n".join(["POST / HTTP/1.1", "Host: localhost", *fields, *extra, "", ""]).encode()


def exchange(
    connection: http.client.HTTPConnection, body: Any, **options: Any
) -> tuple[int, dict[str, Any], http.client.HTTPResponse]:
    """Send a signed ListCollections with that body; its answer is held to the promises."""
    connection.request("POST", "/", body, HEADERS, **options)
    answer = connection.getresponse()
    content = answer.read()
    judge("ListCollections", HttpResponse(answer.status, dict(answer.getheaders()), content))
    return answer.status, json.loads(content), answer


@pytest.fixture(scope="module")
def served(aws_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server that is ready; SIGTERM ends it with status 0."""
    assert aws_endpoint
    with running(tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@contextmanager
def running(log: Path, command: Callable[[int], Sequence[str]] = serve) -> Iterator[Served]:
    """Run a server as `python command` for as long as the block."""
    server = Server(log, {"LINEAMENT_MAX_BODY_BYTES": str(CAP)}, command)
    try:
        yield Served(server.port, log)
    finally:
        server.stop()
