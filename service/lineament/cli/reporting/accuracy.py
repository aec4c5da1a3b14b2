"""`lineament report accuracy`: FMR, FNMR and failures to enrol, by threshold and by group."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.cli.reporting.intervals import Draws
from lineament.cli.reporting.looking import ESTIMATED, Looked
from lineament.cli.reporting.pairing import FLOOR, Trials
from lineament.cli.reporting.rates import (
    Counted,
    GroupRates,
    Rate,
    compare,
    failures_to_enrol,
    false_matches,
    false_non_matches,
    rates_of,
)

CURVE = tuple(float(each) for each in range(FLOOR, 100, 2))
"""Thresholds of the curves, beside those that are asked for."""

_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Errors:
    """The rates of some photos."""

    false_match: tuple[Rate, ...]
    """By threshold: of pairs of two people, those that match."""
    false_non_match: tuple[Rate, ...]
    """By threshold: of pairs of one person's enrolled photos, those that do not match."""
    missed_with_failures: tuple[Rate, ...]
    """The same with pairs of which a photo could not be enrolled: they never match."""


@dataclass(frozen=True, slots=True)
class Column:
    """The groups of a column, three times, each time worst first."""

    name: str
    estimated: bool
    """By the service itself, which is wrong where its own models are."""
    unknown: int
    """Photos whose group is not known."""
    reference: str
    """The group with most people, which the others are compared with."""
    false_match: tuple[GroupRates, ...]
    false_non_match: tuple[GroupRates, ...]
    missed_with_failures: tuple[GroupRates, ...]
    failure_to_enrol: tuple[GroupRates, ...]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The whole report's figures."""

    photos: int
    people: int
    people_with_pairs: int
    """Who have two photos or more that are compared."""
    several_faces: int
    """Photos with more than one face: it may be the wrong one that was taken."""
    confirmed_same: int
    """Pairs of people left out, being one person under two names."""
    listed: bool
    """Whether pairs were listed, or every two photos compared."""
    thresholds: tuple[float, ...]
    overall: Errors
    failure_to_enrol: Rate
    failures: Mapping[str, int]
    """Photos that could not be enrolled, by why."""
    curve: Errors
    columns: tuple[Column, ...]


def measure(
    looked: Looked,
    trials: Trials,
    thresholds: Sequence[float],
    watch: Callable[[str], object] = lambda _: None,
    rounds: int = 1000,
) -> Accuracy:
    """Count errors and compare groups.

    Args:
        looked: the photos.
        trials: their pairs.
        thresholds: from `FLOOR` up, at least one.
        watch: told what is being counted.
        rounds: how often people are drawn anew.
    """
    draws = Draws(int(trials.people.max()) + 1, rounds)
    everybody = np.ones(len(looked.photos), bool)
    at = tuple(sorted(set(thresholds)))
    curve = tuple(sorted({*CURVE, *at}))
    watch("all photos")
    all_errors = _errors(trials, everybody, curve, draws)
    places = [curve.index(threshold) for threshold in at]
    columns = []
    for name in looked.columns:
        watch(name)
        if looked.groups(name):
            columns.append(_column(looked, trials, name, at, draws))
    enrolling = failures_to_enrol(trials.people, trials.enrolled, everybody, draws)
    return Accuracy(
        photos=len(looked.photos),
        people=draws.people,
        people_with_pairs=len(np.unique(trials.people[trials.genuine.first])),
        several_faces=sum(look.faces > 1 for look in looked.looks),
        confirmed_same=len(trials.one_person),
        listed=trials.listed is not None,
        thresholds=at,
        overall=Errors(
            *(
                tuple(rates[place] for place in places)
                for rates in (
                    all_errors.false_match,
                    all_errors.false_non_match,
                    all_errors.missed_with_failures,
                )
            )
        ),
        failure_to_enrol=rates_of(enrolling, [None])[0],
        failures=dict(Counter(look.failure for look in looked.looks if look.failure)),
        curve=all_errors,
        columns=tuple(columns),
    )


def _errors(trials: Trials, photos: _Mask, at: Sequence[float], draws: Draws) -> Errors:
    return Errors(
        rates_of(false_matches(trials, photos, at, draws), at),
        rates_of(false_non_matches(trials, photos, at, draws), at),
        rates_of(false_non_matches(trials, photos, at, draws, failures=True), at),
    )


def _column(looked: Looked, trials: Trials, name: str, at: Sequence[float], draws: Draws) -> Column:
    groups = looked.groups(name)
    known = np.logical_or.reduce(list(groups.values()))

    def told(
        count: Callable[[_Mask], Counted], thresholds: Sequence[float | None], decisive: int
    ) -> tuple[GroupRates, ...]:
        counted = {group: count(photos) for group, photos in groups.items()}
        return compare(counted, thresholds, decisive, reference)

    reference = max(sorted(groups), key=lambda group: len(np.unique(trials.people[groups[group]])))
    last = len(at) - 1
    return Column(
        name=name,
        estimated=name.endswith(ESTIMATED),
        unknown=int(np.count_nonzero(~known)),
        reference=reference,
        false_match=told(lambda each: false_matches(trials, each, at, draws), at, 0),
        false_non_match=told(lambda each: false_non_matches(trials, each, at, draws), at, last),
        missed_with_failures=told(
            lambda each: false_non_matches(trials, each, at, draws, failures=True), at, last
        ),
        failure_to_enrol=told(
            lambda each: failures_to_enrol(trials.people, trials.enrolled, each, draws), [None], 0
        ),
    )
