"""A change log in a list."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lineament.context import Scope
from lineament.domain.collections import Change, Collection
from lineament.domain.faces import Vector
from lineament.errors import ResourceNotFoundException


class ListLog:
    """The ChangeLog port over a list that a test appends to."""

    def __init__(self) -> None:
        self.entries: list[Change] = []
        self.reads = 0
        self.purged = False

    def changes(self, generation: str, after: int, upto: int) -> list[Change]:
        assert generation
        self.reads += 1
        if self.purged:
            raise ResourceNotFoundException
        return self.entries[after:upto]

    def add(self, faces: dict[str, Vector], removed: Sequence[str] = ()) -> None:
        self.entries.append(Change(len(self.entries) + 1, faces, tuple(removed)))

    def append(self, change: Change) -> None:
        self.entries.append(replace(change, seq=len(self.entries) + 1))

    def collection(self, generation: str = "g", seq: int | None = None) -> Collection:
        """Return the collection as DynamoDB would tell it now, or at an earlier number."""
        at = len(self.entries) if seq is None else seq
        return Collection(Scope("1", "r"), "c", generation, "m", 0.0, at)


def brute_force(
    faces: dict[str, Vector], query: Vector, min_score: float, limit: int
) -> list[tuple[str, float]]:
    scored = [
        (face_id, float((vector.astype(np.float64) * query.astype(np.float64)).sum()))
        for face_id, vector in faces.items()
    ]
    kept = [pair for pair in scored if pair[1] >= min_score]
    return sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:limit]
