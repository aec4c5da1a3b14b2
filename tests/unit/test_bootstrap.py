"""Intervals of found rates: what they rest on, and how they pair."""

import numpy as np
import pytest

from lineament.domain.bootstrap import Scored, found_rate_intervals, share_interval
from lineament.domain.verification import found_rate, impostor_scores, threshold_at

PEOPLE = 300
RATE = 1e-3


def model(noise: float, seed: int = 5) -> Scored:
    """Return the scores of a recogniser that sees people through so much noise."""
    draws = np.random.default_rng(seed)
    people = draws.normal(size=(PEOPLE, 32))
    seen = np.random.default_rng(seed + 1)

    def look() -> np.ndarray:
        rows = people + noise * seen.normal(size=people.shape)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    first, second = look(), look()
    return Scored(np.einsum("ij,ij->i", first, second), impostor_scores(first))


def test_values_are_those_of_the_plain_figures() -> None:
    """Lost: the table's figures and those of `bench recognition` differ on one set."""
    scored = model(0.8)
    ((shown,), _) = found_rate_intervals([scored], PEOPLE, [], RATE, rounds=20)
    plain = found_rate(scored.genuine, threshold_at(scored.impostors, RATE))
    assert shown.value == pytest.approx(plain)
    assert shown.low <= shown.value <= shown.high


def test_pairs_left_out_do_not_count() -> None:
    """Lost: one person under two names sets the threshold for everybody."""
    scored = model(0.8)
    doubles = np.arange(100)  # more than the rate allows: they set the threshold
    spoilt = scored.impostors.copy()
    spoilt[doubles] = 0.9999
    made = Scored(scored.genuine, spoilt)
    ((kept,), _) = found_rate_intervals([made], PEOPLE, [], RATE, 5)
    ((without,), _) = found_rate_intervals([made], PEOPLE, doubles.tolist(), RATE, 5)
    assert kept.value == 0
    plain = found_rate(made.genuine, threshold_at(np.delete(spoilt, doubles), RATE))
    assert without.value == pytest.approx(plain, abs=0.02)
    assert plain > 0.3


def test_a_better_model_shows_a_gain_and_the_same_model_none() -> None:
    """Lost: a profile ships as more accurate on luck, or a better one is not seen."""
    worse, better = model(1.2), model(0.7)
    _, gains = found_rate_intervals([worse, worse, better], PEOPLE, [], RATE, rounds=200)
    assert (gains[1].low, gains[1].value, gains[1].high) == (0, 0, 0)
    assert gains[2].low > 0


def test_few_people_make_a_wide_interval() -> None:
    """Lost: three million pairs of few people look surer than they are."""
    scored = model(1.0)
    few = Scored(scored.genuine, impostor_scores(unit(40)))
    many = Scored(scored.genuine, impostor_scores(unit(PEOPLE)))
    widths = []
    for each, people in ((few, 40), (many, PEOPLE)):
        ((shown,), _) = found_rate_intervals([each], people, [], 5e-3, rounds=200)
        widths.append(shown.high - shown.low)
    assert widths[0] > widths[1]


def test_share_of_what_is_right() -> None:
    """Lost: an accuracy without what it is worth."""
    right = np.array([True] * 990 + [False] * 10)
    shown = share_interval(right)
    assert shown.value == pytest.approx(0.99)
    assert 0.98 < shown.low < 0.99 < shown.high < 1


def unit(people: int) -> np.ndarray:
    """Return a random unit row a person."""
    rows = np.random.default_rng(9).normal(size=(people, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
