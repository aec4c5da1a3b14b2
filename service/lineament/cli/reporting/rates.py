"""Error rates of groups with intervals, and how many times as high as another group's they are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lineament.cli.reporting.intervals import Draws, exact, exact_ratio, middle, wider
from lineament.cli.reporting.pairing import Trials, matched

FEWEST_PEOPLE = 30
"""Below, a group is shown and not judged."""
FEWEST_EXPECTED = 3.0
"""Errors that a group would have at the reference's rate: below, none of them may be luck."""
_FEW_ERRING = 10
"""People with an error below whom drawing people shows too little."""

REFERENCE, TOO_SMALL = "reference", "too small to judge"
MORE, FEWER, UNSHOWN = "more errors", "fewer errors", "no difference shown"

_Mask = NDArray[np.bool_]
_Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counted:
    """What went wrong in a group, at each of T thresholds."""

    people: int
    """Who are in it with at least one trial."""
    trials: int
    errors: NDArray[np.intp]
    """Shape (T,)."""
    independent: NDArray[np.float64]
    """Shape (T,): how many trials an exact interval may take as independent of each other."""
    sampled: _Counts
    """Shape (rounds, T): the rate, people drawn anew; NaN where there is nothing to draw."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its 95 % interval; None is what is not known, or has no bound."""

    threshold: float | None
    errors: int
    trials: int
    value: float | None
    low: float | None
    high: float | None
    ratio: float | None = None
    """To the reference group's rate."""
    ratio_low: float | None = None
    ratio_high: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class GroupRates:
    """A group's rates, by threshold."""

    group: str
    people: int
    rates: tuple[Rate, ...]


def false_matches(
    trials: Trials, photos: _Mask, thresholds: Sequence[float], draws: Draws
) -> Counted:
    """Count pairs of strangers among photos that match.

    Args:
        trials: all pairs.
        photos: shape (photos,).
        thresholds: T, ascending, each `pairing.FLOOR` or more.
        draws: of the people.
    """
    pairs = trials.strangers.within(photos)
    reached = (pairs.similarity[:, None] >= np.asarray(thresholds, np.float32)).astype(float)
    sampled = []
    for weights in draws.weights():
        count = matched(weights, pairs, trials.people) @ reached
        sampled.append(_share(count, trials.comparisons(photos, weights)[:, None]))
    comparisons = int(trials.comparisons(photos, np.ones((1, draws.people)))[0])
    errors = reached.sum(axis=0).astype(np.intp)
    people = len(np.unique(trials.people[photos & trials.enrolled]))
    return Counted(
        people,
        comparisons,
        errors,
        np.full(len(errors), float(comparisons)),
        np.concatenate(sampled),
    )


def false_non_matches(
    trials: Trials,
    photos: _Mask,
    thresholds: Sequence[float],
    draws: Draws,
    *,
    failures: bool = False,
) -> Counted:
    """Count pairs of one person's photos that do not match.

    Args:
        trials: all pairs.
        photos: shape (photos,).
        thresholds: T, ascending.
        draws: of the people.
        failures: count pairs with a photo that could not be enrolled, as not matching.
    """
    pairs = trials.genuine.within(photos)
    counted = np.full(len(pairs.first), failures) | (pairs.similarity >= 0)
    missed = pairs.similarity[counted, None] < np.asarray(thresholds, np.float32)
    return by_person(trials.people[pairs.first[counted]], missed, draws)


def failures_to_enrol(
    people: NDArray[np.intp], enrolled: _Mask, photos: _Mask, draws: Draws
) -> Counted:
    """Count photos that give no vector; T is 1."""
    return by_person(people[photos], ~enrolled[photos, None], draws)


