"""A manifest of celebrities: a CSV, JSON Lines or JSON file, by its suffix.

Every mistake of the file is told at once, each with its place, before anything is done with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from lineament.cli.bulk.places import is_place
from lineament.cli.bulk.rows import ManifestError, Row, flatten, is_text, read_rows
from lineament.domain.celebrities import (
    ID_PATTERN,
    Celebrity,
    KnownGender,
    id_of_name,
    plain_name,
)
from lineament.domain.limits import FACES_PER_USER

_LISTS = ("urls", "images")
"""The members that hold several texts; in a CSV cell `|` stands between them."""
_MAX_URLS = 255
"""AWS's model."""
_MAX_URL = 1000
"""With the most URLs, a record stays within DynamoDB's 400 KB."""
_MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Entry:
    """One celebrity of a manifest."""

    where: str
    """Its place in the file, for messages."""
    celebrity: Celebrity
    named: bool
    """Whether the id follows from the name, the manifest giving none."""
    images: tuple[str, ...]
    """As the manifest has them, each once."""


def read_manifest(path: Path) -> list[Entry]:
    """Read and check a whole manifest; images are not looked at.

    Raises:
        ManifestError: with every mistake of the file.
    """
    problems: list[str] = []
    entries: list[Entry] = []
    for where, row in read_rows(path, _SCHEMA, _LISTS):
        try:
            entries.append(_to_entry(where, row))
        except ValidationError as error:
            problems += [f"{where}{problem}" for problem in flatten(error.messages)]
    problems += _repeated(entries)
    if not problems and not entries:
        problems.append("it holds no celebrity")
    if problems:
        raise ManifestError(problems)
    return entries


def _is_url(text: str) -> None:
    if re.search(r"\s", text):
        raise ValidationError("holds a space")


def _is_image(text: str) -> None:
    if not is_place(text):
        raise ValidationError("is not s3://bucket/key")


class _EntrySchema(Schema):
    class Meta:
        """A member that nobody knows is a typing error."""

        unknown = RAISE

    name = fields.String(required=True, validate=[is_text, validate.Length(max=_MAX_NAME)])
    id = fields.String(
        validate=validate.Regexp(
            rf"{ID_PATTERN}\Z", error="is not of 1 to 128 letters A to Z, a to z, and digits"
        )
    )
    urls = fields.List(
        fields.String(validate=[is_text, _is_url, validate.Length(max=_MAX_URL)]),
        load_default=[],
        validate=validate.Length(max=_MAX_URLS),
    )
    gender = fields.String(
        load_default=KnownGender.UNLISTED.value, validate=validate.OneOf(list(KnownGender))
    )
    images = fields.List(
        fields.String(validate=[is_text, _is_image]),
        required=True,
        validate=validate.Length(min=1, max=FACES_PER_USER),
    )


_SCHEMA = _EntrySchema()


def _to_entry(where: str, row: Row) -> Entry:
    if isinstance(row, ValidationError):
        raise row
    read: dict[str, Any] = _SCHEMA.load(row)
    name = plain_name(read["name"])
    celebrity = Celebrity(
        celebrity_id=read.get("id") or id_of_name(name),
        name=name,
        urls=tuple(read["urls"]),
        gender=KnownGender(read["gender"]),
    )
    return Entry(where, celebrity, "id" not in read, tuple(dict.fromkeys(read["images"])))


def _repeated(entries: list[Entry]) -> Iterator[str]:
    first: dict[str, Entry] = {}
    for entry in entries:
        other = first.setdefault(entry.celebrity.celebrity_id, entry)
        if other is entry:
            continue
        told = f"{entry.where}: id: {entry.celebrity.celebrity_id} is that of {other.where}"
        if other.celebrity.name == entry.celebrity.name:
            yield f"{told}, which has the same name"
        else:
            yield f"{told}; give one of them another id"
