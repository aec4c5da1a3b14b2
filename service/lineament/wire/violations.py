"""What a schema found wrong, as the one error that the client reads.

Source: SPEC.md A.6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lineament.errors import (
    InvalidParameterException,
    SerializationException,
    ValidationException,
    WireError,
)
from lineament.wire.model import Shape
from lineament.wire.readers import Malformed

Messages = list[str] | dict[Any, Any]
"""Texts about a value, or by index or name those about what it holds."""

_CONSTRAINT_ERRORS: Mapping[str, type[WireError]] = {
    "ValidationException": ValidationException,
    "InvalidParameterException": InvalidParameterException,
}
_LONGEST_VALUE = 256
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class _Violation:
    shape: Shape
    path: str
    """Lower camel case with dots, list elements as AWS counts them: faceIds.1.member."""
    value: object
    text: str


def to_error(shape: Shape, document: object, messages: Messages, code: str) -> WireError:
    """Turn marshmallow's messages into an error.

    Args:
        shape: of the request.
        document: the request as it arrived; offending values are quoted from it, cut at 256
            characters; those of blobs never are.
        messages: `ValidationError.messages`, nested as the document is.
        code: of the error for broken constraints, ValidationException or
            InvalidParameterException.

    Returns:
        SerializationException where a member cannot be read at all, naming the first such member;
        otherwise the constraint error, which counts every violation and tells the first 20.
    """
    found = list(_walk(shape, document, messages, ""))
    for violation in found:
        if isinstance(violation.text, Malformed):
            return SerializationException(f"'{violation.path}' {violation.text}")
    told = [_sentence(violation) for violation in found[:_MOST_TOLD]]
    if len(found) > _MOST_TOLD:
        told.append(f"and {len(found) - _MOST_TOLD} more")
    plural = "" if len(found) == 1 else "s"
    text = "; ".join(told)
    return _CONSTRAINT_ERRORS[code](f"{len(found)} validation error{plural} detected: {text}")


def _walk(shape: Shape, value: object, messages: Messages, path: str) -> Iterator[_Violation]:
    if isinstance(messages, list):
        for text in messages:
            yield _Violation(shape, path, value, text)
    elif shape.kind == "map":
        yield from _walk_map(shape, value, messages, path)
    elif shape.element is not None:
        for index, inner in messages.items():
            place = f"{path}.{index + 1}.member"
            yield from _walk(shape.element, _within(value, index), inner, place)
    else:
        for name, inner in messages.items():
            segment = name[0].lower() + name[1:]
            place = f"{path}.{segment}" if path else segment
            yield from _walk(shape.members[name], _within(value, name), inner, place)


def _walk_map(
    shape: Shape, value: object, messages: Mapping[str, Any], path: str
) -> Iterator[_Violation]:
    for key, sides in messages.items():
        for text in sides.get("key", ()):
            told = f"Map keys must satisfy constraint: [{text}]"
            yield _Violation(shape.key or shape, path, key, told)
        if "value" in sides and shape.element is not None:
            place = f"{path}.{_printable(key)}.member"
            yield from _walk(shape.element, _within(value, key), sides["value"], place)


def _within(value: object, key: object) -> object:
    if isinstance(value, list) and isinstance(key, int):
        return value[key]
    return value.get(key) if isinstance(value, dict) else None


def _sentence(violation: _Violation) -> str:
    quoted = _quote(violation.shape, violation.value)
    return f"Value{quoted} at '{violation.path}' failed to satisfy constraint: {violation.text}"


def _quote(shape: Shape, value: object) -> str:
    if value is None:
        return " null"
    if shape.kind == "blob":
        return ""
    if isinstance(value, list | dict):
        return f" '[{len(value)} elements]'"
    return f" '{_printable(str(value))}'"


def _printable(text: str) -> str:
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[:_LONGEST_VALUE]}... ({len(text)} characters)"