def by_person(
    people: NDArray[np.intp], wrong: _Mask, draws: Draws, *, alone: bool = False
) -> Counted:
    """Count trials that each belong to one person.

    Args:
        people: shape (trials,).
        wrong: shape (trials, T).
        draws: of the people.
        alone: nobody has two trials, in this group or another, so that exact intervals say it all.
    """
    totals = np.bincount(people, minlength=draws.people).astype(float)
    errors = np.zeros((draws.people, wrong.shape[1]))
    np.add.at(errors, people, wrong)
    drawn = [np.full((1, wrong.shape[1]), np.nan)]
    if not alone:
        drawn = [
            _share(weights @ errors, (weights @ totals)[:, None]) for weights in draws.weights()
        ]
    present = int(np.count_nonzero(totals))
    few = np.count_nonzero(errors, axis=0) < _FEW_ERRING
    return Counted(
        present,
        len(people),
        wrong.sum(axis=0).astype(np.intp),
        np.where(few, float(present), float(len(people))),
        np.concatenate(drawn),
    )


def rates_of(counted: Counted, thresholds: Sequence[float | None]) -> tuple[Rate, ...]:
    """Return rates with intervals: drawn, or exact, whichever goes further at either end."""
    rates = []
    for at, threshold in enumerate(thresholds):
        errors = int(counted.errors[at])
        if not counted.trials:
            rates.append(Rate(threshold, 0, 0, None, None, None))
            continue
        independent = float(counted.independent[at])
        found = exact(errors / counted.trials * independent, independent)
        found = wider(found, middle(found.value, counted.sampled[:, at]))
        rates.append(Rate(threshold, errors, counted.trials, found.value, found.low, found.high))
    return tuple(rates)


def compare(
    groups: Mapping[str, Counted],
    thresholds: Sequence[float | None],
    decisive: int,
    reference: str,
) -> tuple[GroupRates, ...]:
    """Compare groups with one of them.

    Args:
        groups: by name.
        thresholds: T.
        decisive: place of the threshold that orders them.
        reference: the group that the others are compared with.

    Returns:
        The highest rate first, those of too few people last.
    """
    told = [
        GroupRates(name, each.people, _beside(each, groups[reference], thresholds))
        for name, each in groups.items()
    ]

    def order(each: GroupRates) -> tuple[bool, float, str]:
        rate = each.rates[decisive]
        return (each.people < FEWEST_PEOPLE, -(rate.value or 0.0), each.group)

    return tuple(sorted(told, key=order))


def _beside(
    group: Counted, reference: Counted, thresholds: Sequence[float | None]
) -> tuple[Rate, ...]:
    rates = rates_of(group, thresholds)
    if group is reference:
        small = group.people < FEWEST_PEOPLE
        return tuple(_told(rate, TOO_SMALL if small else REFERENCE) for rate in rates)
    return tuple(_with_ratio(rate, at, group, reference) for at, rate in enumerate(rates))


def _with_ratio(rate: Rate, at: int, group: Counted, reference: Counted) -> Rate:
    if not group.trials or not reference.trials:
        return _told(rate, TOO_SMALL)
    independent, others = float(group.independent[at]), float(reference.independent[at])
    base = float(reference.errors[at]) / reference.trials
    ratio = exact_ratio((rate.value or 0.0) * independent, independent, base * others, others)
    if math.isfinite(ratio.value) and ratio.value > 0:
        drawn = _share(group.sampled[:, at], reference.sampled[:, at])
        ratio = wider(ratio, middle(ratio.value, drawn))
    if min(group.people, reference.people) < FEWEST_PEOPLE:
        verdict = TOO_SMALL
    elif ratio.low > 1:
        verdict = MORE
    elif ratio.high < 1:
        verdict = FEWER
    else:
        verdict = TOO_SMALL if independent * base < FEWEST_EXPECTED else UNSHOWN
    low, high = ratio.low, ratio.high
    return _told(rate, verdict, *(_finite(each) for each in (ratio.value, low, high)))


def _told(
    rate: Rate,
    verdict: str,
    ratio: float | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Rate:
    return replace(rate, ratio=ratio, ratio_low=low, ratio_high=high, verdict=verdict)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _share(some: _Counts, of: _Counts) -> _Counts:
    """Divide; NaN where there is nothing to divide by."""
    shared: _Counts = np.divide(
        some, of, out=np.full(np.broadcast(some, of).shape, np.nan), where=of > 0
    )
    return shared
