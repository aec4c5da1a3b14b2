"""How often users are found, and strangers for them: shares and intervals by bootstrap over people.

A person drawn twice counts twice, in their own users and as a stranger to others' users.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.cli.measuring.user_trials import Looks, Trials, Way, templates_of
from lineament.domain.bootstrap import Interval, interval_of

_SEED = 1
_SPARE = 4
"""More than the rate's share of the highest scores is kept, since weights vary."""

_Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Scored:
    """One way's scores: of the searched photos, and the highest of strangers, descending."""

    genuine: NDArray[np.float32]
    strangers: NDArray[np.float32]
    user: NDArray[np.intp]
    """Whose user each stranger was compared with."""
    stranger: NDArray[np.intp]
    """Who each stranger is."""

    def found(
        self, weights: _Weights, owner: NDArray[np.intp], allowed: NDArray[np.float64]
    ) -> list[float]:
        """Return the found shares at the lowest scores that no more strangers than allowed pass."""
        passed = np.cumsum(weights[self.user] * weights[self.stranger])
        places = np.minimum(np.searchsorted(passed, allowed, side="right"), len(passed) - 1)
        genuine = weights[owner]
        return [
            float(genuine[self.genuine >= threshold].sum() / genuine.sum())
            for threshold in np.nextafter(self.strangers[places], np.float32(2))
        ]


def found_rates(
    looks: Looks, trials: Trials, ways: Mapping[str, Way], rates: Sequence[float], rounds: int = 300
) -> dict[float, dict[str, tuple[Interval, Interval]]]:
    """Return the share of searched photos that is found at equal false match rates.

    Args:
        looks: the set.
        trials: the users.
        ways: by name.
        rates: false match rates, each way at its own threshold.
        rounds: resamplings; all ways and rates see the same ones.

    Returns:
        By rate and way: the share, and the first way's gain over it.
    """
    apart = looks.apart[trials.person][:, looks.person]
    scored = {
        name: _scored(way(looks, trials), apart, looks, trials, max(rates))
        for name, way in ways.items()
    }
    owner = trials.person[trials.searched[:, 0]]

    def found(weights: _Weights) -> NDArray[np.float64]:
        pairs = _pairs(looks, weights, trials.person, looks.person)
        allowed = pairs * np.array(rates)
        return np.array([each.found(weights, owner, allowed) for each in scored.values()])

    values = found(np.ones(len(looks.apart)))
    sampled = np.stack([found(weights) for weights in _weights(looks, rounds)])
    return {
        rate: {
            name: (
                interval_of(values[way, at], sampled[:, way, at]),
                interval_of(
                    values[0, at] - values[way, at], sampled[:, 0, at] - sampled[:, way, at]
                ),
            )
            for way, name in enumerate(scored)
        }
        for at, rate in enumerate(rates)
    }


def _scored(
    scores: NDArray[np.float32],
    apart: NDArray[np.bool_],
    looks: Looks,
    trials: Trials,
    rate: float,
) -> _Scored:
    genuine = scores[trials.searched[:, 0], trials.searched[:, 1]]
    flat = np.where(apart, scores, np.float32(-2)).ravel()
    wanted = min(int(apart.sum()), int(rate * flat.size) * _SPARE + 2000)
    places = np.argpartition(-flat, wanted - 1)[:wanted]
    places = places[np.argsort(-flat[places], kind="stable")]
    users, rows = np.divmod(places, scores.shape[1])
    return _Scored(genuine, flat[places], trials.person[users], looks.person[rows])


def found_at(looks: Looks, trials: Trials, score: float, rounds: int = 300) -> Interval:
    """Return the share of searched photos that reach a score with their user's template."""
    owner = trials.person[trials.searched[:, 0]]
    templates = templates_of(looks, trials)[trials.searched[:, 0]]
    scores = np.einsum("ij,ij->i", templates, looks.vectors[trials.searched[:, 1]])
    reached = scores >= score
    sampled = [
        weights[owner][reached].sum() / weights[owner].sum() for weights in _weights(looks, rounds)
    ]
    return interval_of(float(reached.mean()), np.array(sampled))


def false_match_rates(
    looks: Looks, trials: Trials, score: float, rounds: int = 300
) -> tuple[Interval, Interval]:
    """Return how often a template reaches a score with a stranger's photo, and with their template.

    Args:
        looks: the set.
        trials: the users.
        score: what counts as a match.
        rounds: resamplings.
    """
    templates = templates_of(looks, trials)
    return (
        _false_matches(looks, templates, trials.person, looks.vectors, looks.person, score, rounds),
        _false_matches(looks, templates, trials.person, templates, trials.person, score, rounds),
    )


def _false_matches(  # noqa: PLR0913, PLR0917 - vectors and whose they are, twice
    looks: Looks,
    ones: NDArray[np.float32],
    person: NDArray[np.intp],
    others: NDArray[np.float32],
    stranger: NDArray[np.intp],
    score: float,
    rounds: int,
) -> Interval:
    matched = np.nonzero((ones @ others.T >= score) & looks.apart[person][:, stranger])
    first, second = person[matched[0]], stranger[matched[1]]

    def rate(weights: _Weights) -> float:
        pairs = _pairs(looks, weights, person, stranger)
        return float((weights[first] * weights[second]).sum() / pairs)

    value = rate(np.ones(len(looks.apart)))
    return interval_of(value, np.array([rate(each) for each in _weights(looks, rounds)]))


def _pairs(
    looks: Looks, weights: _Weights, person: NDArray[np.intp], stranger: NDArray[np.intp]
) -> float:
    """Return how many pairs of a user and a stranger there are, a weighted person's more often."""
    people = len(looks.apart)
    ones = weights * np.bincount(person, minlength=people)
    others = weights * np.bincount(stranger, minlength=people)
    present = np.flatnonzero(ones)
    return float((ones[present] @ looks.apart[present]) @ others)


def _weights(looks: Looks, rounds: int) -> list[_Weights]:
    """Return how often each person is drawn in each round."""
    draws = np.random.default_rng(_SEED)
    people = len(looks.apart)
    return [
        np.bincount(draws.integers(0, people, people), minlength=people).astype(float)
        for _ in range(rounds)
    ]
