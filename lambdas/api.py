"""The API behind a Lambda Function URL or an API Gateway HTTP API (payload format 2.0)."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from lambdas import container, invocation
from lambdas.url_events import Answer, Event, from_response, to_request
from lineament import config
from lineament.app import Application
from lineament.errors import LineamentError

_log = logging.getLogger(__name__)


def make_handler(application: Application) -> Callable[[Event, object], Answer]:
    """Return a Lambda handler over an application.

    An event that is no HTTP request is answered by the application as the request that it
    amounts to: what is missing counts as empty.
    """

    def handle(event: Event, _context: object) -> Answer:
        return from_response(application.handle(to_request(event)))

    return handle


def handler(event: Event, context: object) -> Answer:
    """Answer one event; the function's entry point."""
    with invocation.losses_told(context, __name__):
        return _answer(event, context)


def _answer(event: Event, context: object) -> Answer:
    handle = make_handler(container.application())
    answer = handle(event, context)
    if answer["statusCode"] == HTTPStatus.SERVICE_UNAVAILABLE:
        try:
            if container.make_tables():
                return handle(event, context)
        except LineamentError as error:
            _log.warning("tables: %s", error)
    return answer


if config.kept_ready():  # Nobody waits for this init. Elsewhere the first picture loads the models.
    container.application().services.engine()
