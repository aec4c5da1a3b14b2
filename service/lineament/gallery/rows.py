"""Append-only rows of vectors and face ids, shared by all views of a gallery.

Rows are written once, beyond what any view of the moment covers; so a view needs no lock. Removing
a face never touches a row: views carry their own mask of living rows.
"""

import uuid
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix, Vector

Ids = NDArray[np.bytes_]
"""Face ids as 16 raw bytes: shape (n,), dtype S16. Sorts as the ids' text does."""

_ID = "S16"
_FIRST_CAPACITY = 64
_INDEX_BYTES = 160
"""What the index costs a face: a bytes object and its place in a dict."""


def to_key(face_id: str) -> bytes | None:
    """Return the 16 bytes of a face id, or None for what is no UUID in its usual form."""
    try:
        key = uuid.UUID(face_id)
    except ValueError:
        return None
    return key.bytes if str(key) == face_id else None


def from_key(key: bytes) -> str:
    """Return the face id of 16 bytes."""
    return str(uuid.UUID(bytes=key))


class Rows:
    """Vectors, ids and the index over them. One writer at a time; readers take no lock."""

    def __init__(self, dimensions: int, capacity: int = _FIRST_CAPACITY) -> None:
        """Hold vectors of `dimensions` components."""
        self.count = 0
        self.vectors: Matrix = np.empty((capacity, dimensions), np.float32)
        self.ids: Ids = np.empty(capacity, _ID)
        self._newest: dict[bytes, int] = {}
        self._older: dict[int, int] = {}
        """Row to the row that held the same face before."""
        self._sorted: tuple[int, NDArray[np.intp]] = (0, np.empty(0, np.intp))
        """How many rows are in order, and their order by id; replaced as a whole."""

    @property
    def dimensions(self) -> int:
        """The components of a vector."""
        return int(self.vectors.shape[1])

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        held = self.vectors.nbytes + self.ids.nbytes + self._sorted[1].nbytes
        return held + self.count * _INDEX_BYTES

    def append(self, keys: Sequence[bytes], vectors: Sequence[Vector]) -> None:
        """Add rows; a face that is there already gets another row, which hides the older one."""
        start, end = self.count, self.count + len(keys)
        self._reserve(end)
        self.vectors[start:end] = vectors
        self.ids[start:end] = keys
        for row, key in enumerate(keys, start):
            older = self._newest.get(key)
            if older is not None:
                self._older[row] = older
            self._newest[key] = row
        self.count = end

    def find(self, key: bytes, count: int) -> int | None:
        """Return the newest row of a face among the first `count`, or None."""
        row = self._newest.get(key)
        while row is not None and row >= count:
            row = self._older.get(row)
        return row

    def order(self, count: int) -> NDArray[np.intp]:
        """Return the first `count` rows in the order of their ids, equal ids by row."""
        known, order = self._sorted
        if count < known:
            return order[order < count]
        if count > known:
            order = self._merge(order, known, count)
            self._sorted = (count, order)
        return order

    def _merge(self, order: NDArray[np.intp], known: int, count: int) -> NDArray[np.intp]:
        ids = self.ids
        new = known + np.argsort(ids[known:count], kind="stable")
        places = np.searchsorted(ids[:known], ids[new], side="right", sorter=order)
        return np.insert(order, places, new)

    def _reserve(self, count: int) -> None:
        capacity = len(self.ids)
        if count <= capacity:
            return
        while capacity < count:
            capacity *= 2
        # Views keep the arrays that they were made with.
        vectors = np.empty((capacity, self.dimensions), np.float32)
        vectors[: self.count] = self.vectors[: self.count]
        ids: Ids = np.empty(capacity, _ID)
        ids[: self.count] = self.ids[: self.count]
        self.vectors, self.ids = vectors, ids
