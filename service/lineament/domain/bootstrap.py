"""How sure a found rate is: bootstrap intervals over people and pairs, paired between models.

A false match rate of 1e-5 rests on a few dozen pairs of a few people: resampling pairs alone would
make it look surer than it is. People are drawn instead, and a pair of two of them counts as often
as both were drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.domain.verification import Scores

_CONFIDENCE = 95.0
_SEED = 1
_SPARE = 4
"""More than the rate's share of the highest scores is kept, since weights vary."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it as percentages."""
        return f"{self.value * 100:.2f} [{self.low * 100:.2f}, {self.high * 100:.2f}]"


@dataclass(frozen=True, slots=True)
class Scored:
    """One model's scores on a set; pairs stand at the same places for every model."""

    genuine: Scores
    impostors: Scores
    """As `verification.impostor_scores` orders them."""


def found_rate_intervals(
    models: Sequence[Scored],
    people: int,
    left_out: Sequence[int],
    rate: float,
    rounds: int = 500,
) -> tuple[list[Interval], list[Interval]]:
    """Return each model's found rate at a false match rate, and its gain over the first model's.

    Args:
        models: at least one.
        people: how many the impostor scores are between.
        left_out: places of impostor pairs that do not count.
        rate: the false match rate.
        rounds: how many resamplings; all models see the same ones.
    """
    draws = np.random.default_rng(_SEED)
    tops = [_Top.of(model.impostors, people, left_out, rate) for model in models]
    values = _found(models, tops, np.ones(people), None, rate)
    sampled = np.empty((rounds, len(models)))
    pairs = len(models[0].genuine)
    for round_ in range(rounds):
        weights = np.bincount(draws.integers(0, people, people), minlength=people).astype(float)
        chosen = draws.integers(0, pairs, pairs)
        sampled[round_] = _found(models, tops, weights, chosen, rate)
    gains = sampled - sampled[:, :1]
    return (
        [interval_of(value, column) for value, column in zip(values, sampled.T, strict=True)],
        [
            interval_of(value - values[0], column)
            for value, column in zip(values, gains.T, strict=True)
        ],
    )


def share_interval(right: NDArray[np.bool_], rounds: int = 2000) -> Interval:
    """Return the share of what is right, by resampling; for accuracies."""
    draws = np.random.default_rng(_SEED).integers(0, len(right), (rounds, len(right)))
    return interval_of(float(right.mean()), right[draws].mean(axis=1))


@dataclass(frozen=True, slots=True)
class _Top:
    """The highest impostor scores, which alone decide about small rates."""

    scores: Scores
    """Descending."""
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    """The people of each."""

    @classmethod
    def of(cls, impostors: Scores, people: int, left_out: Sequence[int], rate: float) -> "_Top":
        wanted = min(len(impostors), int(rate * len(impostors)) * _SPARE + 2000)
        places = np.argpartition(-impostors, wanted - 1)[:wanted]
        places = np.setdiff1d(places, np.asarray(left_out, np.intp))
        places = places[np.argsort(-impostors[places], kind="stable")]
        starts = np.concatenate([[0], np.cumsum(np.arange(people - 1, 0, -1))])
        first = np.searchsorted(starts, places, side="right") - 1
        return cls(impostors[places], first, places - starts[first] + first + 1)

    def threshold(self, weights: NDArray[np.float64], rate: float) -> float:
        """Return the lowest score that no more than the rate's share of weighted pairs passes."""
        allowed = rate * (weights.sum() ** 2 - (weights**2).sum()) / 2
        passed = np.cumsum(weights[self.first] * weights[self.second])
        place = int(np.searchsorted(passed, allowed, side="right"))
        return float(np.nextafter(self.scores[min(place, len(self.scores) - 1)], np.float32(2)))


def _found(
    models: Sequence[Scored],
    tops: Sequence[_Top],
    weights: NDArray[np.float64],
    chosen: NDArray[np.intp] | None,
    rate: float,
) -> list[float]:
    rates = []
    for model, top in zip(models, tops, strict=True):
        genuine = model.genuine if chosen is None else model.genuine[chosen]
        rates.append(float((genuine >= top.threshold(weights, rate)).mean()))
    return rates


def interval_of(value: float, sampled: NDArray[np.float64]) -> Interval:
    """Return a figure with the middle 95 % of its resamplings, shape (rounds,)."""
    low, high = np.percentile(sampled, [(100 - _CONFIDENCE) / 2, (100 + _CONFIDENCE) / 2])
    return Interval(value, float(low), float(high))
