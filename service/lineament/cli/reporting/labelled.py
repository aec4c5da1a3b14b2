"""An operator's labelled photos: a CSV manifest or a folder, and the pairs to compare.

    image,person,skin type,camera        photos/Person A/one.jpg
    photos/1.jpg,p1,VI,gate 2            photos/Person B/other.png
    photos/2.jpg,p1,VI,gate 2

Columns beyond the first two are groups, whatever their names; an empty cell is a group not known.
Every mistake is told at once, each with its line and column.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from lineament.cli.bulk.rows import ManifestError, Row, flatten, is_text, read_rows
from lineament.cli.measuring.lfw import read_measuring_set
from lineament.errors import LineamentError

IMAGE, PERSON = "image", "person"
MOST_GROUPS = 40
"""Values of a column: more are no groups of people."""
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_SHOWN = 25
"""Mistakes that are told."""


class LabelledError(LineamentError):
    """The labelled photos or their pairs cannot be used; the message has a line a mistake."""

    def __init__(self, file: Path, problems: Sequence[str]) -> None:
        """Take the file and every mistake, each with its place."""
        more = len(problems) - _SHOWN
        told = [*problems[:_SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
        super().__init__("\n  ".join([f"{file} cannot be used:", *told]))


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo and whom it shows."""

    path: Path
    name: str
    """As the manifest has it, or below the folder."""
    person: str
    groups: Mapping[str, str]
    """By column; a group that is not known is absent."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Photos of at least two people."""

    photos: tuple[Photo, ...]
    columns: tuple[str, ...]
    """Of groups."""


def read_labelled(source: Path) -> Labelled:
    """Read a manifest or a folder; no photo is opened.

    Args:
        source: a CSV, whose images are relative to its folder; or a folder of one folder a person,
            or with such folders in `images/`.

    Raises:
        LabelledError: with every mistake of the manifest, or the folder holds no two people.
    """
    found = _from_folder(source) if source.is_dir() else _from_manifest(source)
    problems = []
    if len({photo.person for photo in found.photos}) < 2:  # noqa: PLR2004 - a pair
        problems.append("it shows fewer than two people")
    for column in found.columns:
        values = {photo.groups[column] for photo in found.photos if column in photo.groups}
        if len(values) > MOST_GROUPS:
            problems.append(
                f"{column}: holds {len(values):,} different values; a column of groups has "
                f"{MOST_GROUPS} at most"
            )
    if problems:
        raise LabelledError(source, problems)
    return found


def read_pairs(path: Path, labelled: Labelled) -> list[tuple[int, int]]:
    """Return the pairs of a file, as places in `labelled.photos`.

    Args:
        path: a CSV with the columns `first` and `second`, images as the manifest names them; or
            LFW's pairs.txt in the folder that was read.
        labelled: the photos.

    Raises:
        LabelledError: with every mistake of the file.
        MeasuringSetError: pairs.txt is not LFW's.
    """
    if path.suffix.lower() == ".txt":
        places = {photo.path.resolve(): place for place, photo in enumerate(labelled.photos)}
        folds = read_measuring_set(path.parent).folds
        named = [pair for fold in folds for pair in (*fold.genuine, *fold.impostor)]
        try:
            return [(places[one.resolve()], places[other.resolve()]) for one, other in named]
        except KeyError as error:
            raise LabelledError(
                path, [f"{error.args[0].name} is not among the labelled photos"]
            ) from error
    by_name = {photo.name: place for place, photo in enumerate(labelled.photos)}
    pairs: dict[tuple[int, int], str] = {}
    problems: list[str] = []
    for where, row in _rows(path, ("first", "second"), problems):
        unknown = [f"{name}: {row[name]}" for name in row if row[name] not in by_name]
        problems += [f"{where}: {each} is not among the labelled photos" for each in unknown]
        if unknown:
            continue
        one, other = sorted((by_name[row["first"]], by_name[row["second"]]))
        if one == other:
            problems.append(f"{where}: second: is the first image again")
        elif (one, other) in pairs:
            problems.append(f"{where}: second: this pair stands on {pairs[one, other]} already")
        else:
            pairs[one, other] = where
    if not pairs and not problems:
        problems.append("it holds no pair")
    if problems:
        raise LabelledError(path, problems)
    return list(pairs)


def _from_folder(folder: Path) -> Labelled:
    images = folder / "images" if (folder / "images").is_dir() else folder
    return Labelled(
        tuple(
            Photo(path, str(path.relative_to(images)), person.name, {})
            for person in sorted(images.iterdir())
            if person.is_dir()
            for path in sorted(person.iterdir())
            if path.suffix.lower() in _SUFFIXES
        ),
        (),
    )


def _from_manifest(path: Path) -> Labelled:
    columns = tuple(name for name in _header(path) if name not in {IMAGE, PERSON})
    photos: list[Photo] = []
    first: dict[Path, str] = {}
    problems: list[str] = []
    for where, row in _rows(path, (IMAGE, PERSON), problems, columns):
        image = path.parent / row[IMAGE]
        if not image.is_file():
            problems.append(f"{where}: {IMAGE}: {row[IMAGE]} is not there")
        elif image in first:
            problems.append(f"{where}: {IMAGE}: {row[IMAGE]} stands on {first[image]} already")
        first.setdefault(image, where)
        groups = {column: row[column] for column in columns if column in row}
        photos.append(Photo(image, row[IMAGE], row[PERSON], groups))
    if problems:
        raise LabelledError(path, problems)
    return Labelled(tuple(photos), columns)


def _header(path: Path) -> list[str]:
    """Return the columns' names; what is wrong with the file is told when its rows are read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = (cells for cells in csv.reader(file) if any(cell.strip() for cell in cells))
            return [name for cell in next(lines, []) if (name := cell.strip())]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _rows(
    path: Path, required: Sequence[str], problems: list[str], columns: Sequence[str] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows that can be read; the others' mistakes go to `problems`.

    Raises:
        LabelledError: there is no such file, it is no CSV, or its columns are wrong.
    """
    if path.suffix.lower() != ".csv":
        raise LabelledError(path, ["it is neither a .csv file nor a folder"])
    schema = Schema.from_dict(
        {
            **{name: fields.String(required=True, validate=is_text) for name in required},
            **{name: fields.String(validate=is_text) for name in columns},
        }
    )(unknown=RAISE)
    try:
        for where, row in read_rows(path, schema):
            try:
                yield where, _load(schema, row)
            except ValidationError as error:
                problems += [f"{where}{problem}" for problem in flatten(error.messages)]
    except ManifestError as error:
        raise LabelledError(path, error.problems) from error


def _load(schema: Schema, row: Row) -> dict[str, Any]:
    if isinstance(row, ValidationError):
        raise row
    loaded: dict[str, Any] = schema.load(row)
    return loaded
