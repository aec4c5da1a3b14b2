"""`python -m`: stands before the emulator's DynamoDB and remembers what it has read.

The emulator takes most of a search's time, and all clients wait for its one core. Behind this, an
item that was read once is there in a fraction of a millisecond, in the emulator's own words; so a
bench sees what the service takes, DynamoDB's client included. Nothing may be written meanwhile:
what is remembered never changes.
"""

import contextlib
import http.client
import re
import socket
import socketserver
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from lineament.cli.emulator import LOOPBACK, free_port
from lineament.cli.gallery_bench.deployment import SCOPE, Deployment
from lineament.cli.vision_bench.serving import until_it_answers
from lineament.storage.provision import connect

_VARIABLE = "AWS_ENDPOINT_URL_DYNAMODB"
_READS = re.compile(rb"(?i)x-amz-target: *\S+\.(get|batchget)item\r\n")
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)\r\n")
_LARGEST = 1 << 16
"""Bytes of an answer that is kept: records, and not the log's vectors."""
_OWN = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
"""Headers of one connection."""


@contextmanager
def remembered(on: Deployment) -> Iterator[Deployment]:
    """Give a deployment whose tables are read through such a process."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", __name__, str(port), on.environment[_VARIABLE]],
        stdin=subprocess.DEVNULL,
    )
    try:
        until_it_answers(lambda: socket.create_connection((LOOPBACK, port), 1).close())
        tables = connect(on.tables.control.name, SCOPE.region, url)
        yield replace(on, environment={**on.environment, _VARIABLE: url}, tables=tables)
    finally:
        process.terminate()
        process.wait()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, upstream: str) -> None:
        super().__init__((LOOPBACK, port), _Client)
        self.upstream = urlsplit(upstream).netloc
        self.kept: dict[bytes, bytes] = {}


class _Client(socketserver.StreamRequestHandler):
    """One connection, kept alive."""

    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Answer until the client leaves."""
        with contextlib.suppress(ConnectionError):
            while head := self._head():
                length = _LENGTH.search(head)
                body = self.rfile.read(int(length[1]) if length else 0)
                self.wfile.write(self._answer(head, body))

    def _head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return b""
            head += line
        return head

    def _answer(self, head: bytes, body: bytes) -> bytes:
        kept = self.server.kept
        read = _READS.search(head)
        if read is None:
            return self._ask(head, body)
        key = read[1].lower() + body
        if key not in kept:
            answer = self._ask(head, body)
            if len(answer) > _LARGEST:
                return answer
            kept[key] = answer
        return kept[key]

    def _ask(self, head: bytes, body: bytes) -> bytes:
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, path, _ = first.split(" ")
        headers: Mapping[str, str] = dict(line.split(": ", 1) for line in lines)
        with closing(http.client.HTTPConnection(self.server.upstream)) as upstream:
            upstream.request(method, path, body, headers)
            told = upstream.getresponse()
            content = told.read()
        kept = [f"{name}: {text}" for name, text in told.getheaders() if name.lower() not in _OWN]
        top = [f"HTTP/1.1 {told.status} {told.reason}", *kept, f"Content-Length: {len(content)}"]
        return "\r\n".join([*top, "", ""]).encode("latin-1") + content


if __name__ == "__main__":
    _Server(int(sys.argv[1]), sys.argv[2]).serve_forever()
