"""Exact nearest rows: a rough scan, then a rerank in double precision of all that may matter.

The scan's error has a bound, so that every row that brute force in double precision would return is
among those reranked; equal rows get equal scores wherever they stand.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix, Vector
from lineament.gallery.chunk import Candidates, Chunk

_FIRST = 256
"""Rows asked of a chunk at first: most searches find fewer at their threshold."""
_SPARE_ROWS = 64
"""Asked beyond the limit: those that the codes' error leaves open."""
_WORTH_CORES = 200_000
"""Rows from which a scan is spread over the cores: 2 ms for one."""
_MORE = 2
"""Times as many are asked where that was not enough."""


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk as a view has it."""

    chunk: Chunk
    start: int
    """The number of its first row."""
    count: int
    """Rows of it that the view covers."""


def nearest(  # noqa: PLR0913, PLR0917 - a scan needs its rows, which of them live, and what is asked
    parts: Sequence[Part],
    ids: NDArray[np.bytes_],
    alive: NDArray[np.bool_],
    query: Vector,
    min_score: float,
    limit: int,
    looks_again: Callable[[], None] = lambda: None,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the rows of the `limit` highest scores, at least `min_score`, and the scores.

    Args:
        parts: the rows, float32, of length at most 1.
        ids: shape (n,); decides between equal scores, ascending.
        alive: shape (n,), which rows count.
        query: shape (d,), float32, length at most 1.
        min_score: the lowest score to return.
        limit: at least 1.
        looks_again: called, once, where the first look at the parts is not the last.

    Returns:
        Rows and scores by score descending; a score is within float64's roundoff of the cosine.
    """
    asked = {part: min(limit, _FIRST) + _SPARE_ROWS for part in parts}
    seen: dict[Part, Candidates] = {}
    while asked:
        first = not seen
        seen |= _look(asked, query, min_score)
        rows, scores = _rerank(seen, alive, query, min_score, limit)
        needed = min_score
        if len(scores) >= limit:
            needed = max(needed, float(np.partition(scores, len(scores) - limit)[-limit]))
        # A part whose unseen rows cannot be among the best is done with.
        asked = {
            part: max(_MORE * top, limit + limit // 4 + _SPARE_ROWS)
            for part, top in asked.items()
            if seen[part].unseen >= needed
        }
        if first and asked:
            looks_again()
    best = np.lexsort((ids[rows], -scores))[:limit]
    return rows[best], scores[best]


def _look(asked: Mapping[Part, int], query: Vector, min_score: float) -> dict[Part, Candidates]:
    """Ask parts for their candidates, so many of each."""
    largest_first = sorted(asked, key=lambda part: -part.count)
    many = sum(part.count for part in asked) >= _WORTH_CORES

    def look(part: Part) -> Candidates:
        return part.chunk.candidates(query, min_score, asked[part])

    found = _cores().map(look, largest_first) if many else map(look, largest_first)
    return dict(zip(largest_first, found, strict=True))


@cache
def _cores() -> ThreadPoolExecutor:
    """Return this process's threads for scans: one core does not use up the memory's speed."""
    return ThreadPoolExecutor(os.cpu_count() or 1, "scan")


def _rerank(
    seen: Mapping[Part, Candidates],
    alive: NDArray[np.bool_],
    query: Vector,
    min_score: float,
    limit: int,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the rows that may be among the best, of at least `min_score`, with exact scores."""
    left = {part: _living(part, found, alive, min_score) for part, found in seen.items()}
    rough = np.concatenate([scores for _, scores in left.values()])
    surely = rough[np.isfinite(rough)]
    cut = -np.inf
    if len(surely) > limit:
        # No row whose rough score is two errors below the rough cut can be above the exact one.
        error = max(found.error for found in seen.values())
        cut = float(np.partition(surely, len(surely) - limit)[-limit]) - 2 * error
    rows, scores = [], []
    for part, (known, rough) in left.items():
        kept = known[rough >= cut]
        exact = _exact(part.chunk.vectors[kept], query)
        passing = exact >= min_score
        rows.append(part.start + kept[passing])
        scores.append(exact[passing])
    return np.concatenate(rows), np.concatenate(scores)


def _living(
    part: Part, found: Candidates, alive: NDArray[np.bool_], min_score: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    known = found.rows < part.count  # Others were written since.
    rows, rough = found.rows[known], found.scores[known]
    kept = alive[part.start + rows] & (rough >= min_score - found.error)
    return rows[kept], rough[kept]


def _exact(rows: Matrix, query: Vector) -> NDArray[np.float64]:
    """Return dot products in double precision, each computed alike whatever stands around it."""
    products = rows.astype(np.float64) * query.astype(np.float64)
    sums: NDArray[np.float64] = products.sum(axis=1)
    return sums
