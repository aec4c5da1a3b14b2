"""The statistics behind accuracy, match rates and calibration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lineament.domain import verification

SCORES = arrays(np.float32, st.integers(2, 200), elements=st.floats(-1, 1, width=32))


def test_every_pair_of_people_is_scored_once() -> None:
    """Else a false match rate counts some strangers twice and others never."""
    people = np.random.default_rng(1).normal(size=(7, 4)).astype(np.float32)
    scores = verification.impostor_scores(people)
    assert len(scores) == 21
    seen = set()
    for place, score in enumerate(scores):
        i, j = verification.pair_at(7, place)
        assert i < j
        assert score == pytest.approx(people[i] @ people[j], abs=1e-6)
        seen.add((i, j))
    assert len(seen) == 21


@given(SCORES, st.floats(0, 1))
def test_the_threshold_holds_its_rate_and_is_the_lowest_that_does(
    impostors: np.ndarray, rate: float
) -> None:
    """Else a reported TAR belongs to another false match rate than it says."""
    threshold = verification.threshold_at(impostors, rate)
    assert verification.false_match_rate(impostors, threshold) <= rate
    below = np.nextafter(np.float32(threshold), np.float32(-2))
    if threshold > -1:
        assert verification.false_match_rate(impostors, float(below)) > rate


def test_separable_folds_are_told_apart_without_error() -> None:
    """Else a perfect model looks imperfect."""
    folds = [
        (np.float32([0.8, 0.7 + fold / 100]), np.float32([0.1, 0.2 + fold / 100]))
        for fold in range(3)
    ]
    assert verification.fold_accuracies(folds) == [1.0, 1.0, 1.0]


def test_the_threshold_comes_from_the_other_folds() -> None:
    """Else accuracy is told of pairs that chose their own threshold."""
    easy = (np.float32([0.9, 0.9]), np.float32([0.1, 0.1]))
    shifted = (np.float32([0.05, 0.05]), np.float32([0.0, 0.0]))
    assert verification.fold_accuracies([easy, easy, shifted])[2] == 0.5


@given(SCORES, SCORES)
def test_no_other_threshold_makes_fewer_errors(genuine: np.ndarray, impostors: np.ndarray) -> None:
    """Else the accuracy that we report is below the model's."""

    def errors(threshold: float) -> int:
        return int(np.sum(genuine < threshold) + np.sum(impostors >= threshold))

    best = errors(verification.best_threshold(genuine, impostors))
    assert all(best <= errors(float(other)) for other in np.concatenate([genuine, impostors]))


def test_a_promise_is_kept_with_room() -> None:
    """Else Similarity 80 holds its rate on the fitted pairs only, by luck."""
    impostors = np.linspace(-1, 1, 1_000_000, dtype=np.float32)
    threshold = verification.promised_threshold(impostors, 1e-5)
    seen = verification.false_match_rate(impostors, threshold)
    assert 0 < seen < 0.6e-5  # the Poisson bound of 5 is 10.5, of 4 it is 9.2


def test_a_rate_that_the_pairs_cannot_show_is_refused() -> None:
    """Else a handful of pictures 'shows' one false match in a million."""
    with pytest.raises(ValueError, match="at least 2995733"):
        verification.promised_threshold(np.zeros(1000, np.float32), 1e-6)
