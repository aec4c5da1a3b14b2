"""Clients that send so slowly that they would hold the server's threads."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from lineament.cli.emulator import LOOPBACK
from tests.server.conftest import Served, head, running

THREADS = 4
_SERVER = """
import sys
from lineament import config
from lineament.server.gunicorn import Server
from lineament.server.listen import Listen
from lineament.server.patience import Patience
patience = Patience(headers=2.0, body=2.0, rate=1000.0, drain=2.0)
Server(config.load(), Listen("127.0.0.1", int(sys.argv[1]), threads=4), patience).run()
"""


@pytest.fixture(scope="module")
def hasty(aws_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server that waits two seconds for headers and bodies, and 1 ms a byte more."""
    assert aws_endpoint
    log = tmp_path_factory.mktemp("hasty") / "log"
    with running(log, lambda port: ["-c", _SERVER, str(port)]) as server:
        yield server


def _trickle(port: int, start: bytes, piece: bytes) -> list[bytes]:
    """Send a piece a time on as many connections as there are threads, until each is closed."""
    clients = [socket.create_connection((LOOPBACK, port), timeout=30) for _ in range(THREADS)]
    answers = dict.fromkeys(clients, b"")
    open_ones = list(clients)
    for client in clients:
        client.sendall(start)
        client.setblocking(False)
    for _ in range(300):
        if not open_ones:
            break
        time.sleep(0.1)
        for client in list(open_ones):
            # An answer first: once the server has closed, sending fails whatever waits to be read.
            received, closed = _received(client)
            answers[client] += received
            if not closed:
                with suppress(OSError):
                    client.send(piece)
                continue
            open_ones.remove(client)
            client.close()
    for client in open_ones:
        client.close()
    assert open_ones == [], "the server waits for ever"
    return list(answers.values())


def _received(client: socket.socket) -> tuple[bytes, bool]:
    """Return what has come, and whether the server has closed."""
    whole = b""
    try:
        while received := client.recv(4096):
            whole += received
    except BlockingIOError:
        return whole, False
    except OSError:
        pass
    return whole, True


@pytest.mark.parametrize("framing", ["Content-Length: 900000", "Transfer-Encoding: chunked"])
def test_bodies_that_trickle_in_are_given_up(hasty: Served, framing: str) -> None:
    """Lost: four slow clients stop the whole server, health checks included."""
    start = head(framing) + (b"1000\r\n" if "chunked" in framing else b"")
    answers = _trickle(hasty.port, start, b" ")
    assert all(answer.startswith(b"HTTP/1.1 400 ") for answer in answers)
    assert all(b"came too slowly" in answer for answer in answers)
    assert hasty.list_collections() == 200
    assert "Traceback" not in hasty.log.read_text()


def test_bodies_over_the_cap_that_trickle_in_are_refused(hasty: Served) -> None:
    """Lost: a refused body holds a thread as long as its client likes."""
    answers = _trickle(hasty.port, head("Content-Length: 9000000"), b" ")
    assert all(answer.startswith(b"HTTP/1.1 413 ") for answer in answers)
    assert hasty.list_collections() == 200


def test_headers_that_trickle_in_are_given_up(hasty: Served) -> None:
    """Lost: four clients that never finish their headers stop the whole server."""
    assert _trickle(hasty.port, b"POST / HTTP/1.1\r\nHost: x\r\nX-Long: ", b"a") == [b""] * THREADS
    assert hasty.list_collections() == 200
    assert "Traceback" not in hasty.log.read_text()


def test_slow_but_steady_bodies_are_taken(hasty: Served) -> None:
    """Lost: a large photo over a slow link can never be sent."""
    body = b"{}" + b" " * 11_998
    with socket.create_connection((LOOPBACK, hasty.port), timeout=60) as client:
        client.sendall(head(f"Content-Length: {len(body)}"))
        for begin in range(0, len(body), 300):
            time.sleep(0.1)  # four seconds in all, of the fourteen that it may take
            client.sendall(body[begin : begin + 300])
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
