"""Reading a request's body from gunicorn, within bounds."""

import time
from typing import IO, Any

from gunicorn.http.errors import ParseException

_DRAIN_SECONDS = 20.0
_DRAIN_BODIES = 4
_STEP = 64 * 1024


class BodyTooLarge(Exception):
    """The body is over the cap; what came of it was thrown away."""


class BodyCutOff(Exception):
    """The client hung up or stalled, or its chunks cannot be told apart."""


def read_body(environ: dict[str, Any], cap: int) -> bytes:
    """Read the whole body, announced by Content-Length or sent in chunks.

    Werkzeug's own reader is not used: at its limit it cuts a chunked body off without a word, and
    behind gunicorn it takes a body that ended early for a whole one.

    Args:
        environ: WSGI's; without a Content-Length, its `wsgi.input` ends where the body ends.
        cap: bytes, the longest body that is taken.

    Raises:
        BodyTooLarge: it is longer.
        BodyCutOff: it is shorter than announced, or broken.
    """
    stream: IO[bytes] = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    announced = int(length) if length else None
    try:
        if announced is not None and announced > cap:
            _drain(stream, min(announced, _DRAIN_BODIES * cap))
            raise BodyTooLarge
        # Not beyond what was announced: a plain socket would wait there for the next request.
        body = stream.read(cap + 1 if announced is None else announced)
        if len(body) > cap:
            _drain(stream, _DRAIN_BODIES * cap)
            raise BodyTooLarge
    except (OSError, ParseException) as error:
        raise BodyCutOff from error
    if announced is not None and len(body) < announced:
        raise BodyCutOff
    return body


def _drain(stream: IO[bytes], limit: int) -> None:
    """Throw away what a client still sends, within bounds.

    SDKs read the answer only when they have sent everything: closing the connection on them
    earlier would turn the 413 into a connection error, which they retry.
    """
    deadline = time.monotonic() + _DRAIN_SECONDS
    left = limit
    while left > 0 and time.monotonic() < deadline:
        piece = stream.read(min(left, _STEP))
        if not piece:
            return
        left -= len(piece)
