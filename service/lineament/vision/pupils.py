"""Where the pupils are: the dark disc of an iris's size within the lids, from the pixels alone.

Three maps of an eye are added, each in units of its own spread: how much darker a disc of an iris's
size is than what lies left and right of it, how many edges of such a disc point away from its
middle, and how dark the place is. The pupil is the top of the sum. How well that works:
docs/attributes/geometry.md.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

EYES = slice(36, 42), slice(42, 48)
"""The rows of the two eyes among 68 points: outer corner, lid, lid, inner corner, lid, lid for the
one at the image's left, inner and outer exchanged for the other."""
_SIDE = 32
"""Pixels of an eye's square."""
_REACH = 0.24
"""Half of that square's side. This and what follows is in parts of the eye distance."""
_IRIS = 0.095
"""Radius: 11.7 mm across at 62 mm between the eyes."""
_DARKNESS = 0.5
"""Weight of the third map."""
_SHUT = 0.16
"""An eye whose lids are nearer than this part of its width is not looked into."""
_MOUTH = 0.8
"""Eye distances from the eyes to the mouth, or a little less: tells of a turned face's size."""


@dataclass(frozen=True, slots=True)
class Pupils:
    """The pupils of one face."""

    points: NDArray[np.float64]
    """Shape (2, 2): x and y in pixels of the left and the right one, image side."""
    seen: NDArray[np.bool_]
    """Shape (2,): false for an eye that is shut, too small or cut off: its point is its middle."""


def find_pupils(pixels: NDArray[np.uint8], dense: NDArray[np.float32]) -> Pupils:
    """Find both pupils of a face.

    Args:
        pixels: RGB, shape (height, width, 3).
        dense: shape (68, 2), x and y in `pixels`, in the order of iBUG 300-W, image side.
    """
    points = np.asarray(dense, np.float64)
    eyes = [points[eye] for eye in EYES]
    middles = np.stack([eye.mean(axis=0) for eye in eyes])
    across = middles[1] - middles[0]
    distance = float(np.hypot(*across)) or 1.0
    down = np.linalg.norm(points[[48, 54]].mean(axis=0) - middles.mean(axis=0))
    span = max(distance, _MOUTH * float(down))
    turn = np.array([[across[0], across[1]], [-across[1], across[0]]]) / distance
    (openings,) = eye_openings(points[np.newaxis])
    last = np.array([pixels.shape[1] - 1, pixels.shape[0] - 1])
    there = np.array([((eye >= 0) & (eye <= last)).all() for eye in eyes])
    seen = there & (openings >= _SHUT) & (span * _IRIS >= 1.0)
    found = middles.copy()
    for side in np.flatnonzero(seen):
        found[side] = _look(pixels, eyes[side], turn * (_SIDE / 2 / _REACH / span))
    return Pupils(found, seen)


def eye_openings(dense: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distance of the lids over the width of each eye: some 0.3 when open.

    Args:
        dense: shape (n, 68, 2), in the order of iBUG 300-W, at any scale.

    Returns:
        Shape (n, 2), the image's left eye first.
    Source: T. Soukupova, J. Cech, Real-time eye blink detection using facial landmarks, 2016.
    """
    points = np.asarray(dense, np.float64)
    eyes = np.stack([points[:, eye] for eye in EYES], axis=1)
    width = np.linalg.norm(eyes[:, :, 0] - eyes[:, :, 3], axis=-1)
    lids = np.linalg.norm(eyes[:, :, (1, 2)] - eyes[:, :, (5, 4)], axis=-1).mean(axis=-1)
    return np.asarray(lids / np.maximum(width, 1e-6))


def _look(
    pixels: NDArray[np.uint8], eye: NDArray[np.float64], linear: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the pupil, shape (2,); `linear` scales and turns pixels to those of the square."""
    matrix = np.column_stack([linear, np.full(2, (_SIDE - 1) / 2) - linear @ eye.mean(axis=0)])
    square = cv2.warpAffine(
        pixels, matrix, (_SIDE, _SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    grey = np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), np.float32)
    grey = np.minimum(grey, np.percentile(grey, 95))  # a glint is no edge
    lids = eye @ matrix[:, :2].T + matrix[:, 2]
    inside = np.asarray(cv2.GaussianBlur(_filled(lids, 1.0, 1.6), (0, 0), 1), np.float32)
    allowed = _filled(lids, 0.9, 1.3).astype(np.bool_)
    radius = _IRIS * _SIDE / 2 / _REACH
    dark = -cv2.GaussianBlur(grey, (0, 0), 0.42 * radius)
    maps = ((1.0, _disc(grey, inside)), (1.0, _edges(grey, inside)), (_DARKNESS, dark))
    total = np.full((_SIDE, _SIDE), -np.inf)
    total[allowed] = 0
    for weight, values in maps:
        total[allowed] += weight * values[allowed] / max(float(values[allowed].std()), 1e-6)
    top = np.array(np.unravel_index(int(total.argmax()), total.shape))
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    near = np.hypot(rows - top[0], columns - top[1]) < 0.45 * radius
    weights = np.exp((total - total.max()) / 0.3) * near
    place = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
    back = cv2.invertAffineTransform(matrix)
    return np.asarray(back[:, :2] @ place + back[:, 2])


def _filled(lids: NDArray[np.float64], wider: float, taller: float) -> NDArray[np.float32]:
    """Return a square that is 1 within the stretched eye and 0 outside."""
    middle = lids.mean(axis=0)
    corners = np.round((middle + (lids - middle) * (wider, taller)) * 8).astype(np.int32)
    square = np.zeros((_SIDE, _SIDE), np.float32)
    cv2.fillPoly(square, [corners], (1.0,), shift=3)
    return square


def _kernels() -> tuple[NDArray[np.float32], ...]:
    """Return a disc, what lies left and right of it, and the x and y of its outline's normals."""
    radius = _IRIS * _SIDE / 2 / _REACH
    reach = int(np.ceil(radius * 1.7))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    far = np.hypot(x, y)
    disc = np.clip(radius - far + 0.5, 0, 1)
    beside = (np.clip(radius * 1.6 - far + 0.5, 0, 1) - disc) * (np.abs(y) < radius * 0.8)
    outline = np.exp(-(((far - radius) / (0.28 * radius)) ** 2) / 2) / np.maximum(far, 1)
    return tuple(
        np.asarray(kernel, np.float32) for kernel in (disc, beside, x * outline, y * outline)
    )


_DISC, _BESIDE, _NORMAL_X, _NORMAL_Y = _kernels()


def _disc(grey: NDArray[np.float32], inside: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return by how much each disc is darker than what lies beside it, within the lids."""
    covered = _summed(inside, _DISC)
    dark = _summed(grey * inside, _DISC) / (covered + 1e-3 * _DISC.sum())
    light = _summed(grey * inside, _BESIDE) / (_summed(inside, _BESIDE) + 1e-2 * _BESIDE.sum())
    return np.asarray((light - dark) * np.sqrt(np.clip(covered / _DISC.sum(), 0, 1)))


def _edges(grey: NDArray[np.float32], inside: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how many edges around each place point away from it, strong ones hardly more."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.2)
    x, y = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength = np.hypot(x, y)
    votes = inside / (strength + 0.15 * strength.max() + 1e-3)
    return _summed(x * votes, _NORMAL_X) + _summed(y * votes, _NORMAL_Y)


def _summed(values: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.filter2D(values, -1, kernel, borderType=cv2.BORDER_REPLICATE))
