"""8-bit codes of vectors: a quarter of the bytes to scan, with a bound on their error.

faiss scans them as integers, query included: the dot product of two codes is exact. A row's code is
off by its residual, whose length is measured when the row comes in; so is the query's. Together
they bound the error of a score, and the rerank looks at every row that the bound leaves open.
"""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix, Vector

_LEVELS = 127
_OFFSET = 128
"""faiss's QT_8bit_direct_signed keeps a value plus this."""
_CLIP = 7.0
"""Largest component that a code can hold, in units of 1 / sqrt(d), the usual size of one. SFace's
largest seen is 5.1, MobileFaceNet's 7.5."""
_TIGHT = 1.15
"""Residuals up to so many times the usual one are covered by the bound. Longer ones, of rows with
clipped components, are rare: such rows are reranked in every search."""
_BLOCK = 512
"""Rows that are coded at once: what is worked with stays in the core's own cache."""
_ROUNDED, _ROUNDING = 1 + 2.0**-12, 1e-6
"""A length that float32 has summed is no longer than so many times itself and so much more."""


@dataclass(frozen=True, slots=True)
class CodedQuery:
    """A query as whole numbers of -127 to 127, and what is lost by that."""

    whole: Matrix
    """Shape (1, d), float32, whole numbers."""
    step: float
    """What 1 stands for."""
    residual: float
    """Length of the difference."""

    @classmethod
    def of(cls, query: Vector) -> "CodedQuery":
        """Code a query: shape (d,), float32, not zero."""
        step = float(np.abs(query).max()) / _LEVELS
        whole = np.rint(query / step).astype(np.float32)
        residual = np.linalg.norm(query.astype(np.float64) - whole.astype(np.float64) * step)
        return cls(whole[None, :], step, float(residual))


class Codes:
    """The codes of one chunk of rows. One writer; searches may run meanwhile."""

    def __init__(self, dimensions: int, capacity: int) -> None:
        """Make room for `capacity` rows; it is never moved."""
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        self._index = faiss.IndexScalarQuantizer(dimensions, kind, faiss.METRIC_INNER_PRODUCT)
        self._index.codes.resize(capacity * dimensions)
        memory = faiss.rev_swig_ptr(self._index.codes.data(), capacity * dimensions)
        self.rows: NDArray[np.uint8] = memory.reshape(capacity, dimensions)
        """Shape (capacity, d): a code, plus 128."""
        self._step = _CLIP / np.sqrt(dimensions) / _LEVELS
        self._usual = self._step / np.sqrt(12) * np.sqrt(dimensions)
        self._error = 0.0
        self.loose: NDArray[np.intp] = np.empty(0, np.intp)
        """Rows that the bound does not hold for, ascending; replaced as a whole."""

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return int(self.rows.nbytes)

    def put(self, start: int, rows: Matrix) -> None:
        """Code rows; the first is row `start`, the next one that has no code."""
        for first in range(0, len(rows), _BLOCK):
            self._put_block(start + first, rows[first : first + _BLOCK])

    def _put_block(self, start: int, rows: Matrix) -> None:
        step = np.float32(self._step)
        whole = rows / step
        np.rint(whole, out=whole)
        np.clip(whole, -_LEVELS, _LEVELS, out=whole)
        lost = rows - whole * step
        residuals = np.sqrt(np.einsum("ij,ij->i", lost, lost)) * _ROUNDED + _ROUNDING
        tight = residuals <= self._usual * _TIGHT
        whole += _OFFSET
        self.rows[start : start + len(rows)] = whole
        if not tight.all():
            self.loose = np.concatenate([self.loose, start + np.flatnonzero(~tight)])
        # The bound before the rows: a search that sees a row sees its bound.
        self._error = max(self._error, float(residuals[tight].max(initial=0.0)))
        self._index.ntotal = start + len(rows)

    def error(self, query: CodedQuery) -> float:
        """Return what a score may be wrong by, of any row but the loose ones."""
        return self._error + (1.0 + self._error) * query.residual

    def search(self, query: CodedQuery, top: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the `top` rows of the highest scores, and the scores, best first."""
        # A setting of the calling thread. More would only wait for each other: memory is the limit,
        # and numpy's own threads spin for a while after each product.
        faiss.omp_set_num_threads(1)
        scores, rows = self._index.search(query.whole, top)
        found = rows[0] >= 0
        return rows[0][found].astype(np.intp), scores[0][found] * (query.step * self._step)
