"""How often one person is searched for: sustained surveillance begins with repetition.

Source: SPEC.md D.3, L8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lineament.context import CallContext, Scope
from lineament.domain.authorisations import FACE, USER

WITHHELD = "Withheld="
"""Before a caller's name: how often an answer was withheld from it, counted as for a person."""


class Watch(Protocol):
    """Counts searches for a person, for all processes together."""

    def count(self, scope: Scope, collection_id: str, person: str, now: float) -> int:
        """Count one more search for a person and return how many there were this day, in UTC.

        Args:
            scope: of the collection.
            collection_id: that is searched.
            person: as `domain.authorisations.sought` names them.
            now: epoch seconds.

        Raises:
            WireError: it cannot be counted.
        """
        ...

    def counted(self, scope: Scope, collection_id: str, person: str, now: float) -> int:
        """Return how many there were this day, and count none.

        Args, Raises: as `count`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Alert:
    """A person is searched for more often than a day allows, for the first time that day."""

    call: CallContext
    collection_id: str
    person: str
    searches: int
    authorised: str
    """The id of the authorisation that names the person; empty: the search was refused."""


def best_match(output: Mapping[str, Any]) -> str | None:
    """Return whom a search has found most like what it looked for; None where it found nobody."""
    for member, inner, identifier, name in (
        ("FaceMatches", "Face", "FaceId", FACE),
        ("UserMatches", "User", "UserId", USER),
    ):
        if output.get(member):
            best = output[member][0][inner][identifier]
            return f"{name}{best}" if best else None  # of a user whose name is erased: None
    return None
