"""Gunicorn's threaded worker with deadlines for clients and answers that SDKs can read.

Gunicorn itself waits for ever for headers and bodies that trickle in, and tells what it cannot
parse in HTML.
"""

import logging
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from socket import socket
from typing import Any

from gunicorn import util
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

from lineament.errors import InternalServerError, SerializationException, WireError
from lineament.server.patience import PatientSocket
from lineament.wire.faults import fault
from lineament.wire.http import HttpResponse

_REFUSALS: tuple[tuple[type[Exception], int, str], ...] = (
    (LimitRequestLine, 414, "The request line is too long."),
    (LimitRequestHeaders, 431, "The request headers are too large."),
    (ExpectationFailed, 417, "The Expect header asks for what this server does not do."),
    (UnsupportedTransferCoding, 501, "The Transfer-Encoding is not supported."),
    (ParseException, 400, "The request is not well-formed HTTP."),
)
"""The first class that fits counts."""

_log = logging.getLogger(__name__)


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no type hints
    """Serves the `Server` that it is given as `app`, by its `patience`."""

    def handle(self, conn: Any) -> Any:  # noqa: ANN401 - gunicorn's own
        """Serve one request of a connection, in a thread."""
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(fileno=conn.sock.detach())
        conn.sock.allow(self.app.patience.headers)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:  # noqa: ANN401 - gunicorn's own
        """Serve a request whose headers are read."""
        conn.sock.settimeout(self.app.patience.answer)
        return super().handle_request(req, conn)

    def handle_error(
        self,
        req: object,
        client: socket,
        addr: object,
        exc: BaseException,
    ) -> None:
        """Answer what gunicorn could not read, or could not serve, in AWS's dialect.

        The log has no header and no line of the request: a broken one may hold credentials.
        """
        del req, addr
        request_id = str(uuid.uuid4())
        answer = refusal(exc, request_id, time.time())
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request %s failed", request_id, exc_info=exc)
        else:
            _log.warning("request %s refused: %s", request_id, type(exc).__name__)
        with suppress(OSError):  # nobody is there to read it
            util.write_nonblock(client, to_bytes(answer))


def refusal(error: BaseException, request_id: str, now: float) -> HttpResponse:
    """Return the answer to a request that never became one.

    Args:
        error: what gunicorn raised; anything but its ParseException is a fault of ours.
        request_id: a UUID.
        now: epoch seconds.
    """
    for kind, status, message in _REFUSALS:
        if isinstance(error, kind):
            told: WireError = SerializationException(message)
            return replace(fault(told, request_id, now), status=status)
    return fault(InternalServerError(), request_id, now)


def to_bytes(answer: HttpResponse) -> bytes:
    """Return the answer as it goes over the connection, which ends with it."""
    reason = HTTPStatus(answer.status).phrase
    fields = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    head = f"HTTP/1.1 {answer.status} {reason}\r\n{fields}Connection: close\r\n\r\n"
    return head.encode("latin-1") + answer.body
