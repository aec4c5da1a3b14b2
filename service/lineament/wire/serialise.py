"""Answers: parameters to bytes, by a plain walk over the operation's output shape.

A walk, not a marshmallow dump: there is nothing to collect, since a misfit is our own fault, and
it costs a fraction. Source: SPEC.md A.2.
"""

import math
from collections.abc import Mapping
from email.utils import formatdate
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


def success(operation: str, params: Mapping[str, Any], request_id: str, now: float) -> HttpResponse:
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
    body = orjson.dumps(_structure(shape, params, operation))
    return HttpResponse(200, standard_headers(body, request_id, now), body)


def standard_headers(body: bytes, request_id: str, now: float) -> dict[str, str]:
    """Return the headers that every answer has; SDKs correct their clocks by Date."""
    return {
        "x-amzn-RequestId": request_id,
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Date": formatdate(now, usegmt=True),
    }


def _structure(shape: Shape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _misfit(path, "an object", value)
    answer = {}
    for name, inner in value.items():
        if inner is None:
            continue
        member = shape.members.get(name)
        if member is None:
            raise OutputMismatch(f"{path} has no member {name}")
        answer[name] = _WALKERS[member.kind](member, inner, f"{path}.{name}")
    for name in shape.required:
        if name not in answer:
            raise OutputMismatch(f"{path}.{name} is required and missing")
    return answer


def _list(shape: Shape, value: Any, path: str) -> list[Any]:
    if not isinstance(value, list | tuple) or shape.element is None:
        raise _misfit(path, "a list", value)
    walk, element, place = _WALKERS[shape.element.kind], shape.element, f"{path}[]"
    return [walk(element, inner, place) for inner in value]


def _map(shape: Shape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or shape.key is None or shape.element is None:
        raise _misfit(path, "a map", value)
    walk, place = _WALKERS[shape.element.kind], f"{path}{{}}"
    return {
        _string(shape.key, key, place): walk(shape.element, inner, place)
        for key, inner in value.items()
    }


def _string(shape: Shape, value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _misfit(path, "a string", value)
    if shape.enum and value not in shape.enum:
        raise OutputMismatch(f"{path} is none of {shape.enum}")
    return value


def _integer(_: Shape, value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise _misfit(path, "an integer", value)
    return int(value)


def _float(_: Shape, value: Any, path: str) -> float:
    number = _finite(value, path)
    try:
        widened: float = _FLOAT32.unpack(_FLOAT32.pack(number))[0]
    except OverflowError:
        raise OutputMismatch(f"{path} does not fit 32 bits") from None
    return widened


def _double(_: Shape, value: Any, path: str) -> float:
    return _finite(value, path)


def _timestamp(_: Shape, value: Any, path: str) -> float:
    seconds = _finite(value, path)
    if not 0 <= seconds < _LATEST:
        raise OutputMismatch(f"{path} is not in epoch seconds")
    return seconds


def _finite(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise _misfit(path, "a number", value)
    number = float(value)
    if not math.isfinite(number):
        raise OutputMismatch(f"{path} is not finite")
    return number


def _boolean(_: Shape, value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _misfit(path, "a boolean", value)
    return value


def _blob(_: Shape, value: Any, path: str) -> str:
    if not isinstance(value, bytes):
        raise _misfit(path, "bytes", value)
    return pybase64.b64encode(value).decode("ascii")


def _misfit(path: str, expected: str, value: object) -> OutputMismatch:
    return OutputMismatch(f"{path} must be {expected}, found {type(value).__name__}")


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
