"""A snapshot: what the log of a generation comes to at one number, so that nobody reads it again.

It is the state of `users.fold` and of the faces beside it; whoever goes on from a snapshot with the
numbers after it arrives where a reader of the whole log does, bit for bit.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lineament.domain.expiry import Times
from lineament.domain.faces import Matrix
from lineament.domain.raw_ids import Ids, to_ids
from lineament.domain.users import Membership

Halves = NDArray[np.float16]
"""Vectors as the log keeps them: shape (n, d), float16, of any length but 0."""
Marks = NDArray[np.int64]
"""Of faces, the number of the log's entry that added each as it now is: shape (n,), int64. 0 where
a snapshot of version 1 did not tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """All of a snapshot but the vectors."""

    generation: str
    seq: int
    ids: Ids
    """Of the faces whose vectors are kept, each once, in no order."""
    marks: Marks
    """Of the same faces."""
    dimensions: int
    """Components of a vector; 0 without faces."""
    membership: Membership
    times: Times = field(default_factory=lambda: untold(0))
    """Of the same faces; not given, nothing is told of any."""

    def __post_init__(self) -> None:
        """Fill in what is not told."""
        if len(self.times) != len(self.ids):
            object.__setattr__(self, "times", untold(len(self.ids)))


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A generation at one number of its log."""

    generation: str
    seq: int
    ids: Ids
    """Of the faces whose vectors are kept, each once, in no order."""
    marks: Marks
    """Of the same faces."""
    halves: Halves
    """Their vectors, row by row; shape (0, 0) without any."""
    membership: Membership
    times: Times = field(default_factory=lambda: untold(0))
    """Of the same faces; not given, nothing is told of any."""

    def __post_init__(self) -> None:
        """Fill in what is not told."""
        if len(self.times) != len(self.ids):
            object.__setattr__(self, "times", untold(len(self.ids)))

    @classmethod
    def empty(cls, generation: str) -> "Snapshot":
        """Return what there is before the first number."""
        none, halves = np.zeros(0, np.int64), np.zeros((0, 0), np.float16)
        return cls(generation, 0, to_ids(()), none, halves, Membership())

    @property
    def nbytes(self) -> int:
        """What faces and vectors take."""
        return self.ids.nbytes + self.marks.nbytes + self.times.nbytes + self.halves.nbytes

    @property
    def head(self) -> Head:
        """All of it but the vectors."""
        dimensions = self.halves.shape[1]
        return Head(
            self.generation,
            self.seq,
            self.ids,
            self.marks,
            dimensions,
            self.membership,
            self.times,
        )


def untold(count: int) -> Times:
    """Return the times of faces of which nothing is told."""
    return np.zeros(count, np.uint32)


def unit_rows(halves: Halves) -> Matrix:
    """Return vectors of the log as galleries compare them.

    Args:
        halves: shape (n, d), float16; no row is zero.

    Returns:
        Shape (n, d), float32, each row of unit length. A row does not depend on the others.
    """
    rows = halves.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


class Snapshots(Protocol):
    """Snapshots of the log, for who starts cold."""

    def whereabouts(self, generation: str) -> tuple[str, int]:
        """Return the engine that holds the published snapshot's vectors, and its number.

        "" where no engine does, 0 where there is no snapshot.
        """
        ...

    def newest(self, generation: str) -> Snapshot | None:
        """Return the published snapshot, whole; None where there is none that can be read now."""
        ...

    def newest_head(self, generation: str, engine: str = "") -> Head | None:
        """Return the published snapshot without its vectors; None as for `newest`.

        With an engine, None as well where that one does not hold the vectors.
        """
        ...
