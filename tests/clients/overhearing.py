"""Holds the answers that other programs get to `promises`: none of them tells this process."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from lineament.cli.emulator import LOOPBACK
from lineament.wire.http import HttpResponse
from tests.judging import judge


@contextmanager
def overheard(server_url: str) -> Iterator[str]:
    """Return an address before a server's that judges each answer and passes it on as it is."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = http.client.HTTPConnection(urlsplit(server_url).netloc, timeout=60)
            upstream.request("POST", self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            with suppress(AssertionError):  # it fails the test, not the client
                operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                judge(operation, HttpResponse(answer.status, dict(answer.getheaders()), content))
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() != "connection":
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    relay = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    relay.daemon_threads = True  # clients keep their connections
    thread = Thread(target=relay.serve_forever)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{relay.server_port}"
    finally:
        relay.shutdown()
        thread.join()
        relay.server_close()
