"""Which operation a request asks for.

AWS's own form is POST / with `X-Amz-Target: RekognitionService.<Operation>`. `POST /<Operation>` is
an alias without the header, for tools that tell operations apart by path, as OpenAPI does. Names
are case-sensitive and the Content-Type plays no part. Source: SPEC.md A.1.
"""

from lineament.errors import UnknownOperationException
from lineament.wire import model
from lineament.wire.http import HttpRequest

_LONGEST_NAME = 80
_NOT_FOUND = 404


def operation_of(request: HttpRequest) -> str:
    """Return the operation's name, one of `model.operation_names()`; it may not be built yet.

    Raises:
        UnknownOperationException: status 400 where the header names no operation; 404 for another
            method or path, which no SDK sends.
    """
    if request.method != "POST":
        raise _not_found("Send POST / with an X-Amz-Target header.")
    target = request.headers.get("x-amz-target")
    if request.path in {"", "/"}:
        return _from_target(target)
    name = request.path.removeprefix("/")
    if name not in model.operation_names():
        raise _not_found(f"The path names no operation: /{_shorten(name)}")
    if target is not None and _from_target(target) != name:
        raise UnknownOperationException("The path and X-Amz-Target name different operations.")
    return name


def _from_target(target: str | None) -> str:
    if target is None:
        raise UnknownOperationException(
            f"X-Amz-Target is missing; expected {model.TARGET_PREFIX}.<Operation>."
        )
    prefix, _, name = target.partition(".")
    if prefix != model.TARGET_PREFIX or name not in model.operation_names():
        raise UnknownOperationException(f"X-Amz-Target names no operation: {_shorten(target)}")
    return name


def _not_found(message: str) -> UnknownOperationException:
    error = UnknownOperationException(message)
    error.status = _NOT_FOUND
    return error


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."
