"""AWS's 30 landmarks, from the 68 of iBUG 300-W, the five that align a face, and the pupils.

Left and right are the image's. AWS documents names, not places; which of the 68 a name means was
read off recorded responses (docs/attributes/geometry.md, Landmarks).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Landmark
from lineament.vision.pupils import Pupils

FIVE = (("eyeLeft", 0), ("eyeRight", 1), ("mouthLeft", 3), ("mouthRight", 4), ("nose", 2))
"""AWS's default five, in AWS's order, with their row among the points that align a face."""
_DENSE: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("leftEyeBrowLeft", (17,)),
    ("leftEyeBrowRight", (21,)),
    ("leftEyeBrowUp", (19,)),
    ("rightEyeBrowLeft", (22,)),
    ("rightEyeBrowRight", (26,)),
    ("rightEyeBrowUp", (24,)),
    ("leftEyeLeft", (36,)),
    ("leftEyeRight", (39,)),
    ("leftEyeUp", (37, 38)),
    ("leftEyeDown", (40, 41)),
    ("rightEyeLeft", (42,)),
    ("rightEyeRight", (45,)),
    ("rightEyeUp", (43, 44)),
    ("rightEyeDown", (46, 47)),
    ("noseLeft", (31,)),
    ("noseRight", (35,)),
    ("mouthUp", (51,)),
    ("mouthDown", (57,)),
)
"""The next 18: the mean of these rows of the 68."""
_PUPILS = ("leftPupil", "rightPupil")
_JAW: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("upperJawlineLeft", (0,)),
    ("midJawlineLeft", (4,)),
    ("chinBottom", (8,)),
    ("midJawlineRight", (12,)),
    ("upperJawlineRight", (16,)),
)
"""The last five, likewise."""
NAMES = (
    *(name for name, _ in FIVE),
    *(name for name, _ in _DENSE),
    *_PUPILS,
    *(name for name, _ in _JAW),
)
"""All 30, in the order of recorded responses. Source: SPEC.md B.0, Landmark order."""


def thirty_landmarks(
    five: NDArray[np.float32], dense: NDArray[np.float32], pupils: Pupils, size: tuple[int, int]
) -> tuple[Landmark, ...]:
    """Return the 30 landmarks of a face, in AWS's order.

    Args:
        five: shape (5, 2): eyeLeft, eyeRight, nose, mouthLeft, mouthRight in pixels.
        dense: shape (68, 2), x and y in pixels, image side.
        pupils: of the same face.
        size: width and height of the picture whose pixels these are.
    """
    places = [
        *(five[row] for _, row in FIVE),
        *(_middle(dense, rows) for _, rows in _DENSE),
        *pupils.points,
        *(_middle(dense, rows) for _, rows in _JAW),
    ]
    return tuple(
        Landmark(name, float(x) / size[0], float(y) / size[1])
        for name, (x, y) in zip(NAMES, places, strict=True)
    )


def _middle(dense: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
    return np.asarray(dense[list(rows)].mean(axis=0))
