"""The API behind a Lambda Function URL or an API Gateway HTTP API (payload format 2.0)."""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from typing import Any

from lambdas import container
from lineament.app import Application
from lineament.errors import LineamentError
from lineament.wire.http import HttpRequest, HttpResponse

Event = Mapping[str, Any]
Answer = dict[str, Any]
_log = logging.getLogger(__name__)


def make_handler(application: Application) -> Callable[[Event, object], Answer]:
    """Return a Lambda handler over an application.

    An event that is no HTTP request is answered by the application as the request that it
    amounts to: what is missing counts as empty.
    """

    def handle(event: Event, _context: object) -> Answer:
        return from_response(application.handle(to_request(event)))

    return handle


def to_request(event: Event) -> HttpRequest:
    """Read a payload 2.0 event. API Gateway puts a named stage before the path; it is dropped."""
    context = _mapping(event, "requestContext")
    stage = f"/{context.get('stage', '$default')}/"
    path = str(_mapping(event).get("rawPath") or "/")
    if f"{path}/".startswith(stage):
        path = "/" + path[len(stage) :]
    headers = {str(name): str(value) for name, value in _mapping(event, "headers").items()}
    return HttpRequest(
        str(_mapping(context, "http").get("method", "")), path, headers, _body(_mapping(event))
    )


def from_response(response: HttpResponse) -> Answer:
    """Write an answer: text as it is, anything else as base64."""
    answer: Answer = {"statusCode": response.status, "headers": response.headers}
    try:
        return {**answer, "body": response.body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        encoded = base64.b64encode(response.body).decode()
        return {**answer, "body": encoded, "isBase64Encoded": True}


def _body(event: Event) -> bytes:
    text = str(event.get("body") or "")
    body = text.encode(errors="surrogatepass")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return body  # no JSON either: the application says so


def _mapping(event: object, member: str | None = None) -> Event:
    value = event.get(member) if member and isinstance(event, Mapping) else event
    return value if isinstance(value, Mapping) else {}


def handler(event: Event, context: object) -> Answer:
    """Answer one event; the function's entry point."""
    try:
        container.make_tables()
    except LineamentError as error:  # the call itself answers what it then lacks
        _log.warning("tables: %s", error)
    return make_handler(container.application())(event, context)
