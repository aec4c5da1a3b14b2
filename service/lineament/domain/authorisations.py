"""Who may search for whom, by whose word, until when: dual control. Source: SPEC.md D.3, L8.

One person asks, another approves. In exigent circumstances a search may come first; then the
record is overdue until another person has judged it.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lineament.domain import ids
from lineament.errors import LineamentError

REQUESTED, APPROVED, DENIED, REVOKED = "requested", "approved", "denied", "revoked"
LONGEST_DAYS = 30
LONGEST_EXIGENT_HOURS = 24
FACE, USER, IMAGE = "FaceId=", "UserId=", "ImageId="
"""What the name of a person that is sought begins with: a UserId may look like a FaceId."""


class NotAllowed(LineamentError):
    """A record may not be made, or decided, by this person or now; the message says why."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A record. Times are epoch seconds."""

    identifier: str
    account: str
    region: str
    collections: tuple[str, ...]
    """CollectionIds, at least one."""
    persons: tuple[str, ...]
    """As `sought` names them; empty: anybody in the collections."""
    callers: tuple[str, ...]
    """User names of access keys, or their ids where they have no user."""
    reason: str
    legal_basis: str
    requester: str
    requested: float
    until: float
    exigent: bool = False
    state: str = REQUESTED
    decider: str = ""
    decided: float = 0.0

    def is_usable(self, now: float) -> bool:
        """Tell whether searches may go by it."""
        granted = self.state == APPROVED or (self.exigent and self.state == REQUESTED)
        return granted and now < self.until

    def is_overdue(self) -> bool:
        """Tell whether it could be used and nobody else has judged it."""
        return self.exigent and self.state == REQUESTED

    def covers(self, region: str, collection_id: str, caller: str) -> bool:
        """Tell whether it is for a collection, and a caller of whatever case."""
        return (
            region == self.region
            and collection_id in self.collections
            and any(same(caller, each) for each in self.callers)
        )

    def names(self, persons: Sequence[str]) -> bool:
        """Tell whether one of the persons is named in it."""
        return not set(self.persons).isdisjoint(persons)

    def require_decidable(self, by: str, now: float, state: str) -> None:
        """Refuse a decision that is not this person's, or too late.

        Raises:
            NotAllowed: they would approve of their own search, or it is decided or over.
        """
        if state == REVOKED:
            if self.state not in {REQUESTED, APPROVED}:
                raise NotAllowed(f"{self.identifier} is {self.state} already")
            return
        if self.state != REQUESTED:
            raise NotAllowed(f"{self.identifier} is {self.state} already, by {self.decider}")
        if same(by, self.requester) or any(same(by, each) for each in self.callers):
            raise NotAllowed(
                f"{by} has asked for {self.identifier} or would search by it; another person "
                "decides"
            )
        if state == APPROVED and now >= self.until and not self.exigent:
            raise NotAllowed(f"{self.identifier} has expired; ask anew")


class Authorisations(Protocol):
    """The records, as a process knows them within seconds."""

    def usable(self, account: str, now: float, *, fresh: bool = False) -> Sequence[Authorisation]:
        """Return the records of an account by which searches may go.

        Args:
            account: whose.
            now: epoch seconds.
            fresh: as they are this moment, not some seconds ago.

        Raises:
            WireError: they cannot be known.
        """
        ...


def same(one: str, other: str) -> bool:
    """Tell whether two names are one person's, however each is written."""
    return key_of(one) == key_of(other)


def key_of(name: str) -> str:
    """Return a name without what can be written in several ways: case, width, spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def sought(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how a search names whom it is for; nothing where the picture is in S3.

    An ImageId follows from a picture's bytes; what S3 would return is not known beforehand.
    """
    if "FaceId" in params:
        return (f"{FACE}{params['FaceId']}",)
    if "UserId" in params:
        return (f"{USER}{params['UserId']}",)
    image = params.get("Image", {}).get("Bytes")
    return () if image is None else (f"{IMAGE}{ids.image_id(bytes(image))}",)
