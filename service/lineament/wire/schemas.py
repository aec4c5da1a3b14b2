"""Requests: bytes to parameters, through marshmallow schemas built from the model's shapes."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load

from lineament.errors import SerializationException
from lineament.wire import model, readers
from lineament.wire.constraints import NOT_NULL, constraints_of
from lineament.wire.model import Kind, Shape
from lineament.wire.violations import to_error

_READERS: Mapping[Kind, Callable[[object], object]] = {
    "string": readers.read_text,
    "blob": readers.read_blob,
    "boolean": readers.read_boolean,
    "integer": readers.read_integer,
    "long": readers.read_long,
    "float": readers.read_number,
    "double": readers.read_number,
    "timestamp": readers.read_number,
    "list": readers.read_array,
    "map": readers.read_object,
    "structure": readers.read_object,
}
_MOST_VALUES = 100_000
"""The largest that is right has 4,096 FaceIds. Base64, of which large bodies consist, has none."""


class _Members(Schema):
    """Unknown members are ignored, for clients newer than we are; null is as good as absent."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _drop_nulls(self, data: dict[str, object], **_: object) -> dict[str, object]:
        return {name: value for name, value in data.items() if value is not None}


def parse(
    operation: str, body: bytes, constraint_error_code: str = "ValidationException"
) -> dict[str, Any]:
    """Read and check a request body.

    Args:
        operation: its name in AWS's casing; one of the model's.
        body: JSON in UTF-8; an empty one is an empty object.
        constraint_error_code: which error a broken constraint raises, ValidationException or
            InvalidParameterException. Source: SPEC.md A.6.

    Returns:
        The known members that are present and not null, in AWS's names: blobs as bytes, floats
        and timestamps (epoch seconds) as finite floats, everything else as JSON has it.

    Raises:
        SerializationException: the body is no JSON object, or a member is of another JSON type.
        ValidationException: members break constraints; the message tells them all.
        InvalidParameterException: the same, where `constraint_error_code` says so.
    """
    document = _decode(body)
    shape = model.operation(operation).input
    try:
        params: dict[str, Any] = schema_of(shape).load(document)
    except ValidationError as error:
        problem = to_error(shape, document, error.messages, constraint_error_code)
        raise problem from None
    return params


@cache
def schema_of(shape: Shape) -> Schema:
    """Build the schema of a structure, once."""
    members = {
        name: _field(member, required=name in shape.required)
        for name, member in shape.members.items()
    }
    return _Members.from_dict(members, name=shape.name)()


def _field(shape: Shape, *, required: bool) -> fields.Field[Any]:
    constraints = constraints_of(shape)
    options: dict[str, Any] = {
        "required": required,
        "error_messages": {"required": NOT_NULL, "null": NOT_NULL},
        "pre_load": [_READERS[shape.kind]],
    }
    if shape.kind == "structure":
        return fields.Nested(schema_of(shape), **options)
    if shape.kind == "list" and shape.element is not None:
        # A list or map of the wrong size is refused before anything in it is looked at.
        options["pre_load"] += constraints
        return fields.List(_field(shape.element, required=True), **options)
    if shape.kind == "map" and shape.key is not None and shape.element is not None:
        options["pre_load"] += constraints
        keys, values = (_field(side, required=True) for side in (shape.key, shape.element))
        return fields.Dict(keys=keys, values=values, **options)
    return fields.Raw(validate=constraints, **options)


def _decode(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    # A value takes 3 bytes here and 60 in memory: a few bodies full of `[],` would fill it.
    if len(body) > _MOST_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise SerializationException(
            f"The body has over {_MOST_VALUES} of , [ and {{; no operation takes so many values."
        )
    try:
        # Strict where json is not: no NaN, no infinity, no unpaired surrogate, a depth limit.
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SerializationException(
            f"The body is not valid JSON: {error.msg} (character {error.pos})."
        ) from None
    if not isinstance(document, dict):
        raise SerializationException(
            f"The body must be a JSON object, found {readers.json_type(document)}."
        )
    return document
