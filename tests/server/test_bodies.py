"""Bodies as clients really send them: announced, in chunks, too long, and never finished."""

import json
import socket
from collections.abc import Iterator

from lineament.cli.emulator import LOOPBACK
from tests.server.conftest import CAP, Served, exchange, head


def _pieces(total: int) -> Iterator[bytes]:
    for _ in range(total // 65536 + 1):
        yield b" " * 65536


def test_body_over_the_cap_is_answered_with_413(served: Served) -> None:
    """Lost: an SDK that sends too much sees a broken connection and retries for nothing."""
    status, answer, response = exchange(served.connect(), b" " * (3 * CAP))
    assert status == 413
    assert answer["__type"] == "RequestEntityTooLargeException"
    assert str(CAP) in answer["message"]
    assert response.headers["x-amzn-RequestId"]
    assert served.list_collections() == 200


def test_chunked_body_over_the_cap_is_answered_with_413(served: Served) -> None:
    """Lost: without a Content-Length anybody fills the server's memory."""
    status, answer, _ = exchange(served.connect(), _pieces(3 * CAP), encode_chunked=True)
    assert status == 413
    assert answer["__type"] == "RequestEntityTooLargeException"
    assert served.list_collections() == 200


def test_chunked_body_is_read(served: Served) -> None:
    """Lost: clients that stream their body get an error or an answer to half of it."""
    body = iter([b'{"Max', b'Results": 5', b"}"])
    status, answer, _ = exchange(served.connect(), body, encode_chunked=True)
    assert (status, "CollectionIds" in answer) == (200, True)


def test_body_of_exactly_the_cap_is_taken(served: Served) -> None:
    """Lost: the largest allowed picture is refused."""
    status, _, _ = exchange(served.connect(), b"{}" + b" " * (CAP - 2))
    assert status == 200


def test_client_that_hangs_up_in_mid_body_hurts_nobody(served: Served) -> None:
    """Lost: one lost connection fills the log with traces, or takes a thread for good."""
    for _ in range(6):
        with socket.create_connection((LOOPBACK, served.port), timeout=30) as client:
            client.sendall(head("Content-Length: 1000") + b'{"Max')
        with socket.create_connection((LOOPBACK, served.port), timeout=30) as client:
            client.sendall(head("Transfer-Encoding: chunked") + b"400\r\n{}")
    assert served.list_collections() == 200
    assert "Traceback" not in served.log.read_text()


def test_expect_100_continue_is_honoured(served: Served) -> None:
    """Lost: curl and some SDKs wait a second before each larger body."""
    with socket.create_connection((LOOPBACK, served.port), timeout=30) as client:
        client.sendall(head("Content-Length: 2", "Expect: 100-continue"))
        assert client.recv(1024).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"{}")
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")


def test_empty_and_broken_bodies_are_answered_as_aws_does(served: Served) -> None:
    """Lost: a client's mistake comes back as something that no SDK can read."""
    assert exchange(served.connect(), b"")[0] == 200
    status, answer, _ = exchange(served.connect(), b"{")
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert json.dumps(answer)
