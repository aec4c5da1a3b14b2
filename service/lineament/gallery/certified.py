"""Exact nearest rows by an engine that compares every row in float32.

Its scores are off by float32's roundoff, and some of its rows count no more. So it is asked for
more than is wanted, what counts is scored again in double precision, and where what was not shown
might still be among the best it is asked for more again.
"""

from collections.abc import Callable

import numpy as np

from lineament.domain.engine import Row, VectorTable
from lineament.domain.faces import Matrix, Vector

Found = tuple[bytes, float]
"""An id and its exact score."""

_ROUNDOFF = 2.0**-24
_SPARE = 4
_SPARE_ROWS = 32
_MORE = 4


def nearest(  # noqa: PLR0913, PLR0917 - where, what for, and what there is beside it
    table: VectorTable,
    counts: Callable[[Row], bool],
    query: Vector,
    min_score: float,
    limit: int,
    rivals: list[Found],
    looks_again: Callable[[], None] = lambda: None,
) -> list[Found]:
    """Return the ids of the best rows that count, together with rivals from elsewhere.

    Args:
        table: where rows are.
        counts: tells whether a row is the one that counts for its id.
        query: shape (d,), float32, length at most 1.
        min_score: of what is returned.
        limit: at least 1.
        rivals: other ids of at least `min_score`, with exact scores.
        looks_again: called, once, where the first look is not the last.

    Returns:
        Up to `limit` by score descending, ties by id ascending, as brute force in double precision.

    Raises:
        EngineUnavailable: see the port.
    """
    error = (len(query) + _SPARE) * _ROUNDOFF
    first = asked = min(limit + _SPARE_ROWS, table.widest)
    while True:
        hits = table.nearest(query, min_score - 2 * error, asked)
        best = _ranked(hits.rows, hits.vectors, counts, query, min_score, limit, rivals)
        if len(hits.rows) < asked:
            return best
        # What was not shown scores no more than the last that was, give or take the error.
        if hits.scores[-1] + 2 * error < (best[-1][1] if len(best) == limit else min_score):
            return best
        if asked == first:
            looks_again()
        if asked == table.widest:
            return _by_all(table, counts, query, min_score, limit, rivals)
        asked = min(asked * _MORE, table.widest)


def _by_all(  # noqa: PLR0913, PLR0917 - as `nearest`
    table: VectorTable,
    counts: Callable[[Row], bool],
    query: Vector,
    min_score: float,
    limit: int,
    rivals: list[Found],
) -> list[Found]:
    """Look at every row: for more than a search can return, or as many that are alike."""
    best = rivals
    for rows, vectors in table.blocks():
        best = _ranked(rows, vectors, counts, query, min_score, limit, best)
    return best


def _ranked(  # noqa: PLR0913, PLR0917 - as `nearest`
    rows: list[Row],
    vectors: Matrix,
    counts: Callable[[Row], bool],
    query: Vector,
    min_score: float,
    limit: int,
    others: list[Found],
) -> list[Found]:
    scores = (vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1)
    found = dict(others)
    found |= {
        row[0]: float(score)
        for row, score in zip(rows, scores, strict=True)
        if score >= min_score and counts(row)
    }
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))[:limit]
