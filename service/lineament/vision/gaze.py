"""Where the eyes look, by geometry: the pupil's place between the corners, and the head's pose.

An eye turns about a point a little behind the line through its corners. Its pupil lies
`_PUPIL_DEPTH` in front of that point, so that

    pupil - middle of the corners = _PUPIL_DEPTH * gaze - _CORNER_DEPTH * (where the head faces)

in the picture, in millimetres, where the eye distance of a face that is not turned is
`_EYE_DISTANCE`. Signs are those of `Pose`, and the camera is the reference, not the head: eyes that
look into it have yaw and pitch 0. What was measured: docs/attributes/geometry.md, EyeDirection.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import EyeDirection
from lineament.domain.faces import Pose
from lineament.vision.pose import estimate_poses
from lineament.vision.pupils import EYES, Pupils

_EYE_DISTANCE = 62.0
"""Between the pupils of adults, mean."""
_PUPIL_DEPTH = 10.0
_CORNER_DEPTH = 3.0
_REST = np.array([[-1.3, -2.0], [1.3, -2.0]])
"""Where a pupil that looks ahead lies from the middle of its eye's corners: mean of 34 faces whose
eyes look ahead. X and y, the image's left eye first."""
_NARROWEST = 0.35
"""Cosine of a turn up to which the eye distance tells how large a face is."""
_STEEPEST = 0.95
"""Sine: no eye turns further from the camera and still shows its pupil."""
_FLOOR = 1.1
"""Standard error that is always there, for corners are found no better."""
_PIXEL = 0.15
"""Standard error of a pupil, in pixels."""
_ALONE = 1.3
"""Standard error of one eye when the other cannot be seen: half of what two eyes differ by."""
_CLOSE = 10.0
"""Degrees: Confidence is the probability that the direction is no further off than this."""


def estimate(dense: NDArray[np.float32], pupils: Sequence[Pupils]) -> list[EyeDirection | None]:
    """Return where the eyes of each face look; None where both are shut or too small to see.

    Args:
        dense: shape (n, 68, 2): x and y in pixels, in the order of iBUG 300-W, image side.
        pupils: of the same faces.
    """
    return [
        _direction(np.asarray(face, np.float64), found, pose)
        for face, found, pose in zip(dense, pupils, estimate_poses(dense), strict=True)
    ]


def _direction(face: NDArray[np.float64], pupils: Pupils, pose: Pose) -> EyeDirection | None:
    if not pupils.seen.any():
        return None
    roll, yaw, pitch = (math.radians(angle) for angle in (pose.roll, pose.yaw, pose.pitch))
    upright = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    left, right = (face[eye].mean(axis=0) for eye in EYES)
    pixels = float(np.hypot(*(right - left))) / max(math.cos(yaw), _NARROWEST)
    millimetre = max(pixels, 1e-6) / _EYE_DISTANCE
    corners = np.stack([(face[eye][0] + face[eye][3]) / 2 for eye in EYES])
    offsets = (pupils.points - corners) @ upright.T / millimetre - _REST
    facing = np.array([math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
    gaze = (offsets[pupils.seen].mean(axis=0) + _CORNER_DEPTH * facing) / _PUPIL_DEPTH
    across, down = np.clip(gaze, -_STEEPEST, _STEEPEST)
    return EyeDirection(
        yaw=math.degrees(math.atan2(across, math.sqrt(max(1 - across**2 - down**2, 1e-6)))),
        pitch=-math.degrees(math.asin(down)),
        confidence=_confidence(offsets, pupils.seen, millimetre),
    )


def _confidence(offsets: NDArray[np.float64], seen: NDArray[np.bool_], millimetre: float) -> float:
    """Return how probable it is that the direction is right to `_CLOSE` degrees.

    The error is taken as normal in both angles, from the eyes' size in pixels and from how far
    they disagree, which is what a wrong pupil shows first.
    """
    apart = float(np.linalg.norm(offsets[1] - offsets[0])) / 2 if seen.all() else _ALONE
    error = math.sqrt(_FLOOR**2 + (_PIXEL / millimetre) ** 2 + apart**2 / 2)
    degrees = math.degrees(error / _PUPIL_DEPTH)
    return 100 * (1 - math.exp(-((_CLOSE / degrees) ** 2) / 2))
