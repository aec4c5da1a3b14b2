"""Finer landmarks: 68 points from a small network, of which alignment needs five.

The detector's own points follow its coarse cells. With these, recognition is better at every rate
(docs/models.md), for some two milliseconds a face.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.vision.align import sample_square, similarity_transform
from lineament.vision.cores import on_all_cores, portions
from lineament.vision.sessions import open_session

MODEL_FILE = "fr-landmark.onnx"
_SIDE = 64
_TO_MIDDLE = 0.5
"""The network counts from a pixel's edge, `warpAffine` from its middle. Without this, a mirrored
photo had its points one pixel of the network's (0.04 eye distances) from where it should."""
_GROWTH = 1.1
"""The network looks at the box grown by a twentieth on each side, turned upright by the eyes."""
_LARGEST_SHIFT = 0.2
"""Of the box's height. Points that move further, on average, belong to something else: on 3,787
faces of LFW none moved by more than 0.074."""
_PORTION = 4
"""Faces that a core is given at a time."""
_EYE_LEFT, _EYE_RIGHT = slice(36, 42), slice(42, 48)
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 30, 48, 54
MIRRORED = np.concatenate(
    [
        np.arange(17)[::-1],  # jaw
        np.arange(17, 27)[::-1],  # brows
        np.arange(27, 31),  # bridge of the nose
        np.arange(31, 36)[::-1],  # its wings
        [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40],  # eyes
        np.arange(48, 55)[::-1],  # outer lips, upper and lower
        np.arange(55, 60)[::-1],
        np.arange(60, 65)[::-1],  # inner lips
        np.arange(65, 68)[::-1],
    ]
)
"""Where each of the 68 points lies in a mirrored face."""


class LandmarkRefiner:
    """Puts a detector's five points where 68 finer ones say.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one face.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    def __init__(self, model_dir: Path, threads: int = 1) -> None:
        """Load the network."""
        self._session = open_session(model_dir, MODEL_FILE, threads)
        self._portion = _PORTION if threads == 1 else 0

    def refine(
        self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32], points: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return better points, and all 68.

        Where the network does not make out the face, its points stay as they are, and the 68 are
        moved, turned and scaled to fit them.

        Args:
            pixels: RGB, shape (height, width, 3).
            boxes: shape (n, 4): left, top, right, bottom in pixels; may leave the image.
            points: shape (n, 5, 2): eyeLeft, eyeRight, nose, mouthLeft, mouthRight in pixels.

        Returns:
            As `points`, and shape (n, 68, 2), see `dense`. The points that align a face lie half a
            pixel of the network's right of and below the mean of the 68 that they come from:
            everything that is fitted to crops (profiles, attributes) was fitted with that.
        """
        refined = np.array(points, np.float32)
        dense = self.dense(pixels, boxes, points)
        for row, (box, rough) in enumerate(zip(boxes, points, strict=True)):
            fine = five_of(dense[row]) + _half_a_pixel(box, rough)
            if np.linalg.norm(fine - rough, axis=1).mean() <= _LARGEST_SHIFT * (box[3] - box[1]):
                refined[row] = fine
            else:
                matrix = similarity_transform(fine, rough)
                dense[row] = dense[row] @ matrix[:, :2].T + matrix[:, 2]
        return refined, dense.astype(np.float32)

    def dense(
        self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32], points: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return the 68 points of each face, in the order of iBUG 300-W, image side.

        The mean of what the network sees and of what it sees in the mirror.

        Args:
            pixels: RGB, shape (height, width, 3).
            boxes: shape (n, 4): left, top, right, bottom in pixels.
            points: shape (n, 5, 2), the eyes first; they tell which way is up.

        Returns:
            Shape (n, 68, 2), x and y in pixels.
        """

        def look(part: slice) -> NDArray[np.float64]:
            matrices = [_to_upright(*face) for face in zip(boxes[part], points[part], strict=True)]
            middles = self._run(np.stack([_sample(pixels, matrix) for matrix in matrices]))
            backs = [cv2.invertAffineTransform(matrix) for matrix in matrices]
            return np.stack(
                [
                    middle @ back[:, :2].T + back[:, 2]
                    for middle, back in zip(middles, backs, strict=True)
                ]
            )

        found = on_all_cores(look, portions(len(boxes), self._portion))
        return np.concatenate([np.empty((0, 68, 2)), *found])

    def _run(self, squares: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the points within squares of shape (n, 64, 64), shape (n, 68, 2), in pixels."""
        seen = squares[:, np.newaxis].astype(np.float32) / 255
        both = np.concatenate([seen, seen[..., ::-1]])
        output = self._session.run(None, {"input": both})[0].reshape(2, len(squares), 68, 2)
        straight, mirrored = output.astype(np.float64)
        mirrored[..., 0] = 1 - mirrored[..., 0]
        return np.asarray((straight + mirrored[:, MIRRORED]) / 2 * _SIDE - _TO_MIDDLE)


def five_of(dense: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return eyeLeft, eyeRight, nose, mouthLeft, mouthRight, shape (5, 2), of 68 points.

    An eye is the mean of its six points, the nose its tip, the mouth its outer corners.
    """
    eyes = dense[_EYE_LEFT].mean(axis=0), dense[_EYE_RIGHT].mean(axis=0)
    return np.stack([*eyes, dense[_NOSE], dense[_MOUTH_LEFT], dense[_MOUTH_RIGHT]])


def _half_a_pixel(box: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return half the diagonal of a pixel of the network, shape (2,), in the picture's pixels."""
    back = cv2.invertAffineTransform(_to_upright(box, points))
    return np.asarray(back[:, :2] @ np.full(2, _TO_MIDDLE), np.float64)


def _to_upright(box: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the shape (2, 3) matrix from pixels to the network's square."""
    left, top, right, bottom = (float(side) for side in box)
    across, down = (float(step) for step in points[1] - points[0])
    length = float(np.hypot(across, down)) or 1.0
    cosine, sine = across / length, down / length
    width, height = max(right - left, 1.0) * _GROWTH, max(bottom - top, 1.0) * _GROWTH
    turn = np.diag([_SIDE / width, _SIDE / height]) @ np.array([[cosine, sine], [-sine, cosine]])
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    return np.column_stack([turn, np.full(2, _SIDE / 2) - turn @ centre])


def _sample(pixels: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the square in grey, shape (64, 64); a face larger than it is averaged down."""
    scale = float(np.linalg.norm(matrix[:, :2], axis=1).max())
    square = sample_square(pixels, matrix, _SIDE, scale, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), np.uint8)
