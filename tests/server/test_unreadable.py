"""What is no HTTP request, or breaks off, is still answered as AWS does."""

import http.client
import json
import socket

import pytest

from lineament.cli.emulator import LOOPBACK
from lineament.server.app import create_server
from lineament.server.background import Background
from lineament.wire.http import HttpRequest, HttpResponse
from tests.server.conftest import Served, head

SECRET = "5ec4e7-in-a-broken-header"


def _answer(port: int, sent: bytes) -> tuple[http.client.HTTPResponse, dict[str, str]]:
    """Send bytes, end the sending side, and return the answer with its body."""
    with socket.create_connection((LOOPBACK, port), timeout=60) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(client)
        response.begin()
        return response, json.loads(response.read())


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(head(f"X-Long: {'a' * 17_000}"), 431, id="header of 17 kB"),
        pytest.param(head(*(f"X-{i}: a" for i in range(80))), 431, id="80 headers"),
        pytest.param(head(f"Broken header {SECRET}"), 400, id="header without a colon"),
        pytest.param(head(f"X Y: {SECRET}"), 400, id="header with a space"),
        pytest.param(head("Content-Length: many"), 400, id="length that is no number"),
        pytest.param(head("Transfer-Encoding: lzma"), 501, id="unknown coding"),
        pytest.param(head("Expect: the-unexpected"), 417, id="unknown expectation"),
        pytest.param(b"POST /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414, id="line of 5 kB"),
        pytest.param(b"hello\r\n\r\n", 400, id="no HTTP"),
        pytest.param(b"POST / HTTP/9.9\r\nHost: x\r\n\r\n", 400, id="no version of HTTP"),
        pytest.param(head("Content-Length: 50") + b'{"Max', 400, id="half a body"),
        pytest.param(
            head("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n", 400, id="chunk without a size"
        ),
    ],
)
def test_unreadable_requests_are_answered_in_json(served: Served, sent: bytes, status: int) -> None:
    """Lost: an HTML page where an SDK looks for an error, and no id to ask the operator about."""
    response, answer = _answer(served.port, sent)
    assert response.status == status
    assert response.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert response.headers["x-amzn-ErrorType"] == answer["__type"] == "SerializationException"
    assert answer["message"]
    assert served.logged(response.headers["x-amzn-RequestId"])
    assert SECRET not in served.log.read_text()


class Broken:
    """An application with a fault of its own."""

    def handle(self, _: HttpRequest) -> HttpResponse:
        raise RuntimeError("a secret of ours")


def test_faults_of_the_server_are_answered_in_json() -> None:
    """Lost: a fault comes back as an HTML page, which SDKs report as a parse error."""
    client = create_server(Broken(), Background(Broken(), 1.0), 1024).test_client()  # type: ignore[arg-type]
    answer = client.post("/")
    assert answer.status_code == 500
    told = json.loads(answer.data)
    assert told["__type"] == "InternalServerError"
    assert answer.headers["x-amzn-RequestId"] == told["Logref"]
    assert b"a secret" not in answer.data
