"""A fixed room for rows of vectors: rows are written once, and never move."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix, Vector

if TYPE_CHECKING:
    from lineament.gallery.codes import Codes

CODED = 4096
"""Rows from which a chunk has codes. A smaller one is scanned as it is, in a tenth of a ms."""
_UNIT_ROUNDOFF = 2.0**-24
_SPARE = 4
"""On top of d roundoffs: the rows and the query are of length 1 at most, about."""
_MOST = 4
"""A search for more than this part of a chunk's rows, one in so many, scans the vectors."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of a chunk that a search has to look at, with rough scores."""

    rows: NDArray[np.intp]
    scores: NDArray[np.float64]
    """Within `error` of the cosine; infinite where nothing is known."""
    error: float
    unseen: float
    """No other row of the chunk has a cosine above this."""


class Chunk:
    """Vectors, and their codes where there are many. One writer; readers take no lock."""

    def __init__(self, dimensions: int, capacity: int) -> None:
        """Make room; memory is taken as rows come in."""
        self.capacity = capacity
        self.count = 0
        self.vectors: Matrix = np.empty((capacity, dimensions), np.float32)
        self._codes = _codes(dimensions, capacity) if capacity >= CODED and dimensions else None

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        row = int(self.vectors.shape[1]) * self.vectors.itemsize
        return self.count * row + (0 if self._codes is None else self._codes.nbytes)

    def scanned(self, count: int) -> NDArray[np.uint8]:
        """Return the bytes of the first rows that a search for few scans."""
        rows = self.vectors if self._codes is None else self._codes.rows
        return rows[:count].view(np.uint8)

    def append(self, vectors: Matrix) -> None:
        """Write rows behind those that are there; they fit."""
        end = self.count + len(vectors)
        self.vectors[self.count : end] = vectors
        if self._codes is not None:
            self._codes.put(self.count, self.vectors[self.count : end])
        self.count = end

    def candidates(self, query: Vector, min_score: float, top: int) -> Candidates:
        """Return the rows that may be among the `top` best with at least `min_score`.

        Rows that were written since the caller's view may be among them.
        """
        if self._codes is None or top * _MOST > self.count or not query.any():
            return self._all(query, min_score)
        return self._coded(self._codes, query, top)

    def _all(self, query: Vector, min_score: float) -> Candidates:
        error = (len(query) + _SPARE) * _UNIT_ROUNDOFF
        scores = self.vectors[: self.count] @ query
        rows = np.flatnonzero(scores >= min_score - error)
        return Candidates(rows, scores[rows].astype(np.float64), error, -np.inf)

    @staticmethod
    def _coded(codes: "Codes", query: Vector, top: int) -> Candidates:
        from lineament.gallery.codes import CodedQuery  # noqa: PLC0415 - loaded with the codes

        coded = CodedQuery.of(query)
        loose = codes.loose
        rows, scores = codes.search(coded, top)
        error = codes.error(coded)
        unseen = float(scores[-1]) + error if len(rows) == top else -np.inf
        tight = ~np.isin(rows, loose)
        return Candidates(
            np.concatenate([rows[tight], loose]),
            np.concatenate([scores[tight], np.full(len(loose), np.inf)]),
            error,
            unseen,
        )


def _codes(dimensions: int, capacity: int) -> "Codes":
    from lineament.gallery.codes import Codes  # noqa: PLC0415 - faiss: 0.2 s that small ones save

    return Codes(dimensions, capacity)
