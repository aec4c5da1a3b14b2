"""Shapes of the model as JSON Schema components of OpenAPI 3.1, with every constraint."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lineament.wire import model
from lineament.wire.model import Kind, Shape

Node = dict[str, Any]

_TYPES: Mapping[Kind, Node] = {
    "string": {"type": "string"},
    "blob": {"type": "string", "contentEncoding": "base64"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "format": "int32"},
    "long": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "timestamp": {"type": "number", "description": "Epoch seconds."},
}
_LIMITS: Mapping[Kind, tuple[str, str]] = {
    "string": ("minLength", "maxLength"),
    "blob": ("minLength", "maxLength"),
    "list": ("minItems", "maxItems"),
    "map": ("minProperties", "maxProperties"),
}


@cache
def descriptions() -> Mapping[str, Any]:
    """Return our own words about operations, shapes and members."""
    text = Path(__file__).with_name("descriptions.json").read_text(encoding="utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document


def reference(shape: Shape, components: dict[str, Node]) -> Node:
    """Return a schema for a place where the shape is used.

    What has a name worth keeping (structures, maps, anything constrained) goes to `components`,
    with all that it holds, and is referred to; the rest stands in place.
    """
    constrained = shape.enum or shape.pattern or shape.minimum or shape.maximum is not None
    if shape.kind not in {"structure", "map"} and not constrained:
        return _schema(shape, components)
    if shape.name not in components:
        components[shape.name] = {}  # taken before its members are walked
        components[shape.name] = _schema(shape, components)
    return {"$ref": f"#/components/schemas/{shape.name}"}


def _schema(shape: Shape, components: dict[str, Node]) -> Node:
    node: Node = {}
    text = descriptions()["shapes"].get(shape.name)
    if text:
        node["description"] = text
    if shape.kind == "structure":
        node |= _structure(shape, components)
    elif shape.kind == "list" and shape.element is not None:
        node |= {"type": "array", "items": reference(shape.element, components)}
    elif shape.kind == "map" and shape.key is not None and shape.element is not None:
        node["type"] = "object"
        node["propertyNames"] = reference(shape.key, components)
        node["additionalProperties"] = reference(shape.element, components)
    else:
        node |= _TYPES[shape.kind]
    return node | _constraints(shape)


def _structure(shape: Shape, components: dict[str, Node]) -> Node:
    node: Node = {"type": "object"}
    if shape.required:
        node["required"] = list(shape.required)
    properties: dict[str, Node] = {}
    for name, member in shape.members.items():
        ours = descriptions()["members"].get(f"{shape.name}.{name}")
        told = [text for text in (ours, model.find_note(shape, name)) if text]
        properties[name] = reference(member, components)
        if told:
            properties[name] = properties[name] | {"description": " ".join(told)}
    if properties:
        node["properties"] = properties
    return node


def _constraints(shape: Shape) -> Node:
    node: Node = {}
    least, most = _LIMITS.get(shape.kind, ("minimum", "maximum"))
    for key, limit in ((least, shape.minimum), (most, shape.maximum)):
        if limit is not None:
            node[key] = _base64_length(limit) if shape.kind == "blob" else limit
    pattern = model.portable_pattern(shape)
    if pattern is not None:
        node["pattern"] = pattern
    if shape.enum:
        node["enum"] = list(shape.enum)
    return node


def _base64_length(size: int) -> int:
    return -(-size // 3) * 4
