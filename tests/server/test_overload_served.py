"""A real server that is asked for more than it takes on."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineament.cli.emulator import LOOPBACK
from lineament.wire.http import HttpResponse
from tests.judging import judge
from tests.server.conftest import HEADERS, Served, head, running
from tests.server.test_metrics import scrape, value

pytestmark = pytest.mark.provokes_faults
_SERVER = """
import sys, time
from pathlib import Path
from lineament import app, config
from lineament.errors import InvalidImageFormatException
from lineament.server.gunicorn import Server
from lineament.server.listen import Listen
from lineament.server.overload import Limits

class Patient:
    def analyse(self, image):
        Path(sys.argv[2]).touch()
        while not Path(sys.argv[3]).exists():
            time.sleep(0.01)
        raise InvalidImageFormatException

app._lazy_engine = lambda *_: Patient
limits = Limits(calls=4, pictures=1, waiting_pictures=1, read_bytes=700_000, waiting_reads=0)
Server(config.load(), Listen("127.0.0.1", int(sys.argv[1]), threads=8), limits=limits).run()
"""
LARGE = json.dumps({"Image": {"Bytes": base64.b64encode(bytes(400_000)).decode()}}).encode()
PICTURE = json.dumps({"Image": {"Bytes": base64.b64encode(bytes(100)).decode()}}).encode()


class Busy:
    """The server, whose engine looks at a picture until it may go on."""

    def __init__(self, served: Served, looks: Path, go_on: Path) -> None:
        self.served = served
        self.looks = looks
        self.go_on = go_on
        self.answers: list[int] = []
        self._threads: list[threading.Thread] = []

    def detect(self, body: bytes = PICTURE) -> tuple[int, dict[str, str]]:
        headers = {**HEADERS, "X-Amz-Target": "RekognitionService.DetectFaces"}
        connection = self.served.connect()
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        told = dict(answer.getheaders())
        judge("DetectFaces", HttpResponse(answer.status, told, content))
        return answer.status, told

    def begin(self) -> None:
        thread = threading.Thread(target=lambda: self.answers.append(self.detect()[0]))
        thread.start()
        self._threads.append(thread)

    def end(self) -> list[int]:
        self.go_on.touch()
        for thread in self._threads:
            thread.join(30)
        return self.answers


@pytest.fixture
def busy(aws_endpoint: str, tmp_path: Path) -> Iterator[Busy]:
    """Return a server of which one picture is looked at and one waits."""
    assert aws_endpoint
    looks, go_on = tmp_path / "looks", tmp_path / "go-on"
    command = ["-c", _SERVER]
    with running(
        tmp_path / "log", lambda port: [*command, str(port), str(looks), str(go_on)]
    ) as served:
        busy = Busy(served, looks, go_on)
        try:
            yield busy
        finally:
            busy.end()


def until(done: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if done():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to that")


def test_pictures_beyond_the_line_are_refused_and_other_calls_answered(busy: Busy) -> None:
    """Lost: one busy client makes the whole service look dead, health checks included."""
    busy.begin()
    until(busy.looks.exists)
    # Who comes second waits, and whoever comes then is refused: asked until that is so.
    for _ in range(2):
        busy.begin()
    until(lambda: busy.answers == [503])
    status, headers = busy.detect()
    assert (status, headers["Retry-After"]) == (503, "1")
    status, headers = busy.detect(LARGE)
    assert (status, headers["Retry-After"]) == (503, "1")
    assert busy.served.list_collections() == 200
    assert value(scrape(busy.served), "refused_total", reason="pictures") == 3
    assert busy.end() == [503, 400, 400]
    assert busy.detect()[0] == 400  # There is room again.


def test_bodies_beyond_the_memory_are_refused_and_those_within_answered(busy: Busy) -> None:
    """Lost: clients with large pictures have the server killed for its memory."""
    busy.go_on.touch()
    size = 600_000
    with socket.create_connection((LOOPBACK, busy.served.port), timeout=30) as slow:
        slow.sendall(head(f"Content-Length: {size}") + b"{}")
        until(lambda: busy.detect(LARGE)[0] == 503)
        assert value(scrape(busy.served), "refused_total", reason="bytes") == 1
        assert busy.detect()[0] == 400  # A small one needs no room.
        assert busy.served.list_collections() == 200
        slow.sendall(b" " * (size - 2))
        assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")
    until(lambda: busy.detect(LARGE)[0] == 400)
