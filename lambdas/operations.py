"""A handler an operation, for Step Functions and direct invocation: `operations.index_faces`.

The event is the operation's request as the API has it, Bytes in base64, and the result its answer.
Lambda carries 6 MB of either, Step Functions 256 KiB: pictures go by S3Object there.
An error is raised under AWS's code, so that ErrorEquals finds it by name. Calls are made in the
account of LINEAMENT_DEFAULT_ACCOUNT and the function's own region: whoever may invoke a function
was let in by IAM.
"""

import logging
from collections.abc import Callable
from typing import Any

import orjson

from lambdas import container, invocation
from lineament.errors import LineamentError, ServiceUnavailable
from lineament.handlers.table import OPERATIONS

Entry = Callable[[Any, object], dict[str, Any]]
_log = logging.getLogger(__name__)
_NAMES = {function.__name__: name for name, function in OPERATIONS.items()}


def __getattr__(name: str) -> Entry:
    """Return the entry of an operation, asked for in lower case with underscores.

    Raises:
        AttributeError: no operation that is built is called so.
    """
    if name not in _NAMES:
        raise AttributeError(f"{__name__} has no entry {name}; there are {', '.join(_NAMES)}")
    return _entry(_NAMES[name])


def __dir__() -> list[str]:
    """Return the names of the entries."""
    return list(_NAMES)


def _entry(operation: str) -> Entry:
    def handle(event: Any, context: object) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON is
        with invocation.losses_told(context, __name__):
            answer: dict[str, Any] = orjson.loads(_told(operation, orjson.dumps(event)))
        return answer

    return handle


def _told(operation: str, body: bytes) -> bytes:
    try:
        return _call(operation, body)
    except ServiceUnavailable as error:
        if not _made_tables():
            raise ServiceUnavailable(error.message) from error  # not a kind of it
        return _call(operation, body)


def _made_tables() -> bool:
    try:
        return container.make_tables()
    except LineamentError as error:  # a role of the template's may not, and has them
        _log.warning("tables: %s", error)
        return False


def _call(operation: str, body: bytes) -> bytes:
    return container.application().call(operation, body, container.scope())
