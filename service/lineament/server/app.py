"""Flask around `Application.handle`: one WSGI request in, one answer out."""

import time
from typing import IO

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from lineament.app import Application
from lineament.server.background import Background
from lineament.wire.http import Headers, HttpRequest, HttpResponse

_DRAIN_SECONDS = 20.0
_DRAIN_BODIES = 4
_DRAIN_STEP = 64 * 1024


def create_server(application: Application, background: Background, max_body_bytes: int) -> Flask:
    """Return the WSGI application.

    Every method and path goes to `application`, except GET /healthz (the process is up) and GET
    /readyz (models loaded and the table reachable; 503 with the reason until then).

    Args:
        application: answers; never raises.
        background: tells whether the application is ready.
        max_body_bytes: a longer body is answered with 413 without being kept, whether its length
            was announced or it came in chunks.
    """
    server = Flask("lineament", static_folder=None)
    server.config["MAX_CONTENT_LENGTH"] = max_body_bytes

    def readiness() -> Response:
        if background.ready:
            return jsonify(status="ready")
        answer = jsonify(status="starting", reason=background.reason)
        answer.status_code = 503
        return answer

    probes = {"/healthz": lambda: jsonify(status="ok"), "/readyz": readiness}

    @server.before_request
    def answer() -> Response:
        """Answer before Flask looks for a route: there are none."""
        if request.method in {"GET", "HEAD"} and request.path in probes:
            return probes[request.path]()
        try:
            body = request.get_data(cache=False)
        except RequestEntityTooLarge:
            _drain(request.environ["wsgi.input"], _DRAIN_BODIES * max_body_bytes)
            return _to_flask(application.refuse_oversized())
        except ClientDisconnected:
            return Response(status=400)  # nobody is left to read it, or the framing was broken
        headers = Headers(request.headers.items())
        return _to_flask(
            application.handle(HttpRequest(request.method, request.path, headers, body))
        )

    return server


def _to_flask(answer: HttpResponse) -> Response:
    return Response(answer.body, answer.status, answer.headers)


def _drain(stream: IO[bytes], limit: int) -> None:
    """Throw away what a client still sends, within bounds.

    SDKs read the answer only when they have sent everything: closing the connection on them
    earlier would turn the 413 into a connection error, which they retry.
    """
    deadline = time.monotonic() + _DRAIN_SECONDS
    left = limit
    try:
        while left > 0 and time.monotonic() < deadline:
            piece = stream.read(_DRAIN_STEP)
            if not piece:
                return
            left -= len(piece)
    except OSError:
        return
