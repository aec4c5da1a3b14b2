"""Append-only rows of vectors and face ids, shared by all views of a gallery.

Rows are written once, beyond what any view of the moment covers; so a view needs no lock. Removing
a face never touches a row: views carry their own mask of living rows.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

import numpy as np

from lineament.domain.faces import Matrix, Vector
from lineament.domain.raw_ids import Ids
from lineament.domain.row_index import Places, RowIndex
from lineament.gallery.chunk import Chunk
from lineament.gallery.search import Part

_SMALLEST_CHUNK, _LARGEST_CHUNK = 64, 1 << 18
"""Rows. Chunks double what there is, up to 200 MB of 192 components: none is ever copied."""


class Rows:
    """Vectors, ids and the index over them. One writer at a time; searches take no lock."""

    def __init__(self, dimensions: int, expected: int = 0) -> None:
        """Hold vectors of `dimensions` components; `expected` rows are known to come."""
        self.dimensions = dimensions
        self.index = RowIndex(expected)
        self._expected = expected
        self._chunks: list[tuple[int, Chunk]] = []
        """Each with the number of its first row. Only ever appended to: readers need no lock."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.index.count

    @property
    def ids(self) -> Ids:
        """The rows' ids, and room behind them."""
        return self.index.ids

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        return sum(chunk.nbytes for _, chunk in self._chunks) + self.index.nbytes

    def append(self, ids: Ids, blocks: Iterable[Matrix]) -> None:
        """Add rows; a face that is there already gets another row, which hides the older one.

        Args:
            ids: of all of them.
            blocks: their vectors, in the same order, cut anywhere.

        Raises:
            ValueError: the vectors are of another length than the others.
        """
        for block in blocks:
            written = 0
            while written < len(block):
                chunk = self._chunk()
                part = block[written : written + chunk.capacity - chunk.count]
                chunk.append(part.reshape(len(part), self.dimensions))
                written += len(part)
        self.index.append(ids)

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

    def vectors(self, rows: Places) -> Iterator[Matrix]:
        """Yield some rows' vectors, copies; the rows ascend."""
        for start, chunk in self._chunks:
            low, high = np.searchsorted(rows, [start, start + chunk.capacity])
            yield chunk.vectors[rows[low:high] - start]

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
