"""One use of face data, as the audit trail remembers it: who, what, and what came back.

An entry holds ids, numbers and names of things. It has no place for a picture or a vector.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from lineament.errors import InternalServerError

OK = "ok"
"""The outcome of a call that was answered; of any other it is the error's code."""
KEPT = 100
"""Ids that an entry lists, of what was asked about and of what came back; the counts are whole."""


class NotRecorded(InternalServerError):
    """The trail could not take an entry, without which the call may not be answered."""

    default_message = "The call cannot be recorded just now, and nothing is told without; try again"


@dataclass(frozen=True, slots=True)
class Entry:
    """A use of face data, or a refused one."""

    time: float
    """Epoch seconds at which the call arrived."""
    request_id: str
    account: str
    region: str
    access_key_id: str
    operation: str
    """In AWS's casing; what is no call on the wire begins with `lineament:`."""
    outcome: str = OK
    user: str = ""
    """What the access key's owner is called."""
    source_ip: str = ""
    collection: str = ""
    threshold_asked: float | None = None
    """Similarity that the caller gave, 0 to 100; None where none was given."""
    threshold_applied: float | None = None
    """Similarity that counted, after rules and defaults."""
    limit_asked: int | None = None
    limit_applied: int | None = None
    """How many results, likewise."""
    images: tuple[str, ...] = ()
    """The ImageIds of pictures, which follow from their bytes, or where they are in S3."""
    external_image_id: str = ""
    subjects: tuple[str, ...] = ()
    """FaceIds and UserIds that the call was about, at most `KEPT`."""
    subject_count: int = 0
    results: tuple[tuple[str, float | None], ...] = ()
    """Ids that came back, with Similarity where there is one, at most `KEPT`; the best first."""
    result_count: int = 0
    tags: tuple[tuple[str, str], ...] = ()
    """Tags that were set, or taken away (with an empty value)."""
    rule: str = ""
    """What refused or changed the call."""
    purpose: str = ""
    """What the collection may be used for, by its rules."""

    def to_json(self) -> dict[str, Any]:
        """Return the members that say something, by name."""
        return {
            each.name: _plain(getattr(self, each.name))
            for each in fields(self)
            if each.default is MISSING
            or each.name == "outcome"
            or getattr(self, each.name) != each.default
        }

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> "Entry":
        """Return the entry that `to_json` has written.

        Raises:
            TypeError: a member is unknown or lacks.
        """
        pairs = {name: tuple(map(tuple, members.get(name, ()))) for name in ("results", "tags")}
        lists = {name: tuple(members.get(name, ())) for name in ("images", "subjects")}
        return cls(**{**members, **pairs, **lists})


def canonical(value: object) -> str:
    """Return the one JSON text of a value: ASCII, members sorted, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: object) -> object:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
