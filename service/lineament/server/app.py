"""Flask around `Application.handle`: one WSGI request in, one answer out."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, jsonify, request

from lineament.app import Application
from lineament.domain.counts import OTHER
from lineament.errors import (
    InternalServerError,
    SerializationException,
    ServiceUnavailable,
    WireError,
)
from lineament.server import notice
from lineament.server.background import Background
from lineament.server.bodies import BodyCutOff, BodyTooLarge, expected, read_body, throw_away
from lineament.server.metrics import Metrics
from lineament.server.overload import Limits, Overload
from lineament.server.pages import harden
from lineament.server.patience import Patience
from lineament.wire.faults import fault
from lineament.wire.http import Headers, HttpRequest, HttpResponse

_log = logging.getLogger(__name__)


def create_server(  # noqa: PLR0913, PLR0917 - an application, and how it is served
    application: Application,
    background: Background,
    max_body_bytes: int,
    patience: Patience | None = None,
    metrics: Metrics | None = None,
    overload: Overload | None = None,
) -> Flask:
    """Return the WSGI application.

    Every method and path goes to `application`, except GET /healthz (the process is up), GET
    /readyz (models loaded and the table reachable; 503 with the reason until then), GET /notice
    (what the operator states of the deployment), and GET /metrics of those who may read it.

    Args:
        application: answers; never raises.
        background: tells whether the application is ready.
        max_body_bytes: a longer body is answered with 413 without being kept, whether its length
            was announced or it came in chunks.
        patience: how long a body may take; the usual one where it is None.
        metrics: what GET /metrics tells, and whom; nobody where it is None.
        overload: how much is taken on at once; as much as anybody asks for where it is None.
    """
    door = _Door(
        application,
        max_body_bytes,
        Patience() if patience is None else patience,
        Overload(Limits.none()) if overload is None else overload,
    )
    server = Flask("lineament", static_folder=None)
    server.after_request(harden)

    def health() -> Response:
        return jsonify(status="ok")

    def readiness() -> Response:
        if background.ready:
            return jsonify(status="ready")
        answer = jsonify(status="starting", reason=background.reason)
        answer.status_code = 503
        return answer

    def stated() -> Response:
        return notice.show(application.house)

    probes: dict[str, Callable[[], Response]] = {
        "/healthz": health,
        "/readyz": readiness,
        "/notice": stated,
    }

    @server.before_request
    def answer() -> Response:
        """Answer before Flask looks for a route: there are none."""
        if request.method in {"GET", "HEAD"} and request.path in probes:
            return probes[request.path]()
        if _asks_for_metrics() and metrics is not None and metrics.may_read(request.environ):
            return metrics.answer(request.headers.get("Accept", ""))
        return door.answer()

    @server.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        """Answer what nobody expected: Flask's own page is HTML."""
        request_id = str(uuid.uuid4())
        _log.error("request %s failed", request_id, exc_info=error)
        return _to_flask(fault(InternalServerError(), request_id, time.time()))

    return server


@dataclass(frozen=True, slots=True)
class _Door:
    """Reads Flask's current request, takes it on or refuses it, and answers."""

    application: Application
    max_body_bytes: int
    patience: Patience
    overload: Overload

    def answer(self) -> Response:
        try:
            return _to_flask(self._serve())
        except BodyTooLarge:
            return _to_flask(self.application.refuse_oversized())
        except BodyCutOff as error:  # for the few clients that are still there to read it
            return self._refuse(SerializationException(str(error)))
        except ServiceUnavailable as error:
            throw_away(request.environ, self.max_body_bytes, self.patience)
            return self._refuse(error)

    def _serve(self) -> HttpResponse:
        with self.overload.request(expected(request.environ, self.max_body_bytes)):
            body = read_body(request.environ, self.max_body_bytes, self.patience)
            self.overload.begin()
            return self.application.handle(_to_request(body))

    def _refuse(self, error: WireError) -> Response:
        """Answer a request that the application never sees."""
        self.application.counts.requests.add(OTHER, str(error.status))
        return _to_flask(fault(error, str(uuid.uuid4()), time.time()))


def _to_request(body: bytes) -> HttpRequest:
    sent = str(request.environ.get("RAW_URI", ""))  # gunicorn's: with nothing decoded
    return HttpRequest(
        request.method,
        request.path,
        Headers(request.headers.items()),
        body,
        query=request.query_string.decode("latin-1"),
        sent_path=sent.partition("?")[0] if sent.startswith("/") else "",
        source_ip=request.remote_addr or "",
        secure=request.is_secure,
    )


def _asks_for_metrics() -> bool:
    return request.method == "GET" and request.path == "/metrics"


def _to_flask(answer: HttpResponse) -> Response:
    told = Response(answer.body, answer.status, answer.headers)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        told.headers["Retry-After"] = "1"
    return told
