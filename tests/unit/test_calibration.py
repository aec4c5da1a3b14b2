"""Fitting Similarity to false match rates."""

import numpy as np
import pytest

from lineament.domain import verification
from lineament.domain.calibration import fit_calibration


def impostors(count: int) -> np.ndarray:
    """Return cosines as strangers score: near 0.05, with a thin tail upwards."""
    return np.random.default_rng(7).normal(0.05, 0.09, count).astype(np.float32).clip(-1, 1)


def test_80_and_99_mean_what_they_promise() -> None:
    """Else a threshold that an operator trusts lets more strangers through than it says."""
    scores = impostors(3_600_000)
    calibration = fit_calibration(scores)
    assert verification.false_match_rate(scores, calibration.cosine(80)) <= 1e-5
    assert verification.false_match_rate(scores, calibration.cosine(99)) <= 1e-6
    fresh = np.random.default_rng(8).normal(0.05, 0.09, 3_600_000).astype(np.float32)
    assert verification.false_match_rate(fresh, calibration.cosine(80)) <= 1e-5


def test_strangers_stay_far_below_80() -> None:
    """Else a client's lower threshold of its own floods it with strangers."""
    scores = impostors(3_600_000)
    similarities = fit_calibration(scores).similarities_of(scores[:10_000])
    assert np.median(similarities) < 5
    assert np.quantile(similarities, 0.999) < 50


def test_too_few_people_cannot_promise_one_in_a_million() -> None:
    """Else an operator calibrates on a hundred people and believes the result."""
    with pytest.raises(ValueError, match="cannot show a false match rate of 1e-06"):
        fit_calibration(impostors(1_000_000))
