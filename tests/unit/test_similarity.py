"""The calibration from cosine to Similarity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain.similarity import Calibration

MAP = Calibration.from_knots([-1, 0.3, 0.5, 1], [0, 80, 99, 100])
COSINES = st.floats(-1, 1, width=32)


@given(COSINES, COSINES)
def test_a_higher_cosine_never_has_a_lower_similarity(one: float, other: float) -> None:
    """Else a search by threshold drops a better match and keeps a worse one."""
    low, high = sorted([one, other])
    assert MAP.similarity(low) <= MAP.similarity(high)


@given(COSINES)
def test_similarity_stays_on_the_wire_scale(cosine: float) -> None:
    """Else a client reads a Similarity under 0 or over 100."""
    assert 0 <= MAP.similarity(cosine) <= 100


def test_rounding_past_one_is_still_the_same_picture() -> None:
    """Else a picture compared with itself has a similarity over 100 or an error."""
    assert MAP.similarity(1.0000002) == 100
    assert MAP.similarity(-1.0000002) == 0


def test_the_operating_points_are_hit() -> None:
    """Else 80 and 99 do not mean the false match rates that they promise."""
    assert MAP.similarity(0.3) == 80
    assert MAP.similarity(0.5) == 99
    assert MAP.cosine(80) == pytest.approx(0.3)


@given(st.lists(COSINES, min_size=1))
def test_many_are_mapped_like_one(cosines: list[float]) -> None:
    """Else CompareFaces and SearchFaces disagree about the same two faces."""
    many = MAP.similarities_of(np.asarray(cosines, np.float32))
    assert many.tolist() == [MAP.similarity(float(np.float32(cosine))) for cosine in cosines]


@pytest.mark.parametrize(
    ("cosines", "similarities"),
    [
        ([-1, 1], [0, 99]),
        ([-1, 0.5, 0.4, 1], [0, 50, 80, 100]),
        ([-1, 0.4, 0.5, 1], [0, 80, 80, 100]),
        ([-1, 1], [0, 50, 100]),
        ([], []),
    ],
)
def test_a_table_that_does_not_rise_is_refused(
    cosines: list[float], similarities: list[float]
) -> None:
    """Else a broken calibration file ranks faces wrongly without a word."""
    with pytest.raises(ValueError, match="calibration"):
        Calibration.from_knots(cosines, similarities)
