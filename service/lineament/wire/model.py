"""AWS's own service model of Rekognition: the one module that reads botocore's files.

Only the loader is used: no session, no client, no credentials, and nothing from ~/.aws. Where the
wire differs from the model, the difference is data, in deviations.json beside this file. HTTP
statuses are not in the model at all; they are on the classes in `lineament.errors`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from botocore.loaders import Loader

Kind = Literal[
    "structure",
    "list",
    "map",
    "string",
    "integer",
    "long",
    "float",
    "double",
    "boolean",
    "blob",
    "timestamp",
]

TARGET_PREFIX = "RekognitionService"
_MODEL_FILE = "rekognition/2016-06-27/service-2"


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A type of the model. One object a name, so shapes compare and hash by identity."""

    name: str
    kind: Kind
    members: Mapping[str, "Shape"]
    """Of a structure, in the model's order; else empty."""
    required: tuple[str, ...]
    key: "Shape | None"
    """Of a map."""
    element: "Shape | None"
    """Of a list; a map's value."""
    enum: tuple[str, ...]
    minimum: int | None
    """Least value of a number; least length of a string, blob (decoded bytes), list or map."""
    maximum: int | None
    pattern: str | None
    """As AWS prints it in messages; not anchored, yet meant for the whole value."""
    regex: re.Pattern[str] | None
    """`pattern` for Python, anchored at both ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation of the model."""

    name: str
    input: Shape
    output: Shape
    errors: tuple[str, ...]
    """The errors that the model declares, by name."""


@cache
def operation_names() -> tuple[str, ...]:
    """Return the names of all operations that AWS's model has, in its order."""
    return tuple(_document()["operations"])


@cache
def operation(name: str) -> Operation:
    """Return an operation of the model.

    Raises:
        KeyError: the model has no such operation.
    """
    entry = _document()["operations"][name]
    return Operation(
        name=name,
        input=_shape(entry["input"]["shape"]),
        output=_shape(entry["output"]["shape"]),
        errors=tuple(error["shape"] for error in entry["errors"]),
    )


def find_note(shape: Shape, member: str) -> str | None:
    """Return what the wire does with a member beyond, or against, the model's prose."""
    note: str | None = _deviations()["notes"]["members"].get(f"{shape.name}.{member}")
    return note


def portable_pattern(shape: Shape) -> str | None:
    """Return the pattern anchored and in the dialect that ECMA-262 and Python share.

    Where AWS's own has no such form, the answer accepts more, and never less.
    """
    deviation = _deviations()["patterns"].get(shape.name)
    if shape.pattern is None or deviation:
        return deviation["portable"] if deviation else None
    anchored = shape.pattern[0] == "^" and shape.pattern[-1] == "$"
    return shape.pattern if anchored else f"^(?:{shape.pattern})$"


@cache
def _shape(name: str) -> Shape:
    # No shape of this model holds itself, so building depth first ends.
    entry = _document()["shapes"][name]
    pattern = entry.get("pattern")
    element = entry.get("member") or entry.get("value")
    return Shape(
        name=name,
        kind=entry["type"],
        members={key: _shape(member["shape"]) for key, member in entry.get("members", {}).items()},
        required=tuple(entry.get("required", ())),
        key=_shape(entry["key"]["shape"]) if "key" in entry else None,
        element=_shape(element["shape"]) if element else None,
        enum=tuple(entry.get("enum", ())),
        minimum=entry.get("min"),
        maximum=entry.get("max", _deviations()["limits"]["max"].get(name)),
        pattern=pattern,
        regex=_regex(name, pattern) if pattern else None,
    )


def _regex(name: str, pattern: str) -> re.Pattern[str]:
    deviation = _deviations()["patterns"].get(name)
    translated = deviation["python"] if deviation else pattern
    # Java's \d, \w and \s are ASCII, and the service is written in it.
    return re.compile(rf"(?:{translated})\Z", re.ASCII)


@cache
def _document() -> Mapping[str, Any]:
    loader = Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    document: Mapping[str, Any] = loader.load_data(_MODEL_FILE)
    return document


@cache
def _deviations() -> Mapping[str, Any]:
    text = Path(__file__).with_name("deviations.json").read_text(encoding="utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document
