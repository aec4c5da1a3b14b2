"""From a gallery's cosines to the matches of a search. Source: SPEC.md B.0, Threshold test."""

from collections.abc import Callable, Sequence

import numpy as np

from lineament.domain.similarity import Calibration, reaches

_SLACK = 1e-5
"""Cosine; wider than what float32 can lose between similarity and cosine and back."""


def ranked(
    search: Callable[[float, int], Sequence[tuple[str, float]]],
    calibration: Calibration,
    threshold: float,
    limit: int,
    without: str | None = None,
) -> list[tuple[str, float]]:
    """Return the ids that a search finds with their similarities: best first, ties by id.

    Args:
        search: given the lowest cosine and how many at most, returns the nearest.
        calibration: of the vectors.
        threshold: the lowest similarity; one that equals it is a match.
        limit: how many at most.
        without: what is searched for, which never is in its own result.
    """
    lowest = calibration.cosine(float(np.float32(threshold))) - _SLACK
    spare = 0 if without is None else 1
    hits = search(lowest, limit + spare)
    scored = [(found, calibration.similarity(cosine)) for found, cosine in hits if found != without]
    kept = [pair for pair in scored if reaches(pair[1], threshold)]
    return sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:limit]
