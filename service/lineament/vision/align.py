"""Cut a face out so that its eyes, nose and mouth always lie at the same places."""

import cv2
import numpy as np
from numpy.typing import NDArray

CROP = 112
"""Side of the square that recognisers look at, pixels."""
_MOST_SAMPLES = 16
"""Along each side of a pixel of the crop."""
_REFERENCE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""x, y of eyeLeft, eyeRight, nose, mouthLeft, mouthRight in a 112-pixel crop, as in ArcFace."""


def reference_points(size: int) -> NDArray[np.float64]:
    """Return where the five points belong in a crop.

    Args:
        size: the crop's side, pixels.

    Returns:
        Shape (5, 2), x and y in pixels.
    """
    return _REFERENCE * (size / CROP)


def similarity_transform(
    source: NDArray[np.floating], target: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the rotation, scale and shift that best takes points to points (least squares).

    Never mirrors. In the plane, Umeyama's solution needs no decomposition: with both sets centred
    and read as complex numbers, the factor is <source, target> / <source, source>.

    Args:
        source: shape (n, 2), x and y; n at least 2.
        target: shape (n, 2).

    Returns:
        Shape (2, 3), for column vectors (x, y, 1).

    Raises:
        ValueError: all source points are one.
    Source: S. Umeyama, Least-squares estimation of transformation parameters, PAMI 1991.
    """
    start, end = source.mean(axis=0), target.mean(axis=0)
    points = (source - start) @ np.array([1, 1j])
    goals = (target - end) @ np.array([1, 1j])
    spread = np.vdot(points, points).real
    if not spread > 0:
        raise ValueError("the points to align are all the same")
    factor = np.vdot(points, goals) / spread
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, end - turn @ start])


def crop_face(
    pixels: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    size: int = CROP,
    target: NDArray[np.float64] | None = None,
) -> NDArray[np.uint8]:
    """Cut out one face upright.

    A face much larger than the crop is averaged down first, see `sample_square`: bilinear sampling
    alone would see every nth pixel and alias.

    Args:
        pixels: RGB, shape (height, width, 3).
        landmarks: shape (5, 2), x and y in pixels: eyeLeft, eyeRight, nose, mouthLeft, mouthRight.
        size: the crop's side.
        target: where the five points belong in the crop, shape (5, 2); by default as recognisers
            want them.

    Returns:
        RGB, shape (size, size, 3); black where the image ends.
    """
    goal = reference_points(size) if target is None else target
    matrix = similarity_transform(landmarks.astype(np.float64), goal)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    return sample_square(pixels, matrix, size, scale, cv2.BORDER_CONSTANT)


def sample_square(
    pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, scale: float, border: int
) -> NDArray[np.uint8]:
    """Return the square that a matrix takes pixels to; what is much larger is averaged down first.

    Args:
        pixels: RGB, shape (height, width, 3).
        matrix: shape (2, 3), from `pixels` to the square.
        size: the square's side.
        scale: by what the matrix multiplies lengths, where it does least to shrink them.
        border: what there is where the image ends, one of OpenCV's BORDER_.

    Returns:
        RGB, shape (size, size, 3).
    """
    times = max(1, min(int(1 / scale), _MOST_SAMPLES)) if scale > 0 else 1
    side = (size * times, size * times)
    square = cv2.warpAffine(
        pixels, _pixel_centres(matrix, times), side, flags=cv2.INTER_LINEAR, borderMode=border
    )
    if times > 1:
        square = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(square, np.uint8)


def _pixel_centres(matrix: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Scale the target by `factor` about pixel corners, so that block averages stay in place."""
    scaled = matrix * factor
    scaled[:, 2] += (factor - 1) / 2
    return scaled
