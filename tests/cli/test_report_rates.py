"""Rates, intervals and comparisons of `lineament report`, on made-up vectors."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lineament.cli.reporting.accuracy import measure
from lineament.cli.reporting.intervals import Draws, exact, exact_ratio
from lineament.cli.reporting.labelled import Photo
from lineament.cli.reporting.looking import NO_FACE, Look, Looked
from lineament.cli.reporting.pairing import FLOOR, pair_up
from lineament.cli.reporting.rates import (
    FEWER,
    MORE,
    REFERENCE,
    TOO_SMALL,
    UNSHOWN,
    Counted,
    by_person,
    compare,
    false_matches,
    false_non_matches,
    rates_of,
)
from lineament.domain.similarity import Calibration

LINEAR = Calibration.from_knots([-1.0, 0.0, 1.0], [0.0, 0.001, 100.0])
"""Similarity is the cosine in percent, where that is positive."""


def crowd(
    vectors: Sequence[NDArray[np.float64] | None],
    people: Sequence[str],
    groups: Sequence[Mapping[str, str]] | None = None,
) -> Looked:
    """Return photos with these vectors, digests d0, d1, ..."""
    told = groups or [{}] * len(people)
    photos = tuple(
        Photo(Path(f"{n}.jpg"), f"{n}.jpg", who, group)
        for n, (who, group) in enumerate(zip(people, told, strict=True))
    )
    looks = tuple(
        Look(None, NO_FACE, 0, f"d{n}")
        if vector is None
        else Look((vector / np.linalg.norm(vector)).astype(np.float32), "", 1, f"d{n}")
        for n, vector in enumerate(vectors)
    )
    return Looked(photos, looks, tuple(sorted({name for group in told for name in group})))


def randoms(count: int, people: int, seed: int = 1) -> Looked:
    """Return photos of some people in four dimensions: a good part of strangers is alike."""
    chance = np.random.default_rng(seed)
    vectors: list[NDArray[np.float64] | None] = list(chance.normal(size=(count, 4)))
    for missing in range(0, count, 9):
        vectors[missing] = None
    owners = [f"p{each}" for each in chance.integers(0, people, count)]
    return crowd(vectors, owners, [{"g": "ab"[n % 2]} for n in range(count)])


@pytest.mark.parametrize("trials", [1, 30, 535, 7_000_000])
def test_no_error_is_no_proof(trials: int) -> None:
    """Lost: a group without errors is told to have a rate of 0, however few its pairs."""
    none, all_wrong = exact(0, trials), exact(trials, trials)
    bound = 1 - math.exp(math.log(0.025) / trials)
    assert (none.low, all_wrong.high) == (0.0, 1.0)
    assert none.high == pytest.approx(bound, rel=1e-6)
    assert all_wrong.low == pytest.approx(1 - bound, rel=1e-6)


@pytest.mark.parametrize(("errors", "trials"), [(28, 535), (1, 10), (9, 10), (200, 400)])
def test_an_exact_interval_ends_where_the_count_is_a_rarity(errors: int, trials: int) -> None:
    """Lost: the intervals are not those of Clopper and Pearson."""
    found = exact(errors, trials)

    def chance(counts: Sequence[int], share: float) -> float:
        return sum(math.comb(trials, n) * share**n * (1 - share) ** (trials - n) for n in counts)

    assert chance(range(errors, trials + 1), found.low) == pytest.approx(0.025, rel=1e-6)
    assert chance(range(errors + 1), found.high) == pytest.approx(0.025, rel=1e-6)


def test_a_ratio_to_nothing_has_no_upper_end() -> None:
    """Lost: a reference without errors makes every other group infinitely worse for certain."""
    found = exact_ratio(5, 1000, 0, 1000)
    assert (found.value, found.high) == (math.inf, math.inf)
    assert 0 < found.low < 1
    mirrored = exact_ratio(0, 1000, 5, 1000)
    assert mirrored.high == pytest.approx(1 / found.low)


@pytest.mark.parametrize("listed", [False, True])
def test_matches_and_pairs_are_those_of_a_loop(listed: bool) -> None:
    """Lost: the matrix way of counting leaves out pairs, or counts some twice."""
    looked = randoms(120, 40)
    chosen = list(combinations(range(120), 2))[::7] if listed else None
    confirmed = {"d1 d2": "one", "d3 d900": "elsewhere"}
    trials = pair_up(looked, LINEAR, confirmed, chosen)
    group = looked.groups("g")["a"]
    draws = Draws(int(trials.people.max()) + 1, 20)
    counted = false_matches(trials, group, [60.0, 90.0], draws)
    one = {looked.photos[1].person, looked.photos[2].person}
    scores = [
        LINEAR.similarity(float(a.vector @ b.vector))
        for i, j in chosen or combinations(range(120), 2)
        if group[i] and group[j]
        and (a := looked.looks[i]).vector is not None
        and (b := looked.looks[j]).vector is not None
        and len(who := {looked.photos[i].person, looked.photos[j].person}) == 2
        and who != one
    ]  # fmt: skip
    assert counted.trials == len(scores)
    assert counted.errors.tolist() == [sum(s >= at for s in scores) for at in (60, 90)]
    assert 0 < counted.errors[1] < counted.errors[0]


def test_drawing_people_weighs_their_pairs() -> None:
    """Lost: people who are drawn twice are compared with themselves, or count once."""
    looked = randoms(60, 20)
    trials = pair_up(looked, LINEAR, {"d1 d2": "one"})
    everybody = np.ones(60, bool)
    (weights,) = Draws(int(trials.people.max()) + 1, 3).weights()
    same = {frozenset((int(trials.people[1]), int(trials.people[2])))}
    for row, told in zip(weights, trials.comparisons(everybody, weights), strict=True):
        counted = sum(
            row[one] * row[other]
            for i, j in combinations(np.flatnonzero(trials.enrolled), 2)
            if (one := int(trials.people[i])) != (other := int(trials.people[j]))
            and frozenset((one, other)) not in same
        )
        assert told == pytest.approx(counted)


def test_a_similarity_that_equals_the_threshold_matches() -> None:
    """Lost: the report counts by another rule than the service answers by."""
    looked = crowd([np.array([1.0, 0]), np.array([1.0, 0]), np.array([0, 1.0])], ["a", "b", "c"])
    trials = pair_up(looked, LINEAR, {})
    counted = false_matches(trials, np.ones(3, bool), [float(FLOOR), 100.0], Draws(3, 5))
    assert counted.errors.tolist() == [1, 1]


def test_one_persons_many_photos_are_no_proof() -> None:
    """Lost: forty bad photos of one person look like forty bad results."""
    people = np.repeat([0], 40).tolist() + list(range(1, 61))
    wrong = np.array([[True]] * 40 + [[False]] * 60)
    (found,) = rates_of(by_person(np.array(people), wrong, Draws(61)), [80.0])
    alone = exact(40, 100)
    assert found.value == pytest.approx(0.4)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.05 < alone.low
    assert found.high > alone.high


def test_people_with_one_trial_each_have_the_exact_interval() -> None:
    """Lost: 28 of 535 searched people have another interval than every textbook gives them."""
    wrong = np.arange(535)[:, None] < 28
    (rate,) = rates_of(by_person(np.arange(535), wrong, Draws(535), alone=True), [80.0])
    found = exact(28, 535)
    assert (rate.value, rate.low, rate.high) == (found.value, found.low, found.high)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Lost: intervals that look like 95 % and miss the truth in every third report."""
    chance = np.random.default_rng(7)
    held = naive = 0
    for _ in range(200):
        propensity = chance.beta(0.5, 4.5, 80)
        people = np.repeat(np.arange(80), 6)
        wrong = chance.random(480) < propensity[people]
        (rate,) = rates_of(by_person(people, wrong[:, None], Draws(80, 200)), [80.0])
        assert rate.low is not None
        assert rate.high is not None
        held += rate.low <= 0.1 <= rate.high
        alone = exact(rate.errors, 480)
        naive += alone.low <= 0.1 <= alone.high
    assert held >= 182
    assert naive < held


