"""A snapshot: what the log of a generation comes to at one number, so that nobody reads it again.

It is the state of `users.fold` and of the faces beside it; whoever goes on from a snapshot with the
numbers after it arrives where a reader of the whole log does, bit for bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.domain.collections import Change
from lineament.domain.faces import Matrix
from lineament.domain.users import Membership, fold

Halves = NDArray[np.float16]
"""Vectors as the log keeps them: shape (n, d), float16, of any length but 0."""
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A generation at one number of its log."""

    generation: str
    seq: int
    face_ids: tuple[str, ...]
    """Of the faces whose vectors are kept, each once, in no order."""
    halves: Halves
    """Their vectors, row by row; shape (0, 0) without any."""
    membership: Membership


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


class Folding:
    """Folds a log into a snapshot. Holds all vectors, as float16. Not for threads."""

    def __init__(self, generation: str, base: Snapshot | None = None) -> None:
        """Begin at an earlier snapshot of the generation, or at number 0."""
        empty = Snapshot(generation, 0, (), np.zeros((0, 0), np.float16), Membership())
        begun = empty if base is None else base
        self.seq = begun.seq
        self._generation = generation
        self._membership = begun.membership
        self._old = begun.halves
        # The base's vectors stay in one block: a million objects of their own cost twice as much.
        self._rows = {face_id: row for row, face_id in enumerate(begun.face_ids)}
        self._new: dict[str, bytes] = {}

    def apply(self, change: Change, vectors: Mapping[str, bytes]) -> None:
        """Fold the next number.

        Args:
            change: what it holds.
            vectors: of its added faces, those that are not erased: bytes of float16.
        """
        for face_id in vectors:
            self._rows.pop(face_id, None)
        self._new |= vectors
        self._membership, effect = fold(self._membership, change, self._is_there)
        if change.user is None:
            for face_id in effect.faces:
                self._rows.pop(face_id, None)
                self._new.pop(face_id, None)
        self.seq = change.seq

    def finish(self) -> Snapshot:
        """Return what the log comes to.

        Raises:
            ValueError: vectors of different lengths.
        """
        kept = self._old[np.fromiter(self._rows.values(), np.intp, len(self._rows))]
        width = len(next(iter(self._new.values()), b""))
        if any(len(each) != width for each in self._new.values()):
            raise ValueError("vectors of different lengths")
        block = np.frombuffer(b"".join(self._new.values()), np.float16)
        added = block.reshape(len(self._new), width // 2)
        parts = [part for part in (kept, added) if len(part)]
        halves = np.concatenate(parts) if parts else added
        names = (*self._rows, *self._new)
        return Snapshot(self._generation, self.seq, names, halves, self._membership)

    def _is_there(self, face_id: str) -> bool:
        return face_id in self._rows or face_id in self._new
