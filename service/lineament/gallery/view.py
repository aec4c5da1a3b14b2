"""The faces of a collection at one number of its log."""

import uuid

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Vector
from lineament.gallery.rows import Rows, from_key, to_key
from lineament.gallery.search import nearest

Alive = NDArray[np.bool_]
"""Which rows are faces: shape (n,), n rows or more."""


class MemoryGalleryView:
    """The GalleryView port over shared rows. Immutable; searches take no lock.

    Attributes:
        seq: the number up to which the log is in it.
    """

    def __init__(self, seq: int, rows: Rows, alive: Alive, size: int) -> None:
        """See the first `rows.count` rows of this moment, of which `alive` tells `size` faces.

        Nobody may change `alive` below `rows.count` afterwards.
        """
        self.seq = seq
        self._rows = rows
        self._count = rows.count
        self._alive = alive[: rows.count]
        self._size = size
        self._vectors = rows.vectors[: rows.count]
        self._ids = rows.ids[: rows.count]

    def __len__(self) -> int:
        """Return the number of faces."""
        return self._size

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the collection holds the face."""
        return self._row(face_id) is not None

    def vector(self, face_id: str) -> Vector | None:
        """Return the face's vector, or None."""
        row = self._row(face_id)
        return None if row is None else self._vectors[row].copy()

    def page(self, after: str | None, limit: int) -> list[str]:
        """Return up to `limit` face ids > `after`, a face id here or not, ascending."""
        order = self._rows.order(self._count)
        start = 0
        if after is not None:
            needle = np.array(uuid.UUID(after).bytes, self._ids.dtype)
            start = int(np.searchsorted(self._ids, needle, side="right", sorter=order))
        found: list[str] = []
        while start < len(order) and len(found) < limit:
            part = order[start : start + 2 * limit]
            living = part[self._alive[part]][: limit - len(found)]
            found += [from_key(self._key(row)) for row in living]
            start += len(part)
        return found

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Find every nearest face exactly, as brute force in double precision would.

        Args:
            query: shape (d,), float32, unit length.
            min_score: keep faces whose cosine with `query` is at least this.
            limit: the number of faces to return at most, at least 1.

        Returns:
            (face id, cosine) by cosine descending, ties by face id ascending.

        Raises:
            ValueError: the query has another number of components than the gallery's vectors.
        """
        if self._size == 0:
            return []
        if query.shape != (self._rows.dimensions,):
            raise ValueError(f"query of shape {query.shape}, vectors of {self._rows.dimensions}")
        alive = None if self._size == self._count else self._alive
        found, scores = nearest(self._vectors, self._ids, alive, query, min_score, limit)
        return [
            (from_key(self._key(row)), float(score))
            for row, score in zip(found, scores, strict=True)
        ]

    def _row(self, face_id: str) -> int | None:
        key = to_key(face_id)
        row = None if key is None else self._rows.find(key, self._count)
        return row if row is not None and self._alive[row] else None

    def _key(self, row: int) -> bytes:
        return self._ids[row : row + 1].tobytes()  # An S16 scalar would lose trailing zeros.
