"""What the searches of `one_to_many` show: false matches and hits, by threshold and by group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lineament.cli.reporting.intervals import Draws
from lineament.cli.reporting.one_to_many import Search, Searches
from lineament.cli.reporting.pairing import FLOOR
from lineament.cli.reporting.rates import GroupRates, Rate, by_person, compare, rates_of
from lineament.domain.similarity import reaches

CURVE = tuple(float(each) for each in range(FLOOR, 100, 2))
PHOTOS_OF_2018 = 25_000
"""Arrest photos in the gallery of the test of 2018."""


@dataclass(frozen=True, slots=True)
class Found:
    """Rates by threshold."""

    falsely: tuple[Rate, ...]
    """Of people who are not enrolled, those with at least one match."""
    missed: tuple[Rate, ...]
    """Of enrolled people, those whose other photo does not bring them back."""


@dataclass(frozen=True, slots=True)
class Column:
    """The groups of a column, worst first, each compared with the largest."""

    name: str
    reference: str
    falsely: tuple[GroupRates, ...]


@dataclass(frozen=True, slots=True)
class OneToMany:
    """The whole report's figures."""

    seed: int
    probes: int
    not_searched: int
    """Probes without a face; they count nowhere else."""
    gallery: int
    not_enrolled: int
    """Photos of the gallery that IndexFaces took no face of; their people count as missed."""
    mates: int
    """Enrolled people whose other photo was searched."""
    confirmed_same: int
    """Matches from 50 up that are none of strangers: one person under two names."""
    thresholds: tuple[float, ...]
    overall: Found
    matches: tuple[int, ...]
    """False matches by threshold; a probe may have several."""
    in_gallery_of_2018: tuple[Rate, ...]
    """`falsely`, were the gallery 25,000 such photos: an extrapolation."""
    curve: Found
    columns: tuple[Column, ...]


def judge(
    searches: Searches,
    same: frozenset[frozenset[str]],
    columns: Sequence[str],
    thresholds: Sequence[float],
    seed: int,
) -> OneToMany:
    """Count who matches.

    Args:
        searches: what was found.
        same: pairs of people who are one.
        columns: of groups.
        thresholds: from `FLOOR` up.
        seed: of the draw.
    """
    at = tuple(sorted(set(thresholds)))
    curve = tuple(sorted({*CURVE, *at}))
    probes = [search for search in searches.probes if search.searched]
    highest = np.array([_highest_false(search, same) for search in probes])
    own = np.array([_own(search, same) for search in searches.mates])
    on_curve = Found(_rates(highest, curve), _rates(own, curve, below=True))
    falsely = tuple(on_curve.falsely[curve.index(threshold)] for threshold in at)
    missed = tuple(on_curve.missed[curve.index(threshold)] for threshold in at)
    false = [
        score
        for search in probes
        for photo, score in search.matches
        if frozenset((photo.person, search.photo.person)) not in same
    ]
    everything = sum(len(search.matches) for search in probes)
    size = len(searches.enrolled)
    return OneToMany(
        seed=seed,
        probes=len(searches.probes),
        not_searched=len(searches.probes) - len(probes),
        gallery=size + len(searches.not_enrolled),
        not_enrolled=len(searches.not_enrolled),
        mates=len(searches.mates),
        confirmed_same=everything - len(false),
        thresholds=at,
        overall=Found(falsely, missed),
        matches=tuple(sum(reaches(score, threshold) for score in false) for threshold in at),
        in_gallery_of_2018=tuple(_in_larger(rate, size) for rate in falsely),
        curve=on_curve,
        columns=tuple(
            column for name in columns if (column := _column(name, probes, highest, at)) is not None
        ),
    )


def _highest_false(search: Search, same: frozenset[frozenset[str]]) -> float:
    """Return the Similarity of the best match, all being false but those of one person; or -1."""
    who = search.photo.person
    false = (score for photo, score in search.matches if frozenset((photo.person, who)) not in same)
    return max(false, default=-1.0)


def _own(search: Search, same: frozenset[frozenset[str]]) -> float:
    """Return the Similarity with which somebody's own photo came back; -1 where it did not."""
    who = search.photo.person
    own = (
        score
        for photo, score in search.matches
        if photo.person == who or frozenset((photo.person, who)) in same
    )
    return max(own, default=-1.0)


def _rates(
    scores: NDArray[np.float64], thresholds: Sequence[float], *, below: bool = False
) -> tuple[Rate, ...]:
    reached = scores[:, None] >= np.asarray(thresholds, np.float32)
    wrong = ~reached if below else reached
    people = np.arange(len(scores))
    return rates_of(by_person(people, wrong, Draws(max(len(scores), 1)), alone=True), thresholds)


def _column(
    name: str, probes: Sequence[Search], highest: NDArray[np.float64], at: Sequence[float]
) -> Column | None:
    told = [search.photo.groups.get(name, "") for search in probes]
    reached = highest[:, None] >= np.asarray(at, np.float32)
    draws = Draws(max(len(probes), 1))
    counted = {}
    for group in sorted({each for each in told if each}):
        (people,) = np.nonzero([each == group for each in told])
        counted[group] = by_person(people, reached[people], draws, alone=True)
    if not counted:
        return None
    reference = max(counted, key=lambda group: counted[group].people)
    return Column(name, reference, compare(counted, at, 0, reference))


def _in_larger(rate: Rate, size: int) -> Rate:
    """Return a rate in a gallery of 25,000, every photo of it being as likely to match."""

    def grown(share: float | None) -> float | None:
        return None if share is None else 1 - (1 - share) ** (PHOTOS_OF_2018 / max(size, 1))

    return replace(rate, value=grown(rate.value), low=grown(rate.low), high=grown(rate.high))
