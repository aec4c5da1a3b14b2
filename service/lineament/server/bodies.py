"""Reading a request's body from gunicorn, within bounds."""

import sys
from contextlib import suppress
from typing import IO, Any

from gunicorn.http.errors import ParseException

from lineament.server.patience import Patience, PatientSocket, TooSlow

_DRAIN_BODIES = 4
_STEP = 64 * 1024


class BodyTooLarge(Exception):
    """The body is over the cap; what came of it was thrown away."""


class BodyCutOff(Exception):
    """The client hung up or was too slow, or its chunks cannot be told apart; says which."""


def expected(environ: dict[str, Any], cap: int) -> int:
    """Return how many bytes `read_body` may come to keep: 0 of a body that is over the cap."""
    length = environ.get("CONTENT_LENGTH")
    announced = int(length) if length else None
    if announced is None:
        return cap if "HTTP_TRANSFER_ENCODING" in environ else 0
    return announced if announced <= cap else 0


def throw_away(environ: dict[str, Any], cap: int, patience: Patience) -> None:
    """Take a body that nobody will read off the connection, a piece at a time.

    SDKs read an answer only when they have sent everything.
    """
    _allow(environ, patience.drain)
    _drain(environ["wsgi.input"], expected(environ, cap))
    _allow(environ, None)


def read_body(environ: dict[str, Any], cap: int, patience: Patience) -> bytes:
    """Read the whole body, announced by Content-Length or sent in chunks.

    Werkzeug's own reader is not used: at its limit it cuts a chunked body off without a word, and
    behind gunicorn it takes a body that ended early for a whole one.

    Args:
        environ: WSGI's; without a Content-Length, its `wsgi.input` ends where the body ends.
        cap: bytes, the longest body that is taken.
        patience: how long it may take; kept where gunicorn's worker gives a `PatientSocket`.

    Raises:
        BodyTooLarge: it is longer.
        BodyCutOff: it is shorter than announced, too slow, or broken.
    """
    stream: IO[bytes] = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    announced = int(length) if length else None
    _allow(environ, patience.body, patience.rate)
    try:
        # Not beyond what was announced: a plain socket would wait there for the next request.
        over = announced is not None and announced > cap
        body = b"" if over else stream.read(cap + 1 if announced is None else announced)
    except TooSlow as error:
        raise BodyCutOff("The request body came too slowly.") from error
    except (OSError, ParseException) as error:
        raise BodyCutOff("The request body ended early.") from error
    if over or len(body) > cap:
        _allow(environ, patience.drain)
        _drain(stream, min(announced or sys.maxsize, _DRAIN_BODIES * cap))
        raise BodyTooLarge
    if announced is not None and len(body) < announced:
        raise BodyCutOff("The request body ended early.")
    _allow(environ, None)
    return body


def _allow(environ: dict[str, Any], seconds: float | None, rate: float | None = None) -> None:
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, PatientSocket):
        connection.allow(seconds, rate)


def _drain(stream: IO[bytes], limit: int) -> None:
    """Throw away what a client still sends, within bounds.

    SDKs read the answer only when they have sent everything: closing the connection on them
    earlier would turn the 413 into a connection error, which they retry.
    """
    left = limit
    with suppress(OSError, ParseException):
        while left > 0 and (piece := stream.read(min(left, _STEP))):
            left -= len(piece)