def group(people: int, trials: int, errors: int) -> Counted:
    chance = np.random.default_rng(people)
    drawn = chance.binomial(trials, errors / trials, (500, 1)) / trials
    return Counted(people, trials, np.array([errors]), np.array([float(trials)]), drawn)


def test_groups_are_judged_by_what_can_be_shown() -> None:
    """Lost: a handful of people is called the worst group, or a real difference is not told."""
    groups = {
        "most": group(500, 10_000, 100),
        "worse": group(100, 2000, 80),
        "better": group(300, 5000, 10),
        "alike": group(100, 2000, 22),
        "tiny": group(5, 100, 60),
        "few pairs": group(40, 100, 2),
    }
    told = compare(groups, [80.0], 0, "most")
    assert {each.group: each.rates[0].verdict for each in told} == {
        "worse": MORE,
        "few pairs": TOO_SMALL,
        "alike": UNSHOWN,
        "most": REFERENCE,
        "better": FEWER,
        "tiny": TOO_SMALL,
    }
    assert [each.group for each in told] == [
        "worse", "few pairs", "alike", "most", "better", "tiny",
    ]  # fmt: skip
    ratio = told[0].rates[0]
    assert ratio.ratio == pytest.approx(4)
    assert ratio.ratio_low is not None
    assert 2 < ratio.ratio_low < 4


