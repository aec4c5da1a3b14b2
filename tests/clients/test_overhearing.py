"""AP05: what other programs are answered is judged as well."""

import http.client
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from lineament.cli.emulator import LOOPBACK
from tests import judging
from tests.clients.relay import overheard

BODY = b'{"CollectionIds":[],"Extra":1}'


class Bad(BaseHTTPRequestHandler):
    """Answers with a member that AWS does not know."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("x-amzn-RequestId", "0a1b2c3d-0000-4000-8000-0123456789ab")
        self.end_headers()
        self.wfile.write(BODY)


@pytest.fixture
def bad_url() -> Iterator[str]:
    """Return the address of a server that answers so."""
    server = HTTPServer((LOOPBACK, 0), Bad)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{LOOPBACK}:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bad_answer_is_found_and_passed_on(bad_url: str) -> None:
    """Lost: the AWS CLI and JavaScript forgive what typed SDKs cannot read, and nobody sees it."""
    with judging.breaches() as found, overheard(bad_url) as url:
        client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        client.request("POST", "/", b"{}", {"X-Amz-Target": "RekognitionService.ListCollections"})
        assert client.getresponse().read() == BODY
        client.close()
    (breach,) = found
    assert "Extra" in breach
