"""What a source yields, and which ExternalImageId and UserId a picture gets from its name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from lineament.cli.bulk.places import Place

EXTERNAL_IDS = ("stem", "path", "none")
USERS_FROM = ("folder", "none")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
"""Of names that promise a picture; whether they keep it is seen in the bytes."""
EXTERNAL_ID_PATTERN, EXTERNAL_ID_LENGTH = r"[a-zA-Z0-9_.\-:]+", 255
USER_ID_PATTERN, USER_ID_LENGTH = r"[a-zA-Z0-9_.\-:]+", 128
"""AWS's model, for all four."""


@dataclass(frozen=True, slots=True)
class Item:
    """A picture to import."""

    name: str
    """For reports."""
    place: Place
    external_image_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What was meant as a picture and is none to be read."""

    name: str
    reason: str
    kind: str
    """What many such reasons have in common."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What was not meant as a picture."""

    what: str


Candidate = Item | Refused | PassedOver


class Source(Protocol):
    """Where pictures come from; each iteration lists them anew."""

    def __iter__(self) -> Iterator[Candidate]:
        """Yield everything that is there, in the same order each time.

        Raises:
            LineamentError: it cannot be listed.
        """
        ...


def printable(name: str) -> str:
    """Return a name for a terminal or a file: what cannot be printed is escaped."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in name
    )


@dataclass(frozen=True, slots=True)
class Naming:
    """How names of files and keys become ids."""

    external_id: str = "stem"
    """One of EXTERNAL_IDS."""
    user_from: str = "none"
    """One of USERS_FROM."""

    def to_candidate(self, name: str, place: Place) -> Item | Refused:
        """Return a picture with its ids.

        Args:
            name: below the folder or prefix that is imported, with `/`.
            place: of the picture.
        """
        path = PurePosixPath(name)
        external_id = {"stem": path.stem, "path": name.replace("/", ":"), "none": None}[
            self.external_id
        ]
        user_id = path.parent.name if self.user_from == "folder" else None
        return to_candidate(printable(name), place, external_id, user_id)


def to_candidate(
    name: str, place: Place, external_id: str | None, user_id: str | None
) -> Item | Refused:
    """Return a picture with its ids, or why the collection could not keep them."""
    if external_id is not None and not _fits(external_id, EXTERNAL_ID_PATTERN, EXTERNAL_ID_LENGTH):
        return Refused(
            name,
            f"{printable(external_id)!r} cannot be its ExternalImageId, which is of 1 to "
            f"{EXTERNAL_ID_LENGTH} letters A to Z, a to z, digits and _ . - : only; rename it, "
            "give it an external_image_id in a manifest, or import with --external-id none",
            "its name cannot be an ExternalImageId",
        )
    if user_id == "":
        return Refused(
            name, "it is in no folder that could name its user", "no folder names its user"
        )
    if user_id is not None and not _fits(user_id, USER_ID_PATTERN, USER_ID_LENGTH):
        return Refused(
            name,
            f"{printable(user_id)!r} cannot be a UserId, which is of 1 to {USER_ID_LENGTH} "
            "letters A to Z, a to z, digits and _ . - : only; rename the folder, or give a "
            "user_id in a manifest",
            "its name cannot be a UserId",
        )
    return Item(name, place, external_id, user_id)


def _fits(text: str, pattern: str, longest: int) -> bool:
    return len(text) <= longest and re.fullmatch(pattern, text) is not None
