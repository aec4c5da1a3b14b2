"""The pairs of looked-at photos: how alike they are, and how many there are of which people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.cli.reporting.aliases import same_people
from lineament.cli.reporting.looking import Looked
from lineament.domain.faces import Matrix
from lineament.domain.similarity import Calibration

FLOOR = 50
"""Similarity below which pairs of strangers are counted and not kept."""
_BLOCK = 1024
_SLACK = 1e-5
"""Cosine; wider than what float32 can lose between similarity and cosine."""

_Rows = NDArray[np.intp]
_Mask = NDArray[np.bool_]
_Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Some pairs of photos."""

    first: _Rows
    """Places of photos."""
    second: _Rows
    similarity: NDArray[np.float32]
    """0 to 100; -1 where one of the two could not be enrolled."""

    def within(self, photos: _Mask) -> "Pairs":
        """Return those of which both photos are among these."""
        kept = photos[self.first] & photos[self.second]
        return Pairs(self.first[kept], self.second[kept], self.similarity[kept])


@dataclass(frozen=True, slots=True)
class Trials:
    """What is compared: people with themselves, and with strangers."""

    people: _Rows
    """Shape (photos,): whose they are, from 0."""
    enrolled: _Mask
    genuine: Pairs
    """Two photos of one person, those that could not be enrolled among them."""
    strangers: Pairs
    """Two enrolled photos of two people, from `FLOOR` up."""
    listed: Pairs | None
    """All pairs of strangers, where they were listed; every two photos where it is None."""
    one_person: frozenset[frozenset[int]]
    """Pairs of people that turned out to be one; none of theirs is a pair of strangers."""

    def comparisons(self, photos: _Mask, weights: _Weights) -> _Weights:
        """Return how many pairs of strangers there are among photos, people counting by weight.

        Args:
            photos: shape (photos,); those that could not be enrolled never count.
            weights: shape (rounds, people).
        """
        if self.listed is not None:
            pairs = self.listed.within(photos)
            return _together(weights, self.people[pairs.first], self.people[pairs.second])
        counts = np.bincount(
            self.people[photos & self.enrolled], minlength=weights.shape[1]
        ).astype(np.float64)
        each = weights * counts
        total: _Weights = (each.sum(axis=1) ** 2 - (each**2).sum(axis=1)) / 2
        for one, other in self.one_person:
            total -= each[:, one] * each[:, other]
        return total


def pair_up(
    looked: Looked,
    calibration: Calibration,
    confirmed: Mapping[str, str],
    listed: Sequence[tuple[int, int]] | None = None,
) -> Trials:
    """Compare photos with each other.

    Args:
        looked: the photos.
        calibration: of the vectors.
        confirmed: pairs of pictures that show one person under two names, see `read_confirmed`.
        listed: the pairs, as places of photos; every two photos where it is None.
    """
    people, enrolled = looked.people, looked.enrolled
    vectors = looked.vectors
    owners = {look.digest: int(who) for look, who in zip(looked.looks, people, strict=True)}
    same = same_people(owners, confirmed)
    if listed is None:
        mates = _mates(people)
        rows = _near(vectors, people, enrolled, calibration.cosine(FLOOR) - _SLACK)
    else:
        pairs = np.array(listed, np.intp).reshape(-1, 2)
        alike = people[pairs[:, 0]] == people[pairs[:, 1]]
        mates, rows = pairs[alike], pairs[~alike]
        rows = rows[enrolled[rows].all(axis=1)]
    genuine = _scored(mates, vectors, enrolled, calibration)
    strangers = _apart(_scored(rows, vectors, enrolled, calibration), people, same)
    kept = strangers.similarity >= FLOOR
    return Trials(
        people,
        enrolled,
        genuine,
        Pairs(strangers.first[kept], strangers.second[kept], strangers.similarity[kept]),
        None if listed is None else strangers,
        same,
    )


def matched(weights: _Weights, pairs: Pairs, people: _Rows) -> _Weights:
    """Return each pair's count under weights: shape (rounds, pairs)."""
    product: _Weights = weights[:, people[pairs.first]] * weights[:, people[pairs.second]]
    return product


def _together(weights: _Weights, one: _Rows, other: _Rows) -> _Weights:
    total: _Weights = np.einsum("rp,rp->r", weights[:, one], weights[:, other])
    return total


def _scored(rows: _Rows, vectors: Matrix, enrolled: _Mask, calibration: Calibration) -> Pairs:
    first, second = rows[:, 0], rows[:, 1]
    similarity = np.full(len(rows), -1, np.float32)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        cosines = np.einsum("ij,ij->i", vectors[first[part]], vectors[second[part]])
        similarity[part] = calibration.similarities_of(cosines)
    similarity[~(enrolled[first] & enrolled[second])] = -1
    return Pairs(first, second, similarity)


def _mates(people: _Rows) -> _Rows:
    """Return every two photos of one person: shape (pairs, 2)."""
    order = np.argsort(people, kind="stable")
    starts = np.flatnonzero(np.diff(people[order], prepend=-1))
    made = [
        np.stack([group[one] for one in np.triu_indices(len(group), 1)], axis=1)
        for group in np.split(order, starts[1:])
    ]
    return np.concatenate(made).astype(np.intp)


def _near(vectors: Matrix, people: _Rows, enrolled: _Mask, cosine: float) -> _Rows:
    """Return every two enrolled photos of two people that reach a cosine: shape (pairs, 2)."""
    (rows,) = np.nonzero(enrolled)
    found = [np.empty((0, 2), np.intp)]
    for start in range(0, len(rows), _BLOCK):
        block, others = rows[start : start + _BLOCK], rows[start:]
        first, second = np.nonzero(vectors[block] @ vectors[others].T >= cosine)
        later = second > first
        pairs = np.stack([block[first[later]], others[second[later]]], axis=1)
        found.append(pairs[people[pairs[:, 0]] != people[pairs[:, 1]]])
    return np.concatenate(found)


def _apart(pairs: Pairs, people: _Rows, same: frozenset[frozenset[int]]) -> Pairs:
    """Return the pairs without those of two names of one person."""
    if not same:
        return pairs
    kept = np.array(
        [
            frozenset((int(people[one]), int(people[other]))) not in same
            for one, other in zip(pairs.first, pairs.second, strict=True)
        ],
        bool,
    )
    return Pairs(pairs.first[kept], pairs.second[kept], pairs.similarity[kept])
