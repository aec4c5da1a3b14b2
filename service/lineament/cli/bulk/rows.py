"""Rows of a manifest: a CSV, JSON Lines or JSON file, by its suffix, each with its place in it.

CSV and JSON Lines are read a line at a time, however long they are.
"""

import csv
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from marshmallow import Schema, ValidationError

from lineament.errors import LineamentError

_SEPARATOR = "|"
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of characters, which JSON can escape and nothing can keep."""
Row = Mapping[str, Any] | ValidationError
"""A row as it stands in the file, or why there is none."""


class ManifestError(LineamentError):
    """A manifest that cannot be imported; the message has a line a mistake."""

    def __init__(self, problems: list[str]) -> None:
        """Take every mistake, each with its place."""
        self.problems = problems
        super().__init__("\n  ".join(["the manifest cannot be imported:", *problems]))


def is_text(text: str) -> None:
    """Check a member that must hold something that can be printed.

    Raises:
        ValidationError: it is empty, or holds what is no text.
    """
    if not text.strip():
        raise ValidationError("is empty")
    if _NO_TEXT.search(text):
        raise ValidationError("holds a control character or half a character")


def read_rows(path: Path, schema: Schema, lists: Collection[str] = ()) -> Iterator[tuple[str, Row]]:
    """Yield a manifest's rows, not yet checked, each with its place for messages.

    Args:
        path: of the file.
        schema: of a row; a CSV's columns must be among its fields.
        lists: members that hold several texts; in a CSV cell `|` stands between them.

    Raises:
        ManifestError: there is no such file, it is of another format, or its columns are wrong.
    """
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        if not path.exists():
            raise ManifestError([f"{path}: No such file or folder"])
        raise ManifestError([f"{path.name or path} is no .csv, .jsonl or .json file"])
    newline, reader = _READERS[suffix]
    try:
        with path.open(encoding="utf-8-sig", newline=newline) as file:
            yield from reader(file, schema, lists)
    except OSError as error:
        raise ManifestError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ManifestError([f"{path.name} is not UTF-8"]) from error


def _from_csv(file: TextIO, schema: Schema, lists: Collection[str]) -> Iterator[tuple[str, Row]]:
    reader = csv.reader(file, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            where, line = f"line {line}", reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells, schema)
            elif len(cells) > len(header):
                yield where, ValidationError("has more cells than there are columns")
            else:
                yield where, _from_cells(dict(zip(header, cells, strict=False)), lists)
    except csv.Error as error:
        yield f"line {line}", ValidationError(f"is no CSV: {error}")


def _header(cells: list[str], schema: Schema) -> list[str]:
    """Return the columns' names; a file with wrong ones is not worth reading on.

    Raises:
        ManifestError: one is unknown, twice there, or missing.
    """
    names = [cell.strip() for cell in cells]
    known = schema.fields
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


def _from_cells(row: Mapping[str, str], lists: Collection[str]) -> dict[str, Any]:
    """Return a row's members; an empty cell is an absent member."""
    told: dict[str, Any] = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    for name in lists:
        if name in told:
            told[name] = [each.strip() for each in told[name].split(_SEPARATOR) if each.strip()]
    return told


def _from_lines(
    file: TextIO, _schema: Schema, _lists: Collection[str]
) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield f"line {number}", _read_json(line)


def _from_json(file: TextIO, _schema: Schema, _lists: Collection[str]) -> Iterator[tuple[str, Row]]:
    text = file.read()
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError([f"is not JSON: {error}"]) from error
    if not isinstance(told, list):
        raise ManifestError(["is not a JSON array"])
    for number, each in enumerate(told, 1):
        yield f"item {number}", _require_object(each)


def _read_json(line: str) -> Row:
    try:
        return _require_object(json.loads(line))
    except (ValueError, RecursionError) as error:
        return ValidationError(f"is not JSON: {error}")


def _require_object(told: Any) -> Row:  # noqa: ANN401 - whatever JSON holds
    return told if isinstance(told, dict) else ValidationError("is not a JSON object")


def flatten(messages: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - marshmallow's tree
    """Yield `: member.place: message` of marshmallow's nested messages."""
    if isinstance(messages, dict):
        for member, inner in messages.items():
            own = member == "_schema"
            yield from flatten(inner, path if own else f"{path}.{member}" if path else f"{member}")
        return
    for message in messages:
        yield f": {path}: {message}" if path else f": {message}"


_Reader = Callable[[TextIO, Schema, Collection[str]], Iterator[tuple[str, Row]]]
_READERS: dict[str, tuple[str | None, _Reader]] = {
    ".csv": ("", _from_csv),
    ".jsonl": ("\n", _from_lines),
    ".ndjson": ("\n", _from_lines),
    ".json": (None, _from_json),
}
