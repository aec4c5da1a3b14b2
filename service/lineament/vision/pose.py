"""Head pose: yaw and pitch from a network with 66 bins of three degrees, roll from the eyes.

Signs are AWS's, read off its documented samples: yaw is positive towards the image's right, pitch
upwards, roll clockwise. The network's own yaw has the other sign.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Pose
from lineament.vision.sessions import open_session

MODEL_FILE = "fr-pose.onnx"
_SIDE = 224
_BINS = 66
_DEGREES = 3.0
_LOWEST = -97.5
"""The middle of the first bin. With -99, a mirrored face read three degrees askew (median)."""
_GROWTH = 1.5
"""The network looks at the box grown by a quarter on each side."""
_MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32) * 255
_BATCH = 4


class PoseEstimator:
    """Estimates yaw, pitch and roll.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one batch.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    def __init__(self, model_dir: Path, threads: int = 2) -> None:
        """Load the network."""
        self._session = open_session(model_dir, MODEL_FILE, threads)

    def estimate(
        self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32], points: NDArray[np.float32]
    ) -> list[Pose]:
        """Return the pose of each face.

        Args:
            pixels: RGB, shape (height, width, 3).
            boxes: shape (n, 4): left, top, right, bottom in pixels; may leave the image.
            points: shape (n, 5, 2): the landmarks in pixels, the eyes first.
        """
        eyes = points[:, 1] - points[:, 0]
        rolls = np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))
        poses: list[Pose] = []
        for start in range(0, len(boxes), _BATCH):
            crops = np.stack([_crop(pixels, box) for box in boxes[start : start + _BATCH]])
            values = ((crops - _MEAN) / _DEVIATION).transpose(0, 3, 1, 2)
            yaws, pitches, _ = self._session.run(
                None, {"input": np.ascontiguousarray(values, np.float32)}
            )
            poses += [
                Pose(roll=float(roll), yaw=-float(yaw), pitch=float(pitch))
                for roll, yaw, pitch in zip(
                    rolls[start : start + _BATCH], _degrees(yaws), _degrees(pitches), strict=True
                )
            ]
        return poses


def _crop(pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cut the grown box out, black where the image ends, and resize it to the network's side."""
    left, top, right, bottom = (float(side) for side in box)
    width, height = (right - left) * _GROWTH, (bottom - top) * _GROWTH
    start = ((left + right) / 2 - width / 2, (top + bottom) / 2 - height / 2)
    scale = (_SIDE / max(width, 1.0), _SIDE / max(height, 1.0))
    last_pixel = np.array([pixels.shape[1] - 1, pixels.shape[0] - 1])
    first = np.clip(np.floor(start), 0, last_pixel).astype(int)
    last = np.ceil([start[0] + width, start[1] + height]).astype(int)
    part = pixels[first[1] : max(last[1], first[1] + 1), first[0] : max(last[0], first[0] + 1)]
    matrix = np.array(
        [
            [scale[0], 0, (first[0] - start[0]) * scale[0]],
            [0, scale[1], (first[1] - start[1]) * scale[1]],
        ]
    )
    shrink = min(1.0, 2 * max(scale))
    if shrink < 1.0:
        size = (max(round(part.shape[1] * shrink), 1), max(round(part.shape[0] * shrink), 1))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        matrix[:, :2] /= shrink
    return np.asarray(cv2.warpAffine(part, matrix, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR))


def _degrees(head: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the expected bin of each row of logits, in degrees."""
    weights = np.exp(head - head.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights @ np.arange(_BINS, dtype=np.float32) * _DEGREES + _LOWEST)
