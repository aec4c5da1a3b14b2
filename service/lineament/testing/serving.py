"""The running mock over HTTP, for SDKs of other languages and for other processes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import WSGIRequestHandler, make_server

from lineament.server.app import create_server
from lineament.server.background import Background
from lineament.testing import running

_HOUSEKEEPING_SECONDS = 24 * 3600.0
_PATIENCE = 10.0
_POLL = 0.01


class _Silent(WSGIRequestHandler):
    """Says nothing of requests: the test's output is the test's."""

    protocol_version = "HTTP/1.1"

    def log(self, *_args: object, **_kwargs: object) -> None:
        """Drop the line."""


@contextmanager
def served(host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the mock that is active, on a port of the system's choice, and return the URL.

    Raises:
        RuntimeError: no mock is active, or it does not become ready.
    """
    active = running.current
    if active is None:
        raise RuntimeError("mock_rekognition is not active: there is nothing to serve")
    application = active.service.application
    background = Background(application, _HOUSEKEEPING_SECONDS)
    background.start()
    try:
        _wait_until_ready(background)
        wsgi = create_server(application, background, active.service.max_body_bytes)
        server = make_server(host, 0, wsgi, threaded=True, request_handler=_Silent)
        thread = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{server.port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
    finally:
        background.stop()


def _wait_until_ready(background: Background) -> None:
    """Wait, so that nothing of it goes on when the mock has ended."""
    end = time.monotonic() + _PATIENCE
    while not background.ready:
        if time.monotonic() > end:
            raise RuntimeError(f"The server is not ready: {background.reason}")
        time.sleep(_POLL)
