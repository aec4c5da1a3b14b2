"""A manifest of celebrities: a CSV, JSON Lines or JSON file, by its suffix.

Every mistake of the file is told at once, each with its place, before anything is done with it.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from lineament.domain.celebrities import (
    ID_PATTERN,
    Celebrity,
    KnownGender,
    id_of_name,
    plain_name,
)
from lineament.domain.limits import FACES_PER_USER
from lineament.errors import LineamentError

_LISTS = ("urls", "images")
"""The members that hold several texts; in a CSV cell `|` stands between them."""
_SEPARATOR = "|"
_MAX_URLS = 255
"""AWS's model."""
_MAX_URL = 1000
"""With the most URLs, a record stays within DynamoDB's 400 KB."""
_MAX_NAME = 255
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of characters, which JSON can escape and nothing can keep."""
_S3 = "s3://"


class ManifestError(LineamentError):
    """A manifest that cannot be imported; the message has a line a mistake."""

    def __init__(self, problems: list[str]) -> None:
        """Take every mistake, each with its place."""
        self.problems = problems
        super().__init__("\n  ".join(["the manifest cannot be imported:", *problems]))


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where in S3 an image is."""

    bucket: str
    key: str


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
    for where, row in _rows(path):
        try:
            entries.append(_to_entry(where, row))
        except ValidationError as error:
            problems += [f"{where}{problem}" for problem in _flatten(error.messages)]
    problems += _repeated(entries)
    if not problems and not entries:
        problems.append("it holds no celebrity")
    if problems:
        raise ManifestError(problems)
    return entries


def locate(image: str, manifest: Path) -> Path | S3Place:
    """Return where an image of a manifest is; paths are relative to the manifest's folder."""
    if not image.startswith(_S3):
        return manifest.parent / image
    bucket, _, key = image.removeprefix(_S3).partition("/")
    return S3Place(bucket, key)


def _is_text(text: str) -> None:
    if not text.strip():
        raise ValidationError("is empty")
    if _NO_TEXT.search(text):
        raise ValidationError("holds a control character or half a character")


def _is_url(text: str) -> None:
    if re.search(r"\s", text):
        raise ValidationError("holds a space")


def _is_image(text: str) -> None:
    if text.startswith(_S3) and not re.fullmatch(r"s3://[^/]+/.+", text):
        raise ValidationError("is not s3://bucket/key")


class _EntrySchema(Schema):
    class Meta:
        """A member that nobody knows is a typing error."""

        unknown = RAISE

    name = fields.String(required=True, validate=[_is_text, validate.Length(max=_MAX_NAME)])
    id = fields.String(
        validate=validate.Regexp(
            rf"{ID_PATTERN}\Z", error="is not of 1 to 128 letters A to Z, a to z, and digits"
        )
    )
    urls = fields.List(
        fields.String(validate=[_is_text, _is_url, validate.Length(max=_MAX_URL)]),
        load_default=[],
        validate=validate.Length(max=_MAX_URLS),
    )
    gender = fields.String(
        load_default=KnownGender.UNLISTED.value, validate=validate.OneOf(list(KnownGender))
    )
    images = fields.List(
        fields.String(validate=[_is_text, _is_image]),
        required=True,
        validate=validate.Length(min=1, max=FACES_PER_USER),
    )


_SCHEMA = _EntrySchema()
_Row = Mapping[str, Any] | ValidationError
"""A row as it stands in the file, or why there is none."""


def _to_entry(where: str, row: _Row) -> Entry:
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


def _rows(path: Path) -> Iterator[tuple[str, _Row]]:
    read = {".csv": _from_csv, ".jsonl": _from_lines, ".ndjson": _from_lines, ".json": _from_json}
    suffix = path.suffix.lower()
    if suffix not in read:
        raise ManifestError([f"{path.name or path} is no .csv, .jsonl or .json file"])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ManifestError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ManifestError([f"{path.name} is not UTF-8"]) from error
    return read[suffix](text)


def _from_csv(text: str) -> Iterator[tuple[str, _Row]]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            where, line = f"line {line}", reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells)
            elif len(cells) > len(header):
                yield where, ValidationError("has more cells than there are columns")
            else:
                yield where, _from_cells(dict(zip(header, cells, strict=False)))
    except csv.Error as error:
        yield f"line {line}", ValidationError(f"is no CSV: {error}")


def _header(cells: list[str]) -> list[str]:
    """Return the columns' names; a file with wrong ones is not worth reading on.

    Raises:
        ManifestError: one is unknown, twice there, or missing.
    """
    names = [cell.strip() for cell in cells]
    known = _SCHEMA.fields
    problems = [
        f"line 1: {name or 'a nameless column'}: is no member"
        for name in names
        if name not in known
    ]
    problems += [f"line 1: {name}: is there twice" for name in known if names.count(name) > 1]
    problems += [
        f"line 1: {name}: is missing"
        for name, field in known.items()
        if field.required and name not in names
    ]
    if problems:
        raise ManifestError(problems)
    return names


def _from_cells(row: Mapping[str, str]) -> dict[str, Any]:
    """Return a row's members; an empty cell is an absent member."""
    told: dict[str, Any] = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    for name in _LISTS:
        if name in told:
            told[name] = [each.strip() for each in told[name].split(_SEPARATOR) if each.strip()]
    return told


def _from_lines(text: str) -> Iterator[tuple[str, _Row]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", _read_json(line)


def _from_json(text: str) -> Iterator[tuple[str, _Row]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError([f"is not JSON: {error}"]) from error
    if not isinstance(told, list):
        raise ManifestError(["is not a JSON array of celebrities"])
    for number, each in enumerate(told, 1):
        yield f"item {number}", _require_object(each)


def _read_json(line: str) -> _Row:
    try:
        return _require_object(json.loads(line))
    except (ValueError, RecursionError) as error:
        return ValidationError(f"is not JSON: {error}")


def _require_object(told: Any) -> _Row:  # noqa: ANN401 - whatever JSON holds
    return told if isinstance(told, dict) else ValidationError("is not a JSON object")


def _flatten(messages: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - marshmallow's tree
    """Yield `: member.place: message` of marshmallow's nested messages."""
    if isinstance(messages, dict):
        for member, inner in messages.items():
            own = member == "_schema"
            yield from _flatten(inner, path if own else f"{path}.{member}" if path else f"{member}")
        return
    for message in messages:
        yield f": {path}: {message}" if path else f": {message}"
