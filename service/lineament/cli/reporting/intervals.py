"""How sure a share, and a ratio of two shares, is: exact 95 % intervals, and people drawn anew.

Photos of one person are alike, and one person stands in many pairs: taken as independent, they make
a rate look surer than it is. So people are drawn anew, with all that belongs to them. Where hardly
anybody has an error there is nothing to draw, and exact intervals take over.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.domain.bootstrap import Interval

_TAIL = 0.025
_CHUNK = 50
"""Rounds whose weights are in memory at once."""
_HALVINGS = 80
_FRACTIONS = 400
_TINY = 1e-300


def exact(errors: float, trials: float) -> Interval:
    """Return a share with the interval of Clopper and Pearson, 95 %.

    Args:
        errors: 0 to `trials`; may be a fraction, where several trials count as one.
        trials: 0 gives a share that is not known, between 0 and 1.

    Source: C. J. Clopper, E. S. Pearson, The use of confidence or fiducial limits, 1934.
    """
    if trials <= 0:
        return Interval(math.nan, 0.0, 1.0)
    low = 0.0 if errors <= 0 else _quantile(_TAIL, errors, trials - errors + 1)
    high = 1.0 if errors >= trials else _quantile(1 - _TAIL, errors + 1, trials - errors)
    return Interval(errors / trials, low, high)


def exact_ratio(errors: float, trials: float, others: float, other_trials: float) -> Interval:
    """Return how many times as often something happens here as there, 95 %.

    Given that errors + others happened, the share that fell here is a binomial's; for rates that
    are small, which is where it is needed. No end is found where nothing happened there.

    Source: J. Przyborowski, H. Wilenski, Homogeneity of results, Biometrika 1940.
    """
    if not trials or not other_trials:
        return Interval(math.nan, 0.0, math.inf)
    share = exact(errors, errors + others)
    scale = other_trials / trials
    value, low, high = (_odds(each) * scale for each in (share.value, share.low, share.high))
    return Interval(value, low, high)


def wider(one: Interval, other: Interval) -> Interval:
    """Return the first with the further of both ends on either side."""
    return Interval(one.value, min(one.low, other.low), max(one.high, other.high))


@dataclass(frozen=True, slots=True)
class Draws:
    """People drawn anew, as many as there are, with repetition: the same at every look."""

    people: int
    rounds: int = 1000
    seed: int = 1

    def weights(self) -> Iterator[NDArray[np.float64]]:
        """Yield how often each is drawn: shape (some rounds, people), all rounds in the end."""
        random = np.random.default_rng(self.seed)
        for start in range(0, self.rounds, _CHUNK):
            count = min(_CHUNK, self.rounds - start)
            drawn = random.integers(0, self.people, (count, self.people))
            drawn += np.arange(count)[:, None] * self.people
            yield (
                np.bincount(drawn.ravel(), minlength=count * self.people)
                .reshape(count, self.people)
                .astype(np.float64)
            )


def middle(value: float, sampled: NDArray[np.float64]) -> Interval:
    """Return a figure with the middle 95 % of its draws; those that have none are left out."""
    known = sampled[np.isfinite(sampled)]
    if not len(known):
        return Interval(value, value, value)
    low, high = np.percentile(known, [100 * _TAIL, 100 * (1 - _TAIL)])
    return Interval(value, float(low), float(high))


def _odds(share: float) -> float:
    return math.inf if share >= 1 else share / (1 - share)


def _quantile(probability: float, a: float, b: float) -> float:
    """Return where the beta distribution of a and b has reached a probability."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        half = (low + high) / 2
        low, high = (half, high) if _beta(half, a, b) < probability else (low, half)
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b).

    Source: DLMF 8.17.22, a continued fraction that converges fast below (a + 1) / (a + b + 2); the
    other side follows by symmetry.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return front / a / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Return 1 + d1/(1 + d2/(1 + ...)) by the method of Lentz."""
    value, above, below = 1.0, 1.0, 0.0
    for step in range(1, _FRACTIONS):
        half, odd = divmod(step, 2)
        if odd:
            d = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            d = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        below = 1 / (1 + d * below or _TINY)
        above = 1 + d / above or _TINY
        value *= above * below
        if abs(above * below - 1) < 1e-15:  # noqa: PLR2004 - what a double can tell
            break
    return value
