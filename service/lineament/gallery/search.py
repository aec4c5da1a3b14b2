"""Exact nearest rows: a float32 scan, then a rerank in double precision of all that may matter.

The scan's error has a bound, so that every row that brute force in double precision would return is
among those reranked; equal rows get equal scores wherever they stand. A scan of fewer bits needs
only its own bound.
"""

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix, Vector

_UNIT_ROUNDOFF = 2.0**-24
_SPARE = 4
"""On top of d roundoffs: the rows and the query are of length 1 at most, about."""


def nearest(  # noqa: PLR0913, PLR0917 - a scan needs its rows, which of them live, and what is asked
    vectors: Matrix,
    ids: NDArray[np.bytes_],
    alive: NDArray[np.bool_] | None,
    query: Vector,
    min_score: float,
    limit: int,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the rows of the `limit` highest scores, at least `min_score`, and the scores.

    Args:
        vectors: shape (n, d), float32, rows of length at most 1.
        ids: shape (n,); decides between equal scores, ascending.
        alive: shape (n,), which rows count; all where it is None.
        query: shape (d,), float32, length at most 1.
        min_score: the lowest score to return.
        limit: at least 1.

    Returns:
        Rows and scores by score descending; a score is within float64's roundoff of the cosine.
    """
    error = (len(query) + _SPARE) * _UNIT_ROUNDOFF
    scores = vectors @ query
    passing = scores >= min_score - error
    if alive is not None:
        passing &= alive
    rows = np.flatnonzero(passing)
    if len(rows) > limit:
        rough = scores[rows]
        # No row whose rough score is two errors below the rough cut can be above the exact one.
        cut = np.partition(rough, len(rough) - limit)[len(rough) - limit] - 2 * error
        rows = rows[rough >= cut]
    exact = _exact(vectors[rows], query)
    kept = exact >= min_score
    rows, exact = rows[kept], exact[kept]
    best = np.lexsort((ids[rows], -exact))[:limit]
    return rows[best], exact[best]


def _exact(rows: Matrix, query: Vector) -> NDArray[np.float64]:
    """Return dot products in double precision, each computed alike whatever stands around it."""
    products = rows.astype(np.float64) * query.astype(np.float64)
    sums: NDArray[np.float64] = products.sum(axis=1)
    return sums
