"""What a job of the work queue looks like: JSON, every member checked before anything is done.

| job | members | what is done |
|---|---|---|
| purge | | what deleted collections left is erased |
| compact | collection | its log is folded into a snapshot |
| reindex | collection, profile, drop_unknown | it is moved to another face model |
| import | collection, images | pictures in S3 are indexed, as rows of a manifest name them |

Each may have account and region; the deployment's own are meant where they are absent. `turn`
counts how often a job was handed on.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from lineament.jobs.batches import Unreadable

MAX_TURNS = 1000
"""A job that takes more is going round in circles: at 15 minutes each, these are ten days."""
MAX_IMAGES = 1000
_ID = r"[a-zA-Z0-9_.\-:]"


def _matching(pattern: str) -> validate.Regexp:
    return validate.Regexp(rf"(?:{pattern})\Z", error="is not of the form {regex}")


def _require_truth(told: object) -> None:
    if not isinstance(told, bool):  # marshmallow's Boolean takes 1 for true
        raise ValidationError("is neither true nor false")


class _Job(Schema):
    class Meta:
        """A member that nobody knows is a typing error, or a job of a later release."""

        unknown = RAISE

    job = fields.String(required=True)
    account = fields.String(validate=_matching(r"\d{12}"))
    region = fields.String(validate=_matching(r"[a-z0-9\-]{1,63}"))
    turn = fields.Integer(
        strict=True, load_default=0, validate=validate.Range(min=0, max=MAX_TURNS)
    )


class _OfCollection(_Job):
    collection = fields.String(required=True, validate=_matching(r"[a-zA-Z0-9_.\-]{1,255}"))


class _Reindex(_OfCollection):
    # A name only: a queue must not make the function read files.
    profile = fields.String(required=True, validate=_matching(r"[a-z0-9_\-]{1,64}"))
    drop_unknown = fields.Raw(load_default=False, validate=_require_truth)


class _Picture(Schema):
    class Meta:
        """As above."""

        unknown = RAISE

    image = fields.String(required=True, validate=_matching(r"s3://[^/]{3,255}/[\s\S]{1,1024}"))
    external_image_id = fields.String(validate=_matching(_ID + "{1,255}"))
    user_id = fields.String(validate=_matching(_ID + "{1,128}"))


class _Import(_OfCollection):
    images = fields.List(
        fields.Nested(_Picture),
        required=True,
        validate=validate.Length(min=1, max=MAX_IMAGES),
    )


KINDS: Mapping[str, Schema] = {
    "purge": _Job(),
    "compact": _OfCollection(),
    "reindex": _Reindex(),
    "import": _Import(),
}


def read(body: str) -> dict[str, Any]:
    """Return a job's members.

    Raises:
        Unreadable: it is none, or of a kind that this release does not know; the message tells the
            member and never a value.
    """
    try:
        told = orjson.loads(body)
    except ValueError as error:
        raise Unreadable("the message is not JSON") from error
    name = told.get("job") if isinstance(told, dict) else None
    schema = KINDS.get(name) if isinstance(name, str) else None
    if schema is None:
        raise Unreadable(f"the message is no job; there are {', '.join(KINDS)}")
    try:
        members: dict[str, Any] = schema.load(told)
    except ValidationError as error:
        wrong = ", ".join(sorted(map(str, error.messages_dict)))
        raise Unreadable(f"the job {name} has wrong or missing members: {wrong}") from error
    return members
