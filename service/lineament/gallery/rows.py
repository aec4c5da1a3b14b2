"""Append-only rows of vectors and face ids, shared by all views of a gallery.

Rows are written once, beyond what any view of the moment covers; so a view needs no lock. Removing
a face never touches a row: views carry their own mask of living rows.
"""

import threading
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Vector
from lineament.gallery.chunk import Chunk
from lineament.gallery.search import Part

Ids = NDArray[np.bytes_]
"""Face ids as 16 raw bytes: shape (n,), dtype S16. Sorts as the ids' text does."""

_ID = "S16"
_ID_BYTES = 16
_FIRST_CAPACITY = 64
_SMALLEST_CHUNK, _LARGEST_CHUNK = 64, 1 << 18
"""Rows. Chunks double what there is, up to 200 MB of 192 components: none is ever copied."""
_UNSORTED, _UNSORTED_PART = 1024, 32
"""Rows that are found by a dict, so many or such a part of all; the others by their order."""
_INDEX_BYTES = 220
"""What a row costs in the dict."""


def to_key(face_id: str) -> bytes | None:
    """Return the 16 bytes of a face id, or None for what is no UUID in its usual form."""
    try:
        key = bytes.fromhex(face_id.replace("-", ""))
    except ValueError:
        return None
    return key if len(key) == _ID_BYTES and from_key(key) == face_id else None


def from_key(key: bytes) -> str:
    """Return the face id of 16 bytes."""
    text = key.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Rows:
    """Vectors, ids and the index over them. One writer at a time; searches take no lock."""

    def __init__(self, dimensions: int, expected: int = 0) -> None:
        """Hold vectors of `dimensions` components; `expected` rows are known to come."""
        self.count = 0
        self.dimensions = dimensions
        self.ids: Ids = np.empty(max(expected, _FIRST_CAPACITY), _ID)
        self._expected = expected
        self._chunks: list[tuple[int, Chunk]] = []
        """Each with the number of its first row. Only ever appended to: readers need no lock."""
        self._recent: dict[bytes, list[int]] = {}
        """Rows by id, ascending, of those that came since `_sorted` was made."""
        self._sorted: tuple[int, NDArray[np.intp]] = (0, np.empty(0, np.intp))
        """How many rows are in order, and their order by id; replaced as a whole."""
        self._ordering = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        held = sum(chunk.nbytes for _, chunk in self._chunks) + self.ids.nbytes
        return held + self._sorted[1].nbytes + len(self._recent) * _INDEX_BYTES

    def append(self, keys: Sequence[bytes], vectors: Sequence[Vector]) -> None:
        """Add rows; a face that is there already gets another row, which hides the older one."""
        start, end = self.count, self.count + len(keys)
        self._reserve_ids(end)
        self.ids[start:end] = keys
        written = 0
        while written < len(vectors):
            chunk = self._chunk()
            part = vectors[written : written + chunk.capacity - chunk.count]
            chunk.append(np.asarray(part, np.float32).reshape(len(part), self.dimensions))
            written += len(part)
        if len(self._recent) + len(keys) > max(_UNSORTED, end // _UNSORTED_PART):
            self.order(end)
            self._recent = {}  # After the order, which readers ask second.
        else:
            for row, key in enumerate(keys, start):
                self._recent.setdefault(key, []).append(row)
        self.count = end

    def parts(self, count: int) -> list[Part]:
        """Return the chunks of the first `count` rows."""
        return [
            Part(chunk, start, min(count - start, chunk.capacity))
            for start, chunk in self._chunks
            if start < count
        ]

    def vector(self, row: int) -> Vector:
        """Return a row's vector, a look into the rows: nobody may change it."""
        place = bisect_right(self._chunks, row, key=lambda placed: placed[0]) - 1
        start, chunk = self._chunks[place]
        found: Vector = chunk.vectors[row - start]
        return found

    def find(self, key: bytes, count: int) -> int | None:
        """Return the newest row of a face among the first `count`, or None."""
        for row in reversed(self._recent.get(key, ())):
            if row < count:
                return row
        known, order = self._sorted
        ids = self.ids[:known]
        place = int(np.searchsorted(ids, np.array(key, _ID), side="right", sorter=order)) - 1
        while place >= 0 and ids[order[place] : order[place] + 1].tobytes() == key:
            if order[place] < count:
                return int(order[place])
            place -= 1
        return None

    def present(self, keys: Sequence[bytes]) -> list[bytes]:
        """Return those of some keys that have a row, in one look for all of them."""
        known, order = self._sorted
        wanted = np.array(keys, _ID)
        ids = self.ids[:known]
        places = np.searchsorted(ids, wanted, side="right", sorter=order) - 1
        there = places >= 0
        there[there] = ids[order[places[there]]] == wanted[there]
        return [key for key, found in zip(keys, there, strict=True) if found or key in self._recent]

    def order(self, count: int) -> NDArray[np.intp]:
        """Return the first `count` rows in the order of their ids, equal ids by row."""
        with self._ordering:  # What is in order never becomes less: `find` counts on it.
            known, order = self._sorted
            if count > known:
                order = self._merge(order, known, count)
                self._sorted = (count, order)
        return order if count >= known else order[order < count]

    def _merge(self, order: NDArray[np.intp], known: int, count: int) -> NDArray[np.intp]:
        ids = self.ids
        new = known + np.argsort(ids[known:count], kind="stable")
        places = np.searchsorted(ids[:known], ids[new], side="right", sorter=order)
        return np.insert(order, places, new)

    def _chunk(self) -> Chunk:
        """Return the chunk that the next row goes to."""
        start = 0
        if self._chunks:
            start, last = self._chunks[-1]
            if last.count < last.capacity:
                return last
            start += last.capacity
        wanted = max(start, self._expected - start, _SMALLEST_CHUNK)
        chunk = Chunk(self.dimensions, min(wanted, _LARGEST_CHUNK))
        self._chunks.append((start, chunk))
        return chunk

    def _reserve_ids(self, count: int) -> None:
        capacity = len(self.ids)
        if count <= capacity:
            return
        # Views keep the array that they were made with.
        ids: Ids = np.empty(max(count, 2 * capacity), _ID)
        ids[: self.count] = self.ids[: self.count]
        self.ids = ids
