"""Answers: parameters to bytes, by a plain walk over the operation's output shape.

A walk, not a marshmallow dump: there is nothing to collect, since a misfit is our own fault, and
it costs a fraction. Source: SPEC.md A.2.
"""

from collections.abc import Mapping
from email.utils import formatdate
from math import isfinite
from numbers import Integral, Real
from struct import Struct
from typing import Any

import orjson
import pybase64

from lineament.errors import LineamentError
from lineament.wire import model
from lineament.wire.http import HttpResponse
from lineament.wire.model import Shape

CONTENT_TYPE = "application/x-amz-json-1.1"
_FLOAT32 = Struct("<f")
_LATEST = 253_402_300_800  # the year 10000, which boto3 cannot hold: milliseconds by mistake


class OutputMismatch(LineamentError):
    """A handler's answer does not fit the model's output shape: a fault of ours, not the caller's.

    The message names the member and types, never values.
    """

    def __init__(self, problem: str, path: str = "") -> None:
        """Take what is wrong, and the dotted path of members to it so far."""
        self.problem = problem
        self.path = path
        super().__init__(f"{path} {problem}")

    def within(self, name: str) -> "OutputMismatch":
        """Return the same, seen from the structure whose member `name` holds it."""
        return OutputMismatch(self.problem, f"{name}.{self.path}" if self.path else name)


def success(
    operation: str, params: Mapping[str, object], request_id: str, now: float
) -> HttpResponse:
    """Answer 200 with the operation's output.

    Args:
        operation: its name in AWS's casing.
        params: the output in AWS's names; members that are None are left out, as the wire has no
            null. Floats are printed as the float32 that they are on the wire, timestamps are epoch
            seconds, blobs are bytes.
        request_id: a UUID.
        now: epoch seconds, for the Date header.

    Raises:
        OutputMismatch: a member is unknown, required and missing, or of another type.
    """
    shape = model.operation(operation).output
    try:
        body = orjson.dumps(_structure(shape, params))
    except OutputMismatch as error:
        raise error.within(operation) from None
    return HttpResponse(200, standard_headers(body, request_id, now), body)


def standard_headers(body: bytes, request_id: str, now: float) -> dict[str, str]:
    """Return the headers that every answer has; SDKs correct their clocks by Date.

    The last two tell a browser or a proxy to keep no answer and to take it for nothing else.
    """
    return {
        "x-amzn-RequestId": request_id,
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Date": formatdate(now, usegmt=True),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _structure(shape: Shape, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _misfit("an object", value)
    answer = {}
    members = shape.members
    for name, inner in value.items():
        if inner is None:
            continue
        member = members.get(name)
        if member is None:
            raise OutputMismatch("is not in the model", name)
        try:
            answer[name] = _WALKERS[member.kind](member, inner)
        except OutputMismatch as error:
            raise error.within(name) from None
    for name in shape.required:
        if name not in answer:
            raise OutputMismatch("is required and missing", name)
    return answer


def _list(shape: Shape, value: object) -> list[Any]:
    if not isinstance(value, list | tuple) or shape.element is None:
        raise _misfit("a list", value)
    element = shape.element
    walk = _WALKERS[element.kind]
    return [walk(element, inner) for inner in value]


def _map(shape: Shape, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or shape.key is None or shape.element is None:
        raise _misfit("a map", value)
    key_shape, element = shape.key, shape.element
    walk = _WALKERS[element.kind]
    return {_string(key_shape, key): walk(element, inner) for key, inner in value.items()}


def _string(shape: Shape, value: object) -> str:
    if not isinstance(value, str):
        raise _misfit("a string", value)
    if shape.enum and value not in shape.enum:
        raise OutputMismatch("is not one of the enum's values")
    return value


def _integer(_: Shape, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise _misfit("an integer", value)
    return int(value)


def _float(_: Shape, value: object) -> float:
    try:
        widened: float = _FLOAT32.unpack(_FLOAT32.pack(_finite(value)))[0]
    except OverflowError:
        raise OutputMismatch("does not fit 32 bits") from None
    return widened


def _double(_: Shape, value: object) -> float:
    return _finite(value)


def _timestamp(_: Shape, value: object) -> float:
    seconds = _finite(value)
    if not 0 <= seconds < _LATEST:
        raise OutputMismatch("is not in epoch seconds")
    return seconds


def _finite(value: object) -> float:
    # The exact type first: asking numbers.Real, which lets numpy's scalars in, is slow.
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise _misfit("a number", value)
        value = float(value)
    if not isfinite(value):
        raise OutputMismatch("is not finite")
    return value


def _boolean(_: Shape, value: object) -> bool:
    if not isinstance(value, bool):
        raise _misfit("a boolean", value)
    return value


def _blob(_: Shape, value: object) -> str:
    if not isinstance(value, bytes):
        raise _misfit("bytes", value)
    return pybase64.b64encode(value).decode("ascii")


def _misfit(expected: str, value: object) -> OutputMismatch:
    return OutputMismatch(f"must be {expected}, found {type(value).__name__}")


_WALKERS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _double,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}
