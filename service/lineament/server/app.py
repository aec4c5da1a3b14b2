"""Flask around `Application.handle`: one WSGI request in, one answer out."""

from collections.abc import Callable

from flask import Flask, Response, jsonify, request

from lineament.app import Application
from lineament.server.background import Background
from lineament.server.bodies import BodyCutOff, BodyTooLarge, read_body
from lineament.wire.http import Headers, HttpRequest, HttpResponse


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

    def health() -> Response:
        return jsonify(status="ok")

    def readiness() -> Response:
        if background.ready:
            return jsonify(status="ready")
        answer = jsonify(status="starting", reason=background.reason)
        answer.status_code = 503
        return answer

    probes: dict[str, Callable[[], Response]] = {"/healthz": health, "/readyz": readiness}

    @server.before_request
    def answer() -> Response:
        """Answer before Flask looks for a route: there are none."""
        if request.method in {"GET", "HEAD"} and request.path in probes:
            return probes[request.path]()
        try:
            body = read_body(request.environ, max_body_bytes)
        except BodyTooLarge:
            return _to_flask(application.refuse_oversized())
        except BodyCutOff:
            return _cut_off()
        headers = Headers(request.headers.items())
        return _to_flask(
            application.handle(HttpRequest(request.method, request.path, headers, body))
        )

    return server


def _cut_off() -> Response:
    """Answer a broken body: for the few clients that are still there to read it."""
    answer = jsonify(__type="SerializationException", message="The request body ended early.")
    answer.status_code = 400
    return answer


def _to_flask(answer: HttpResponse) -> Response:
    return Response(answer.body, answer.status, answer.headers)