def test_photos_without_a_face_count_against_the_service() -> None:
    """Lost: whoever the detector does not find disappears from the figures."""
    east, north = np.array([1.0, 0]), np.array([0, 1.0])
    looked = crowd(
        [east, east, None, north, None, None],
        ["a", "a", "a", "b", "b", "c"],
        [{"g": each} for each in "xxxyyy"],
    )
    report = measure(looked, pair_up(looked, LINEAR, {}), [80.0], rounds=50)
    assert (report.failure_to_enrol.errors, report.failure_to_enrol.trials) == (3, 6)
    assert report.failures == {NO_FACE: 3}
    (kept,), (whole,) = report.overall.false_non_match, report.overall.missed_with_failures
    assert (kept.errors, kept.trials) == (0, 1)
    assert (whole.errors, whole.trials) == (3, 4)
    (column,) = report.columns
    assert [(each.group, each.rates[0].errors) for each in column.failure_to_enrol] == [
        ("y", 2),
        ("x", 1),
    ]


def test_two_names_of_one_person_are_no_strangers() -> None:
    """Lost: wrong labels are told as false matches although somebody has looked."""
    east = np.array([1.0, 0])
    looked = crowd([east, east, east, np.array([0, 1.0])], ["a", "b", "b", "c"])
    counted = measure(looked, pair_up(looked, LINEAR, {}), [80.0], rounds=20)
    assert counted.overall.false_match[0].errors == 2
    told = measure(looked, pair_up(looked, LINEAR, {"d0 d1": "one"}), [80.0], rounds=20)
    assert (told.overall.false_match[0].errors, told.overall.false_match[0].trials) == (0, 3)
    assert told.confirmed_same == 1


def test_a_group_without_pairs_is_shown_without_a_rate() -> None:
    """Lost: a division by nothing ends the report, or tells a perfect rate."""
    looked = crowd([np.array([1.0, 0]), np.array([0, 1.0])], ["a", "b"])
    trials = pair_up(looked, LINEAR, {})
    counted = false_non_matches(trials, np.ones(2, bool), [80.0], Draws(2, 5))
    (rate,) = rates_of(counted, [80.0])
    assert (rate.value, rate.trials) == (None, 0)
