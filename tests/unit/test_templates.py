"""The one vector that stands for a user's faces."""

import numpy as np
import pytest

from lineament.domain.faces import Matrix
from lineament.domain.templates import template


def unit(rows: np.ndarray) -> Matrix:
    """Return the rows at length one."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def faces(count: int, seed: int = 3) -> Matrix:
    """Return noisy looks at one person."""
    draws = np.random.default_rng(seed)
    return unit(draws.normal(size=128) + draws.normal(size=(count, 128)))


def test_template_points_where_no_single_face_does() -> None:
    """Lost: a user is searched by one photo, with all that the photo has of its own."""
    looks = faces(7)
    found = template(looks)
    assert found.dtype == np.float32
    direction = found / np.linalg.norm(found)
    others = np.vstack([looks, faces(200, seed=4)])
    assert (looks @ direction).mean() > (looks @ others.T).mean(axis=0).max()


def test_template_is_the_shorter_the_more_its_faces_differ() -> None:
    """Lost: strangers reach Similarity 80 more often with a user than with a face."""
    looks = faces(40)
    lengths = [float(np.linalg.norm(template(looks[:count]))) for count in (1, 2, 40)]
    mean = float(np.linalg.norm(looks.mean(axis=0)))
    assert lengths == sorted(lengths, reverse=True)
    assert mean < lengths[-1] < 1
    assert np.linalg.norm(template(looks[[0, 0, 0]])) == pytest.approx(1, abs=1e-6)


def test_every_face_counts_the_same() -> None:
    """Lost: associating faces in another order gives another user."""
    looks = faces(9)
    assert template(looks[::-1]) == pytest.approx(template(looks), abs=1e-7)


def test_one_face_is_its_own_template() -> None:
    """Lost: a user of one face has another Similarity than the face."""
    (look,) = faces(1)
    assert template(look[np.newaxis]) == pytest.approx(look, abs=1e-7)


def test_vectors_that_cancel_out_leave_the_first() -> None:
    """Lost: NaN, or rounding noise for a direction, in every search of users."""
    (look,) = faces(1)
    assert np.array_equal(template(np.stack([look, -look])), look)
    stored = np.stack([look, -(look.astype(np.float16).astype(np.float32))])
    assert np.array_equal(template(stored), look)


def test_a_template_of_nothing_is_refused() -> None:
    """Lost: a user without faces is found at Similarity NaN."""
    with pytest.raises(ValueError, match="at least one"):
        template(np.empty((0, 128), np.float32))
