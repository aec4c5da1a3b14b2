"""A network between a client and the server, which hears every answer and may lose one."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from lineament.cli.emulator import LOOPBACK
from lineament.wire.http import HttpResponse
from tests.judging import judge

Arrives = Callable[[str, bytes, HttpResponse], bool]
"""Tells, by operation, body and answer, whether the answer arrives."""


@contextmanager
def overheard(server_url: str) -> Iterator[str]:
    """Give an address where each answer is judged: the clients are mostly other programs."""

    def arrives(operation: str, _body: bytes, answer: HttpResponse) -> bool:
        with suppress(AssertionError):  # it fails the test, not the client
            judge(operation, answer)
        return True

    with _between(server_url, arrives) as url:
        yield url


@contextmanager
def losing_the_first_answer(server_url: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give an address, and the bodies that come there; the service acts on the first, unheard."""
    bodies: list[dict[str, Any]] = []

    def arrives(_operation: str, body: bytes, _answer: HttpResponse) -> bool:
        bodies.append(json.loads(body))
        return len(bodies) > 1

    with _between(server_url, arrives) as url:
        yield url, bodies


@contextmanager
def _between(server_url: str, arrives: Arrives) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream = http.client.HTTPConnection(urlsplit(server_url).netloc, timeout=60)
            upstream.request("POST", self.path, body, dict(self.headers))
            told = upstream.getresponse()
            answer = HttpResponse(told.status, dict(told.getheaders()), told.read())
            upstream.close()
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if not arrives(operation, body, answer):
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name.lower() != "connection":
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

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
