"""What every answer says to browsers and proxies, whichever way it goes out."""

from typing import Any

import pytest

from lambdas.api import make_handler
from lineament.server.worker import refusal, to_bytes
from lineament.wire.http import HttpRequest
from tests.conformance.transports import as_lambda_event
from tests.security.world import BODY_CAP, World, sign

LIST = {"X-Amz-Target": "RekognitionService.ListCollections"}


def api_headers_hold(headers: Any) -> None:
    """Assert what an answer of the API says, over the server or from a function."""
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "application/x-amz-json-1.1"


def server_headers_hold(headers: Any) -> None:
    """Assert what any answer of the server says."""
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert not any(character.isdigit() for character in headers.get("Server", ""))
    assert not {"X-Powered-By", "Access-Control-Allow-Origin", "Set-Cookie"} & set(headers.keys())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/readyz", "/metrics", "/notice", "/DetectFaces", "/no/such", "/%00%ff"],
)
def test_every_route_of_the_server(world: World, method: str, path: str) -> None:
    """Lost: a browser runs, frames, keeps or leaks what a page or an answer holds."""
    answer = world.server.test_client().open(path, method=method)
    server_headers_hold(answer.headers)
    public = path == "/notice" and method in {"GET", "HEAD"}
    assert answer.headers["Cache-Control"] == ("no-cache" if public else "no-store")


def test_every_kind_of_answer_of_the_server(world: World) -> None:
    """Lost: a proxy keeps somebody's matches and gives them to the next caller."""
    cases = [
        (world.call("ListCollections", {}), 200),
        (world.call("ListFaces", {"CollectionId": "none"}), 400),
        (world.call("ListFaces", {}, {"Authorization": "AWS4-HMAC-SHA256 x"}), 400),
        (world.call("ListFaces", b"{" * 500), 400),
        (world.call("DetectFaces", b"x" * (BODY_CAP + 1)), 413),
        (world.call("NoSuch", {}), 400),
    ]
    for answer, status in cases:
        assert answer.status_code == status
        api_headers_hold(answer.headers)
        server_headers_hold(answer.headers)


def test_what_gunicorn_cannot_read() -> None:
    """Lost: as above, where no request came about."""
    answer = refusal(ValueError(), "r", 0.0)
    api_headers_hold(answer.headers)
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in to_bytes(answer)


def test_functions(world: World) -> None:
    """Lost: the same service says less of itself behind a function's URL."""
    send = as_lambda_event(make_handler(world.application))
    for headers, status in ((sign(b"{}", LIST), 200), (LIST, 400), ({}, 400)):
        answer = send(HttpRequest("POST", "/", headers, b"{}"))
        assert answer.status == status
        api_headers_hold(answer.headers)
