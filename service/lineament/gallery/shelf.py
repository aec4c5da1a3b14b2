"""One kind of thing of a collection, by id: its faces, its users' templates, or its users.

A shelf has one writer, which publishes views; readers of a view take no lock.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lineament.domain.expiry import Times
from lineament.domain.faces import Matrix, Vector
from lineament.domain.raw_ids import Ids, from_key, to_bytes, to_ids, to_key, to_names
from lineament.gallery.holdings import NEVER
from lineament.gallery.rows import Rows
from lineament.gallery.search import nearest

Alive = NDArray[np.bool_]
"""Which rows count: shape (n,), n rows or more."""

_WORTH_COMPACTING = 1024
_FEW = 16
"""Ids that are looked up one by one."""


class ShelfView:
    """What a shelf held at one moment. Immutable."""

    def __init__(
        self, rows: Rows, alive: Alive, size: int, looks_again: Callable[[], None] = lambda: None
    ) -> None:
        """See the first `rows.count` rows of this moment, of which `alive` tells `size`.

        Nobody may change `alive` below `rows.count` afterwards. `looks_again` is told of searches
        that one look was not enough for.
        """
        self._looks_again = looks_again
        self._rows = rows
        self._count = rows.count
        self._alive = alive[: rows.count]
        self._size = size
        self._ids = rows.ids[: rows.count]

    @classmethod
    def empty(cls) -> "ShelfView":
        """Return a view of nothing."""
        return cls(Rows(0), np.zeros(0, np.bool_), 0)

    def blocks(self) -> list[tuple[NDArray[np.uint8], Matrix]]:
        """Return, chunk by chunk, the bytes that a search scans, and the vectors; for benches."""
        parts = self._rows.parts(self._count)
        return [
            (part.chunk.scanned(part.count), part.chunk.vectors[: part.count]) for part in parts
        ]

    def __len__(self) -> int:
        """Return how many things are on it."""
        return self._size

    def __contains__(self, name: str) -> bool:
        """Tell whether the id is on it."""
        return self._row(name) is not None

    def vector(self, name: str) -> Vector | None:
        """Return the vector of an id, or None."""
        row = self._row(name)
        return None if row is None else self._rows.vector(row).copy()

    def vectors(self, names: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those ids that are on it."""
        found = {name: self.vector(name) for name in names}
        return {name: vector for name, vector in found.items() if vector is not None}

    def page(self, after: str | None, limit: int) -> list[str]:
        """Return up to `limit` ids > `after`, an id here or not, ascending."""
        key = None if after is None else uuid.UUID(after).bytes
        found: list[str] = []
        for part in self._rows.index.ascending(key, self._count, 2 * limit):
            living = part[self._alive[part]][: limit - len(found)]
            found += [from_key(to_bytes(self._ids, row)) for row in living]
            if len(found) == limit:
                break
        return found

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Find every nearest vector exactly, as brute force would.

        Args:
            query: shape (d,), float32, length at most 1.
            min_score: keep those whose cosine with `query` is at least this.
            limit: how many to return at most, at least 1.

        Returns:
            (id, cosine) by cosine descending, ties by id ascending.

        Raises:
            ValueError: the query has another number of components than the vectors.
        """
        if self._size == 0:
            return []
        if query.shape != (self._rows.dimensions,):
            raise ValueError(f"query of shape {query.shape}, vectors of {self._rows.dimensions}")
        parts = self._rows.parts(self._count)
        found, scores = nearest(
            parts, self._ids, self._alive, query, min_score, limit, self._looks_again
        )
        return [
            (from_key(to_bytes(self._ids, row)), float(score))
            for row, score in zip(found, scores, strict=True)
        ]

    def _row(self, name: str) -> int | None:
        key = to_key(name)
        row = None if key is None else self._rows.index.find(key, self._count)
        return row if row is not None and self._alive[row] else None


class Shelf:
    """The writer's side: rows to add to, and which of them count."""

    def __init__(self, looks_again: Callable[[], None] = lambda: None) -> None:
        """Begin empty; the first vector tells how many components all have.

        `looks_again` is told of searches that one look was not enough for.
        """
        self._looks_again = looks_again
        self._rows: Rows | None = None
        self._alive: Alive = np.zeros(0, np.bool_)
        self._times: Times = np.zeros(0, np.uint32)
        """Of each row, when it was put there; views have no use for it."""
        self._seen = False
        """Whether views have the mask."""
        self._size = 0

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        if self._rows is None:
            return 0
        return self._rows.nbytes + self._alive.nbytes + self._times.nbytes

    def begin(self) -> None:
        """Leave the mask to the views that have it: call this before the changes of a step."""
        self._seen = True

    def add(
        self, names: Sequence[str], vectors: Sequence[Vector], times: Sequence[int] = ()
    ) -> None:
        """Put vectors there, at least one; an id that is there gets the new one.

        Args:
            names: each once.
            vectors: of the same length all.
            times: when each was indexed, where that matters.
        """
        rows = self._ready(len(vectors[0]), 0)
        ids = to_ids(names)
        if len(ids) < _FEW:
            for row in range(len(ids)):
                self._kill(rows, to_bytes(ids, row))
        else:
            there = rows.index.rows(ids)
            there = there[there >= 0]
            self._mark_dead(there[self._alive[there]])
        told = np.array(times, np.uint32) if times else None
        self._append(rows, ids, [np.asarray(vectors, np.float32)], told)

    def fill(
        self, ids: Ids, dimensions: int, blocks: Iterable[Matrix], times: Times | None = None
    ) -> None:
        """Put very many vectors on an empty shelf.

        Args:
            ids: of all of them, each once.
            dimensions: components of a vector.
            blocks: the vectors, float32, in the same order, cut anywhere.
            times: when each was indexed, where that matters.
        """
        self._append(self._ready(dimensions, len(ids)), ids, blocks, times)

    def remove(self, name: str) -> None:
        """Take an id away, there or not."""
        if self._rows is not None:
            self._kill(self._rows, to_key(name))

    def find(self, name: str) -> Vector | None:
        """Return the vector of an id as of now, a look into the rows, or None."""
        key = to_key(name)
        if self._rows is None or key is None:
            return None
        row = self._rows.index.find(key, self._rows.count)
        return self._rows.vector(row) if row is not None and self._alive[row] else None

    def aged(self, upto: int) -> list[str]:
        """Return the ids that are there now and were indexed then or before."""
        if self._rows is None:
            return []
        count = self._rows.count
        rows = np.flatnonzero(self._alive[:count] & (self._times[:count] <= upto))
        return list(to_names(self._rows.ids[rows]))

    def oldest(self, after: int) -> int:
        """Return when the oldest was indexed of what is there and came after a time, or `NEVER`."""
        count = 0 if self._rows is None else self._rows.count
        times = self._times[:count]
        return int(times[self._alive[:count] & (times > after)].min(initial=NEVER))

    def publish(self) -> ShelfView:
        """End a step: compact what is worth it, and return the view of this moment."""
        self._compact()
        return ShelfView(self._rows or Rows(0), self._alive, self._size, self._looks_again)

    def _ready(self, dimensions: int, expected: int) -> Rows:
        if self._rows is None:
            self._rows = Rows(dimensions, expected)
        return self._rows

    def _append(
        self, rows: Rows, ids: Ids, blocks: Iterable[Matrix], times: Times | None = None
    ) -> None:
        rows.append(ids, blocks)
        if len(self._alive) < rows.count:
            grown = np.zeros(len(rows.ids), np.bool_)
            grown[: len(self._alive)] = self._alive
            self._alive = grown
        if times is not None and len(self._times) < rows.count:
            longer = np.zeros(len(rows.ids), np.uint32)
            longer[: len(self._times)] = self._times
            self._times = longer
        self._alive[rows.count - len(ids) : rows.count] = True
        if times is not None:
            self._times[rows.count - len(ids) : rows.count] = times
        self._size += len(ids)

    def _kill(self, rows: Rows, key: bytes | None) -> None:
        row = None if key is None else rows.index.find(key, rows.count)
        if row is not None and self._alive[row]:
            self._mark_dead(np.array([row]))

    def _mark_dead(self, rows: NDArray[np.intp]) -> None:
        if len(rows) and self._seen:  # Rows that are only added are in no view: they need no copy.
            self._alive, self._seen = self._alive.copy(), False
        self._alive[rows] = False
        self._size -= len(rows)

    def _compact(self) -> None:
        """Leave dead rows to the views that still have them, once they are most of the rows."""
        old = self._rows
        if old is None or old.count - self._size <= max(self._size, _WORTH_COMPACTING):
            return
        living = np.flatnonzero(self._alive[: old.count])
        self._rows = Rows(old.dimensions, len(living))
        self._rows.append(old.ids[living], old.vectors(living))
        if len(self._times):
            kept = np.zeros(len(self._rows.ids), np.uint32)
            kept[: len(living)] = self._times[living]
            self._times = kept
        self._alive = np.ones(len(self._rows.ids), np.bool_)
        self._alive[self._rows.count :] = False
