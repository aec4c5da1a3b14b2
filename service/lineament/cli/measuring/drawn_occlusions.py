"""Things drawn over aligned crops, where real photos of them are rare: for fitting, not measuring.

Places follow the points to which `align.reference_points` brings every face of 112 pixels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Crop = NDArray[np.uint8]
"""RGB, shape (112, 112, 3)."""
Random = np.random.Generator

_LEFT_EYE, _RIGHT_EYE, _MOUTH = (38, 52), (74, 52), (56, 92)
_CHANCE = 0.5


def dark_glasses(crop: Crop, random: Random) -> Crop:
    """Draw dark lenses with a bridge and side pieces."""
    drawn = crop.copy()
    colour = _colour(random, 5, 70)
    wide, high = int(random.integers(13, 19)), int(random.integers(8, 15))
    rise = int(random.integers(-2, 5))
    level = _LEFT_EYE[1] + rise
    for eye in (_LEFT_EYE, _RIGHT_EYE):
        place = (eye[0], level)
        if random.random() < _CHANCE:
            cv2.ellipse(drawn, place, (wide, high), 0, 0, 360, colour, -1, cv2.LINE_AA)
        else:
            corner, other = (eye[0] - wide, level - high), (eye[0] + wide, level + high)
            cv2.rectangle(drawn, corner, other, colour, -1, cv2.LINE_AA)
        if random.random() < _CHANCE:  # a reflection
            shine = (eye[0] - wide // 3, level - high // 3)
            cv2.circle(drawn, shine, int(random.integers(2, 5)), (200, 200, 210), -1, cv2.LINE_AA)
    frame, thick = _colour(random, 0, 60), int(random.integers(1, 4))
    cv2.line(drawn, (_LEFT_EYE[0] + wide, level), (_RIGHT_EYE[0] - wide, level), frame, thick)
    cv2.line(drawn, (_LEFT_EYE[0] - wide, level), (0, level - 3), frame, thick)
    cv2.line(drawn, (_RIGHT_EYE[0] + wide, level), (111, level - 3), frame, thick)
    return _settled(drawn, random)


def face_mask(crop: Crop, random: Random) -> Crop:
    """Draw a mask from the nose to below the chin."""
    top = int(random.integers(60, 76))
    sag = int(random.integers(2, 10))
    outline = [
        (8, top + sag),
        (56, top),
        (104, top + sag),
        (96, 105),
        (80, 112),
        (32, 112),
        (16, 105),
    ]
    drawn = crop.copy()
    cv2.fillPoly(drawn, [np.array(outline, np.int32)], _colour(random, 20, 255), cv2.LINE_AA)
    for row in range(top + 10, 110, int(random.integers(8, 14))):  # folds
        cv2.line(drawn, (14, row), (98, row), _colour(random, 90, 200), 1, cv2.LINE_AA)
    return _settled(drawn, random)


def something_held(crop: Crop, other: Crop, random: Random) -> Crop:
    """Put a piece of another picture, or a plain shape, over the mouth or an eye.

    Args:
        crop: the face.
        other: where the piece's colours and grain come from: skin, hair, cloth.
        random: what is drawn and where.
    """
    at = (_MOUTH, _MOUTH, _LEFT_EYE, _RIGHT_EYE)[int(random.integers(4))]
    place = (at[0] + int(random.integers(-10, 11)), at[1] + int(random.integers(-6, 7)))
    axes = (int(random.integers(13, 34)), int(random.integers(11, 24)))
    shape = np.zeros(crop.shape[:2], np.uint8)
    cv2.ellipse(shape, place, axes, float(random.integers(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
    if random.random() < _CHANCE:
        filling = np.roll(other, random.integers(20, 92, 2), (0, 1))
    else:
        filling = np.full_like(crop, 0) + np.array(_colour(random, 10, 245), np.uint8)
    share = (shape / 255.0)[..., np.newaxis]
    return _settled((crop * (1 - share) + filling * share).astype(np.uint8), random)


def _colour(random: Random, least: int, most: int) -> tuple[int, int, int]:
    grey = int(random.integers(least, most))
    red, green, blue = np.clip(grey + random.integers(-25, 26, 3), 0, 255)
    return int(red), int(green), int(blue)


def _settled(crop: Crop, random: Random) -> Crop:
    """Soften edges and add grain, so that a drawn edge is no sign by itself."""
    soft = cv2.GaussianBlur(crop, (0, 0), float(random.uniform(0.5, 1.1)))
    grain = random.normal(0, float(random.uniform(1, 6)), crop.shape)
    return np.asarray(np.clip(soft + grain, 0, 255), np.uint8)
