"""A network that loses the first answer: the service has acted, and the client is not told."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from lineament.cli.emulator import LOOPBACK


class Relay:
    """What passed: `url` is where clients call, `bodies` what they sent, attempt by attempt."""

    def __init__(self, server_url: str) -> None:
        self.bodies: list[dict[str, Any]] = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                relay.bodies.append(json.loads(body))
                upstream = http.client.HTTPConnection(urlsplit(server_url).netloc, timeout=60)
                upstream.request("POST", self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                if len(relay.bodies) == 1:
                    self.close_connection = True
                    return
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        self.server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.url = f"http://{LOOPBACK}:{self.server.server_port}"


@contextmanager
def losing_the_first_answer(server_url: str) -> Iterator[Relay]:
    """Run a relay before a server for as long as the block."""
    relay = Relay(server_url)
    thread = threading.Thread(target=relay.server.serve_forever)
    thread.start()
    try:
        yield relay
    finally:
        relay.server.shutdown()
        thread.join()
        relay.server.server_close()
