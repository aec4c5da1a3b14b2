"""Head pose from the 68 landmarks: no network of its own.

Roll is the slope of the line through the eyes. Yaw and pitch are a polynomial of the points' first
principal components, fitted on views rendered at known angles (docs/attributes/geometry.md, Pose).

Signs are AWS's, read off its documented samples: yaw is positive towards the image's right, pitch
upwards, roll clockwise. Taken in this order, roll undone first: of a head that is level, yaw is
where the nose points along the horizon and pitch its height above it.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Pose
from lineament.vision.landmarks import MIRRORED

_FIT_FILE = "pose_fit.json"
_EYES = slice(36, 42), slice(42, 48)
_SQUARED = 6
"""The first components, whose products and cubes count too."""
_STEEPEST = 90.0
"""Degrees of yaw and pitch: beyond them there is no face to see."""


@dataclass(frozen=True)
class _Fit:
    """What was fitted; c is the number of components, t that of the polynomial's terms."""

    mean: NDArray[np.float64]
    """Shape (136,): x, y of the 68 points of a levelled face."""
    basis: NDArray[np.float64]
    """Shape (136, c)."""
    largest: NDArray[np.float64]
    """Shape (c,): the largest size of each component among the faces of the fit."""
    weights: NDArray[np.float64]
    """Shape (t, 2): yaw and pitch, in degrees, per term."""
    zero_pitch: float
    """The fit's pitch of a face that looks straight ahead, in degrees."""


def estimate_poses(dense: NDArray[np.float32]) -> list[Pose]:
    """Return the pose of each face.

    Args:
        dense: shape (n, 68, 2): x and y in pixels, in the order of iBUG 300-W, image side.

    Returns:
        Degrees. A mirrored face has the same pitch and the opposite yaw and roll, exactly.
    """
    if not len(dense):
        return []
    points = np.asarray(dense, np.float64)
    level, rolls = _levelled(points)
    mirrored = level[:, MIRRORED] * (-1, 1)
    angles = (_yaw_and_pitch(level) + _yaw_and_pitch(mirrored) * (-1, 1)) / 2
    angles = np.clip(angles - (0, _fit().zero_pitch), -_STEEPEST, _STEEPEST)
    return [
        Pose(roll=float(roll), yaw=float(yaw), pitch=float(pitch))
        for roll, (yaw, pitch) in zip(rolls, angles, strict=True)
    ]


def _levelled(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points with level eyes, centred and of size 1, and the rolls in degrees."""
    left, right = (points[:, eye].mean(axis=1) for eye in _EYES)
    across = right - left
    roll = np.arctan2(across[:, 1], across[:, 0])
    cosine, sine = np.cos(roll)[:, None], np.sin(roll)[:, None]
    x, y = np.moveaxis(points - points.mean(axis=1, keepdims=True), 2, 0)
    level = np.stack([cosine * x + sine * y, cosine * y - sine * x], axis=2)
    size = np.sqrt((level**2).sum(axis=2).mean(axis=1))
    return level / np.maximum(size, 1e-9)[:, None, None], np.degrees(roll)


def _yaw_and_pitch(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the polynomial's values, shape (n, 2)."""
    fit = _fit()
    components = (level.reshape(len(level), -1) - fit.mean) @ fit.basis
    components = np.clip(components, -fit.largest, fit.largest)  # a polynomial is wild outside
    first = components[:, :_SQUARED]
    products = (first[:, :, None] * first[:, None])[:, *np.triu_indices(_SQUARED)]
    constant = np.ones((len(level), 1))
    return np.concatenate([constant, components, products, first**3], axis=1) @ fit.weights


@cache
def _fit() -> _Fit:
    data = json.loads(resources.files("lineament.vision").joinpath(_FIT_FILE).read_text("utf-8"))
    return _Fit(
        mean=np.array(data["mean"]),
        basis=np.array(data["basis"]).T,
        largest=np.array(data["largest"]),
        weights=np.array([data["weights"]["yaw"], data["weights"]["pitch"]]).T,
        zero_pitch=data["zero_pitch"],
    )
