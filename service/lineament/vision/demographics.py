"""Age and apparent gender of a face, from three networks that were trained apart.

Two small ones of dlib-models look at a square that is cut out by the landmarks, and at its mirror
image; a MobileNet (HSE_FaceRec) looks at the box with a margin. Their mean is better than either.
What they say becomes a range and a confidence by fits on photos whose answer is known: figures,
and what is done badly, are in docs/attributes/demographics.md.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from lineament.domain.attributes import AgeRange, Gender
from lineament.vision.align import crop_face, sample_square
from lineament.vision.sessions import open_session

AGE_FILE, GENDER_FILE, BOTH_FILE = "age.onnx", "gender.onnx", "faceres.onnx"
_AGE_SIDE, _GENDER_SIDE, _BOTH_SIDE = 64, 32, 224
_FRAME = np.array(
    [[0.3091, 0.2951], [0.6768, 0.2939], [0.4884, 0.5100], [0.3292, 0.7084], [0.6641, 0.7078]]
)
"""Where the five points lie in dlib's face chip with a padding of 0.2, in parts of its side.

dlib cuts by the corners of the eyes and the base of the nose; these are means over 250 chips.
"""
_HEADS = ["gender_pred/Sigmoid", "age_pred/Softmax"]
_GROWTH = 1.4
"""The MobileNet looks at the box grown by a fifth on each side."""
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = 256.0
_SMALL_YEARS = np.array([0.25, *range(1, 81)], np.float32)
_LARGE_YEARS = np.arange(100, dtype=np.float32)
"""What the bins of the two age heads stand for."""
_BATCH = 2
"""Faces in one run: more gain no time, and take some 20 MB each."""
_LEAST = 1e-6
_LOWEST_FITTED, _HIGHEST_FITTED = 24.0, 76.0
"""Between these the faces with a known age lie; beyond, the offsets are carried on."""
_FOUR_FIFTHS = 1.2816
"""Deviations to either side of a normal distribution's middle that hold four fifths of it."""
_LOW_OFFSET = (-24.7, 0.815, -0.343, -0.222)
_HIGH_OFFSET = (-20.3, 1.18, -0.617, 1.08)
"""Of 1, age, age^2 / 50 and spread: what to add for the 10th and the 90th percentile."""
_MALE = (-0.581, 0.715, 1.27)
"""Of 1 and the two networks' log odds: the log odds of male."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the networks say of n faces."""

    ages: NDArray[np.float64]
    """Shape (n,): years, the mean of both networks."""
    spreads: NDArray[np.float64]
    """Shape (n,): how unsure they are, the mean of both standard deviations."""
    males: NDArray[np.float64]
    """Shape (n, 2): each network's log odds of male."""


class AgeGender:
    """Estimates age and apparent gender.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one batch.

    Raises:
        ModelUnavailable: a model is not installed.
    """

    def __init__(self, model_dir: Path, threads: int = 1) -> None:
        """Load the networks."""
        self._age = open_session(model_dir, AGE_FILE, threads)
        self._gender = open_session(model_dir, GENDER_FILE, threads)
        self._both = open_session(model_dir, BOTH_FILE, threads)

    def estimate(
        self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32], points: NDArray[np.float32]
    ) -> list[tuple[AgeRange, Gender]]:
        """Return age and apparent gender of each face.

        Args:
            pixels: RGB, shape (height, width, 3).
            boxes: shape (n, 4): left, top, right, bottom in pixels; may leave the image.
            points: shape (n, 5, 2): eyeLeft, eyeRight, nose, mouthLeft, mouthRight in pixels.

        Returns:
            The range holds the age four times in five; of answers at confidence c, c % are right:
            both as measured on the photos of docs/attributes/demographics.md.
        """
        found = self.look(pixels, boxes, points)
        return [
            (age_range(float(age), float(spread)), apparent_gender(float(age), *map(float, males)))
            for age, spread, males in zip(found.ages, found.spreads, found.males, strict=True)
        ]

    def look(
        self, pixels: NDArray[np.uint8], boxes: NDArray[np.float32], points: NDArray[np.float32]
    ) -> Evidence:
        """Return what the networks say, before any fit; arguments as for `estimate`."""
        count = len(boxes)
        ages, spreads = np.empty(count), np.empty(count)
        males = np.empty((count, 2))
        for start in range(0, count, _BATCH):
            rows = slice(start, start + _BATCH)
            small = _look_at_chips(self._age, pixels, points[rows], _AGE_SIDE)
            gender = _look_at_chips(self._gender, pixels, points[rows], _GENDER_SIDE)
            crops = np.stack([_grown(pixels, box) for box in boxes[rows]])
            values = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
            male, large = self._both.run(_HEADS, {"input_1": values})
            moments = _moments(small, _SMALL_YEARS), _moments(large, _LARGE_YEARS)
            ages[rows], spreads[rows] = np.mean(moments, axis=0)
            males[rows] = np.column_stack([_log_odds(gender[:, 1]), _log_odds(male[:, 0])])
        return Evidence(ages, spreads, males)


