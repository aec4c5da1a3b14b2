"""What a collection holds at one number of its log, and how it stands a few changes later.

A writer knows the collection up to its view. Once its own change is committed, some numbers later,
it reads the changes between and learns here what its own one did.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Protocol

from lineament.domain.collections import Change
from lineament.domain.users import Effect, Membership, fold


class Standing(Protocol):
    """The faces and users of a collection at one number."""

    @property
    def seq(self) -> int:
        """The number up to which the log is in it."""
        ...

    @property
    def membership(self) -> Membership:
        """The users."""
        ...

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the collection holds the face, with its vector."""
        ...


class Logged(Standing, Protocol):
    """A collection as its log has it: with faces that have expired and are not erased yet."""

    @property
    def expired(self) -> Container[str]:
        """Those."""
        ...


class Ahead:
    """A standing with some more changes on top; the standing below stays as it is."""

    def __init__(self, below: Standing) -> None:
        """Begin where `below` stands."""
        self.seq = below.seq
        self.membership = below.membership
        self._below = below
        self._differs: dict[str, bool] = {}

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the collection holds the face."""
        known = self._differs.get(face_id)
        return face_id in self._below if known is None else known

    def apply(self, change: Change) -> Effect:
        """Fold the next change in and return what it did.

        Raises:
            ValueError: it is not the next one.
        """
        if change.seq != self.seq + 1:
            raise ValueError(f"change {change.seq} does not follow {self.seq}")
        self.membership, effect = fold(self.membership, change, self.__contains__)
        for face_id, vector in change.added.items():
            if vector is not None:
                self._differs[face_id] = True
        if change.user is None:
            self._differs |= dict.fromkeys(effect.faces, False)
        self.seq = change.seq
        return effect


@dataclass(frozen=True, slots=True)
class Settled:
    """A committed change, and what it did."""

    seq: int
    """Its number."""
    effect: Effect
    standing: Standing
    """At that number, the change included."""


def settle(below: Standing, changes: Iterable[Change]) -> Settled:
    """Fold changes in and tell what the last one did.

    Args:
        below: how the collection stood.
        changes: at least one, the first that of the number after `below`.
    """
    ahead, effect = Ahead(below), Effect()
    for change in changes:
        effect = ahead.apply(change)
    return Settled(ahead.seq, effect, ahead)
