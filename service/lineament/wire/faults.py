"""Errors to answers, in the dialect of whoever raised them. Source: SPEC.md A.3."""

import orjson

from lineament.errors import ServiceError, WireError
from lineament.wire.http import HttpResponse
from lineament.wire.serialise import standard_headers


def fault(error: WireError, request_id: str, now: float) -> HttpResponse:
    """Answer with an error.

    Args:
        error: a `ServiceError` has Code, Message and Logref, which is the request id, so that one
            number finds the log line; any other has a lower-case message. Both have `__type`.
        request_id: a UUID.
        now: epoch seconds, for the Date header.
    """
    # Half a surrogate pair, echoed from a header or a body, must not turn a 400 into a 500.
    message = error.message.encode("utf-8", "replace").decode("utf-8")
    if isinstance(error, ServiceError):
        members = {
            "__type": error.code,
            "Code": error.code,
            "Logref": request_id,
            "Message": message,
        }
    else:
        members = {"__type": error.code, "message": message}
    body = orjson.dumps(members)
    headers = {"x-amzn-ErrorType": error.code, **standard_headers(body, request_id, now)}
    return HttpResponse(error.status, headers, body)
