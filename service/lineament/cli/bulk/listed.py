"""Pictures that a manifest lists."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from lineament.cli.bulk.naming import Candidate, Refused, printable, to_candidate
from lineament.cli.bulk.places import is_place, locate
from lineament.cli.bulk.rows import Row, flatten, is_text, read_rows


def _is_image(text: str) -> None:
    if not is_place(text):
        raise ValidationError("is not s3://bucket/key")


class _ItemSchema(Schema):
    class Meta:
        """A member that nobody knows is a typing error."""

        unknown = RAISE

    image = fields.String(required=True, validate=[is_text, _is_image])
    external_image_id = fields.String(load_default=None, validate=is_text)
    user_id = fields.String(load_default=None, validate=is_text)


_SCHEMA = _ItemSchema()


class Listed:
    """A Source, read a line at a time. A wrong line is refused, and the others go on."""

    def __init__(self, manifest: Path) -> None:
        """Look at nothing yet."""
        self._manifest = manifest

    def __iter__(self) -> Iterator[Candidate]:
        """Yield the pictures in the order of the file.

        Raises:
            ManifestError: it cannot be read, or its columns are wrong.
        """
        for where, row in read_rows(self._manifest, _SCHEMA):
            yield self._judge(where, row)

    def _judge(self, where: str, row: Row) -> Candidate:
        try:
            if isinstance(row, ValidationError):
                raise row
            read: dict[str, Any] = _SCHEMA.load(row)
        except ValidationError as error:
            problems = "; ".join(each.removeprefix(": ") for each in flatten(error.messages))
            return Refused(where, printable(problems), "its line in the manifest is wrong")
        name = f"{where}: {printable(read['image'])}"
        place = locate(read["image"], self._manifest)
        return to_candidate(name, place, read["external_image_id"], read["user_id"])
