"""The five-point alignment, on points and pictures whose answer is known."""

import cv2
import numpy as np
import pytest

from lineament.vision.align import (
    CROP,
    crop_face,
    reference_points,
    similarity_transform,
)


def place(
    points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]
) -> np.ndarray:
    """Turn, scale and shift points."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ (scale * turn).T + shift


@pytest.mark.parametrize("degrees", [0, 17, -90, 180])
@pytest.mark.parametrize("scale", [0.2, 1, 7.5])
def test_transform_undoes_any_turn_scale_and_shift(degrees: float, scale: float) -> None:
    """A tilted, small or large face would be cut out askew, and its person not found again."""
    goal = reference_points(CROP)
    face = place(goal, degrees, scale, (300.0, -40.0))

    matrix = similarity_transform(face, goal)

    assert np.allclose(face @ matrix[:, :2].T + matrix[:, 2], goal, atol=1e-9)


def test_transform_is_the_least_squares_one() -> None:
    """With landmarks that no turn explains, a worse fit than the best would cost accuracy."""
    rng = np.random.default_rng(7)
    goal = reference_points(CROP)
    face = place(goal, 12, 2, (50, 60)) + rng.normal(0, 4, (5, 2))
    matrix = similarity_transform(face, goal)

    def error(a: float, b: float, x: float, y: float) -> float:
        return float(np.sum((face @ np.array([[a, b], [-b, a]]) + [x, y] - goal) ** 2))

    best = (matrix[0, 0], matrix[1, 0], matrix[0, 2], matrix[1, 2])
    for _ in range(200):
        assert error(*best) <= error(*(np.array(best) + rng.normal(0, 0.01, 4))) + 1e-9


def test_transform_never_mirrors() -> None:
    """A mirrored face is another face to a recogniser."""
    goal = reference_points(CROP)
    matrix = similarity_transform(goal * [-1, 1], goal)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_transform_refuses_a_single_point() -> None:
    """Landmarks that all coincide would give a crop full of NaN and a vector that matches all."""
    with pytest.raises(ValueError, match="all the same"):
        similarity_transform(np.ones((5, 2)), reference_points(CROP))


@pytest.mark.parametrize("scale", [1.0, 2.5, 9.0])
def test_crop_puts_the_landmarks_in_their_places(scale: float) -> None:
    """An offset of a pixel or two, growing with the face's size, costs accuracy unseen."""
    face = place(reference_points(CROP), 10, scale, (120, 60)).astype(np.float32)
    side = int(face.max() + 40 * scale)
    pixels = np.zeros((side, side, 3), np.uint8)
    for x, y in face:
        cv2.circle(
            pixels, (round(x * 16), round(y * 16)), round(4 * scale * 16), (255,) * 3, -1, 16, 4
        )

    crop = crop_face(pixels, face)[..., 0].astype(float)

    for x, y in reference_points(CROP):
        left, top = int(x) - 8, int(y) - 8
        patch = crop[top : top + 17, left : left + 17]
        rows, columns = np.mgrid[top : top + 17, left : left + 17]
        centre = (columns * patch).sum() / patch.sum(), (rows * patch).sum() / patch.sum()
        assert np.allclose(centre, (x, y), atol=0.35)


def test_crop_of_a_large_face_averages_instead_of_sampling() -> None:
    """Sampling every nth pixel of a large photo turns texture into noise."""
    pixels = np.zeros((1400, 1400, 3), np.uint8)
    pixels[::2] = 255
    face = place(reference_points(CROP), 0, 10, (100, 100)).astype(np.float32)

    crop = crop_face(pixels, face)

    assert np.abs(crop.astype(int) - 127).max() < 20


def test_crop_beyond_the_border_is_black() -> None:
    """A face at the border must not be filled with what the memory held."""
    face = place(reference_points(CROP), 0, 1, (-56, 0)).astype(np.float32)
    crop = crop_face(np.full((112, 112, 3), 200, np.uint8), face)
    assert crop[:, :50].max() == 0
    assert crop[:, 62:].min() == 200