def age_range(age: float, spread: float) -> AgeRange:
    """Return the range that holds the age four times in five.

    Args:
        age: what the networks say, years.
        spread: how unsure they are, years.
    """
    share = min(age / _LOWEST_FITTED, 1.0)
    offsets = np.array([_LOW_OFFSET, _HIGH_OFFSET]) @ terms(age, spread)
    low, high = (age + share * float(offset) for offset in offsets)
    if age < _LOWEST_FITTED:  # not measured: the networks' own doubt is the least
        low = min(low, age - _FOUR_FIFTHS * spread)
        high = max(high, age + _FOUR_FIFTHS * spread)
    first = max(round(low), 0)
    return AgeRange(first, max(round(high), first + 1))


def terms(age: float, spread: float) -> tuple[float, float, float, float]:
    """Return what the offsets are factors of; arguments as for `age_range`."""
    fitted = min(max(age, _LOWEST_FITTED), _HIGHEST_FITTED)
    return 1.0, fitted, fitted**2 / 50, spread


def apparent_gender(age: float, small: float, large: float) -> Gender:
    """Return the gender that a face appears to be of.

    Of ten children's faces, the networks told four boys as girls, and were sure: below the youngest
    ages that were fitted, what they say counts in proportion to the age.

    Args:
        age: what the networks say, years.
        small: log odds of male by the small network.
        large: by the MobileNet.
    """
    level, first, second = _MALE
    odds = (level + first * small + second * large) * min(age / _LOWEST_FITTED, 1.0)
    confidence = 100 / (1 + np.exp(-abs(odds)))
    return Gender("Male" if odds > 0 else "Female", float(confidence))


def _look_at_chips(
    session: onnxruntime.InferenceSession,
    pixels: NDArray[np.uint8],
    points: NDArray[np.float32],
    side: int,
) -> NDArray[np.float32]:
    """Return the mean of what a network says of the chips and of their mirror images."""
    chips = np.stack([crop_face(pixels, face, side, _FRAME * side) for face in points])
    values = ((chips - _MEAN) / _SCALE).transpose(0, 3, 1, 2)
    both = np.concatenate([values, values[..., ::-1]])
    shares = session.run(None, {"images": np.ascontiguousarray(both, np.float32)})[0]
    return np.asarray(shares.reshape(2, len(points), -1).mean(axis=0), np.float32)


def _grown(pixels: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the grown box as a square; where the image ends, its border goes on."""
    left, top, right, bottom = (float(side) for side in box)
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    sides = np.array([max(right - left, 1.0), max(bottom - top, 1.0)]) * _GROWTH
    scale = np.diag(_BOTH_SIDE / sides)
    matrix = np.column_stack([scale, _BOTH_SIDE / 2 - scale @ centre])
    return sample_square(pixels, matrix, _BOTH_SIDE, float(scale.max()), cv2.BORDER_REPLICATE)


def _moments(
    shares: NDArray[np.float32], years: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation of each row, in years."""
    means = shares @ years
    return means, np.sqrt(np.maximum(shares @ years**2 - means**2, 0))


def _log_odds(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.log((shares + _LEAST) / (1 - shares + _LEAST)), np.float32)
