"""Clients and raw requests over each of the three transports."""

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.serving import make_server

from lambdas.api import make_handler
from lineament.app import Application
from lineament.server.app import create_server
from lineament.server.background import Background
from lineament.wire.http import HttpRequest, HttpResponse
from tests.conformance import transports

SCOPE = "20260101/{region}/rekognition/aws4_request"


@dataclass(frozen=True, slots=True)
class Wire:
    """One transport, as a client and by hand."""

    name: str
    send: transports.Transport
    url: str | None

    def client(self, account: str, region: str = "us-east-1", **options: Any) -> Any:
        """Return a boto3 client of an account."""
        return transports.client(self.send, self.url, account, region, **options)

    def raw(
        self,
        operation: str,
        body: bytes | str | dict[str, Any],
        account: str = "123456789012",
        headers: dict[str, str | None] | None = None,
    ) -> HttpResponse:
        """Send a request by hand; a header given as None is left out."""
        credential = f"{account}/{SCOPE.format(region='us-east-1')}"
        sent: dict[str, str | None] = {
            "X-Amz-Target": f"RekognitionService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, "
            "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
            **(headers or {}),
        }
        content = json.dumps(body) if isinstance(body, dict) else body
        return self.send(
            HttpRequest(
                method="POST",
                path="/",
                headers={name: value for name, value in sent.items() if value is not None},
                body=content.encode() if isinstance(content, str) else content,
            )
        )


@pytest.fixture(scope="session")
def server_url(application: Application) -> Iterator[str]:
    """Return the address of the Flask server over the session's application."""
    cap = 16 * 1024 * 1024
    flask = create_server(application, Background(application, 60.0), cap)
    server = make_server("127.0.0.1", 0, flask, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session", params=["in-process", "http", "lambda"])
def wire(request: pytest.FixtureRequest, application: Application) -> Wire:
    """Return each transport in turn: what holds for one holds for all."""
    if request.param == "http":
        url = request.getfixturevalue("server_url")
        return Wire("http", transports.over_http(url), url)
    if request.param == "lambda":
        return Wire("lambda", transports.as_lambda_event(make_handler(application)), None)
    return Wire("in-process", application.handle, None)


@pytest.fixture
def account() -> str:
    """Return an account that no other test uses: collections of tests never meet."""
    return str(random.SystemRandom().randrange(10**11, 10**12))


@pytest.fixture
def c(wire: Wire, account: str) -> Any:
    """Return a boto3 client of the test's account (SPEC.md F calls it `c`)."""
    return wire.client(account)
