"""Celebrities: public figures that an operator's own gallery knows. Source: SPEC.md B.20.

A deployment has one gallery of them, for all accounts and regions: an ordinary collection whose
users are the celebrities, each under its celebrity id. So search, deletion and erasure are those of
every collection. What a celebrity is called is kept beside it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection as Ids
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_letters, digits
from typing import Protocol

from lineament.context import Scope
from lineament.domain.collections import Collection

SCOPE = Scope("celebrities", "all")
"""Whose collection the gallery is: nobody's who can call, since `auth.scope` gives 12 digits."""
COLLECTION_ID = "celebrities"
ID_PATTERN = r"[0-9A-Za-z]{1,128}"
"""AWS's pattern, with the length that a UserId may have."""
_ID = re.compile(ID_PATTERN)
_ALPHABET = digits + ascii_letters
_DERIVED_LENGTH = 8


class KnownGender(StrEnum):
    """The gender that a public figure is known by, as the operator wrote it down."""

    MALE = "Male"
    FEMALE = "Female"
    NONBINARY = "Nonbinary"
    UNLISTED = "Unlisted"


@dataclass(frozen=True, slots=True)
class Celebrity:
    """What is told of a public figure."""

    celebrity_id: str
    name: str
    urls: tuple[str, ...] = ()
    gender: KnownGender = KnownGender.UNLISTED


def is_celebrity_id(text: str) -> bool:
    """Tell whether a celebrity can have the id."""
    return _ID.fullmatch(text) is not None


def plain_name(name: str) -> str:
    """Return a name in the one form that it is kept and compared in: NFC, no space around."""
    return unicodedata.normalize("NFC", name).strip()


def id_of_name(name: str) -> str:
    """Return the id of a celebrity for whom the operator knows none: the same for the same name.

    Eight characters of 62: among 10,000 names, two share an id with a chance of 1 in 4 million.
    """
    number = int.from_bytes(hashlib.sha256(plain_name(name).encode()).digest())
    characters = []
    for _ in range(_DERIVED_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[place])
    return "".join(characters)


class CelebrityStore(Protocol):
    """What celebrities are called, under the generation of their gallery."""

    def put(self, gallery: Collection, celebrity: Celebrity) -> None:
        """Keep what is told of a celebrity, in place of what was told before."""
        ...

    def find(self, gallery: Collection, ids: Ids[str]) -> dict[str, Celebrity]:
        """Return celebrities by id, read consistently; unknown ids are absent."""
        ...

    def erase(self, gallery: Collection, ids: Ids[str]) -> None:
        """Erase what is told of celebrities, known or not."""
        ...
