"""How well vectors tell people apart: accuracy, match rates, and thresholds that can be promised.

Scores are cosines. A genuine pair shows one person twice, an impostor pair shows two people.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix

Scores = NDArray[np.float32]
"""Shape (n,), float32."""
_CONFIDENCE = 0.95


def impostor_scores(people: Matrix) -> Scores:
    """Return the score of every pair of rows, one row a person: shape (n * (n - 1) / 2,).

    `pair_at` tells whose pair stands at a place.
    """
    rows = [people[i + 1 :] @ people[i] for i in range(len(people) - 1)]
    return np.concatenate(rows) if rows else np.empty(0, np.float32)


def pair_at(people: int, place: int) -> tuple[int, int]:
    """Return the rows (i, j), i < j, of the pair at a place of `impostor_scores`."""
    first = 0
    while place >= people - 1 - first:
        place -= people - 1 - first
        first += 1
    return first, first + 1 + place


def false_match_rate(impostors: Scores, threshold: float) -> float:
    """Return the share of impostor pairs at or above a threshold."""
    return float(np.count_nonzero(impostors >= threshold)) / len(impostors)


def threshold_at(impostors: Scores, rate: float) -> float:
    """Return the lowest threshold at which no more than `rate` of the impostors match."""
    allowed = math.floor(rate * len(impostors))
    if allowed >= len(impostors):
        return -1.0
    highest = np.partition(impostors, len(impostors) - allowed - 1)
    return float(np.nextafter(highest[len(impostors) - allowed - 1], np.float32(2)))


def found_rate(genuine: Scores, threshold: float) -> float:
    """Return the share of genuine pairs at or above a threshold."""
    return float(np.count_nonzero(genuine >= threshold)) / len(genuine)


def fold_accuracies(folds: Sequence[tuple[Scores, Scores]]) -> list[float]:
    """Return each fold's accuracy at the threshold that is best on the other folds.

    Args:
        folds: (genuine, impostor) scores of each fold, at least two folds.
    """
    accuracies = []
    for held_out, (genuine, impostors) in enumerate(folds):
        others = [fold for index, fold in enumerate(folds) if index != held_out]
        threshold = best_threshold(
            np.concatenate([fold[0] for fold in others]),
            np.concatenate([fold[1] for fold in others]),
        )
        right = np.count_nonzero(genuine >= threshold) + np.count_nonzero(impostors < threshold)
        accuracies.append(float(right) / (len(genuine) + len(impostors)))
    return accuracies


def best_threshold(genuine: Scores, impostors: Scores) -> float:
    """Return the threshold with the fewest errors, as far from the scores beside it as can be.

    Between two neighbouring scores the errors are the same; the middle is the fairest to new pairs.
    """
    candidates = np.unique(np.concatenate([genuine, impostors]))
    missed = np.searchsorted(np.sort(genuine), candidates, side="left")
    matched = len(impostors) - np.searchsorted(np.sort(impostors), candidates, side="left")
    errors = missed + matched
    best = np.flatnonzero(errors == errors.min())
    place = int(best[len(best) // 2])
    below, above = candidates[max(place - 1, 0)], candidates[place]
    middle = np.float32((np.float64(below) + np.float64(above)) / 2)
    return float(middle if middle > below else above)  # neighbours have nothing between them


def promised_threshold(impostors: Scores, rate: float) -> float:
    """Return a threshold whose false match rate is below `rate` with 95 % confidence.

    At most n impostor pairs reach it, where n is the largest count whose one-sided Poisson bound
    still is below the rate. It is thus stricter than `threshold_at`, which only just holds on the
    pairs at hand.

    Raises:
        ValueError: there are too few pairs to show such a rate.
    """
    expected = rate * len(impostors)
    if _poisson_bound(0) > expected:
        raise ValueError(
            f"{len(impostors)} impostor pairs cannot show a false match rate of {rate:g}; "
            f"at least {math.ceil(_poisson_bound(0) / rate)} are needed"
        )
    allowed = 0
    while _poisson_bound(allowed + 1) <= expected:
        allowed += 1
    return threshold_at(impostors, allowed / len(impostors))


def _poisson_bound(count: int) -> float:
    """Return the mean below which a Poisson count lies with 95 % confidence, having seen count."""
    low, high = float(count), 10.0 + 2.0 * count
    for _ in range(60):
        middle = (low + high) / 2
        tail = sum(
            math.exp(k * math.log(middle) - middle - math.lgamma(k + 1)) for k in range(count + 1)
        )
        low, high = (middle, high) if tail > 1 - _CONFIDENCE else (low, middle)
    return high
