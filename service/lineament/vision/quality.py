"""How bright and how sharp a face is, from its pixels."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Quality, RatioBox

_Map = NDArray[np.integer | np.floating]

_INNER = (0.10, 0.15, 0.90, 0.90)
"""Left, top, right, bottom of the measured part, in fractions of the box: skin, eyes and mouth,
with little hair and background."""
_HEIGHT = 64
"""Every box is brought to this height, so that size alone hardly moves the figure."""
_NOISE_HEIGHT = 128
"""Noise is measured on the box as it is, or at a whole part of it that is at least this high: means
of whole blocks leave white noise white."""
_SMALLEST = 8
_BLURRED, _SHARP = -1.1, 0.35
"""Log10 of the fineness that become sharpness 0 and 100: see `measure_quality`."""
_SMOOTHING = 4.5
"""Pixels of smoothing for noise as strong as the face's own contrast."""
_LEAST_SMOOTHING, _MOST_SMOOTHING = 0.25, 5.0
"""Less changes nothing; more is wider than `_IMPULSE`."""
_CERTAIN = 1.1
"""Noise is taken off with this factor: what may be noise is not detail."""
_OWN_SPECKLE = 5.0
"""A face of this many pixels that is sharp to the pixel looks as noisy as its whole contrast."""
_FLAT = 0.5
"""Added to the slope, grey levels squared: a flat patch does not divide by nothing."""
_ACROSS = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32) / 8
_BEND = np.array([[0, 0, 0], [1, -2, 1], [0, 0, 0]], np.float32)
_TWIST = np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]], np.float32) / 4
_SPECKLE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Blind to planes and straight edges along the axes; makes white noise six times as strong."""
_SPECKLE_GAIN = 6.0
_NORMAL_MEDIAN = 0.6745
"""The median of a normal value's size, in standard deviations."""
_ANGLES = np.arange(8) * (np.pi / 8)
_COS, _SIN = np.cos(_ANGLES), np.sin(_ANGLES)
_SLOPES = np.stack([_COS, _SIN])
_BENDS = np.stack([_COS**2, 2 * _COS * _SIN, _SIN**2])
_IMPULSE = np.zeros((31, 31), np.float32)
_IMPULSE[15, 15] = 1


def measure_quality(pixels: NDArray[np.uint8], box: RatioBox) -> Quality:
    """Measure a face.

    Brightness is the mean luma (BT.601) of the inner face, 255 being 100.

    Sharpness looks at the inner face with its box scaled to 64 pixels of height. In each of eight
    directions, fineness is the mean squared second derivative over the mean squared first one
    (+ 0.5): a mean squared frequency, which contrast leaves alone and blur lowers. The direction in
    which it is least counts, so that motion blur shows. Its log10 runs from -1.1 (0) to 0.35 (100).

    Noise is not detail: its deviation (median of the absolute values under Immerkaer's mask) is
    measured first, less what the detail of a small sharp face gives there; the face is smoothed by
    4.5 pixels x noise / contrast, and what noise still adds to both derivatives is taken off.
    Figures: docs/quality.md.

    Args:
        pixels: RGB, shape (height, width, 3).
        box: the face; may leave the picture, and only what is inside is measured.

    Returns:
        Both figures 0 to 100; both 0 where no part of the inner face is in the picture.
    Source: J. Immerkaer, Fast Noise Variance Estimation, CVIU 1996, for the mask.
    """
    grey = _inner_luma(pixels, box)
    if not grey.size:
        return Quality(brightness=0.0, sharpness=0.0)
    return Quality(
        brightness=float(grey.mean()) / 2.55,
        sharpness=_sharpness(grey, box.height * pixels.shape[0]),
    )


def _inner_luma(pixels: NDArray[np.uint8], box: RatioBox) -> NDArray[np.uint8]:
    """Cut the inner face, as far as it is in the picture, as luma of shape (rows, columns)."""
    height, width = pixels.shape[:2]
    left, right = (box.left + box.width * _INNER[side] for side in (0, 2))
    top, bottom = (box.top + box.height * _INNER[side] for side in (1, 3))
    columns = [round(min(max(x, 0.0), 1.0) * width) for x in (left, right)]
    rows = [round(min(max(y, 0.0), 1.0) * height) for y in (top, bottom)]
    part = pixels[rows[0] : rows[1], columns[0] : columns[1]]
    if not part.size:
        return np.empty((0, 0), np.uint8)
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)


def _sharpness(grey: _Map, box_height: float) -> float:
    times = int(box_height // _NOISE_HEIGHT)
    if times > 1:
        grey, box_height = _scaled(grey, 1 / times), box_height / times
    scale = _HEIGHT / box_height
    face: _Map = _scaled(grey, scale).astype(np.float32)
    noise, contrast = _noise_and_contrast(grey, box_height)
    smoothing = min(_SMOOTHING * noise * min(scale, 1.0) / contrast, _MOST_SMOOTHING)
    impulse: _Map = _IMPULSE if scale <= 1 else _scaled(_IMPULSE, scale)
    if smoothing > _LEAST_SMOOTHING:
        face = cv2.GaussianBlur(face, (0, 0), smoothing)
        impulse = cv2.GaussianBlur(impulse, (0, 0), smoothing)
    # An impulse tells what white noise becomes. Averaging n x n pixels divides its variance by n^2.
    share = _CERTAIN * noise**2 * (scale**2 if scale < 1 else 1 / scale**2)
    slopes, bends = _derivatives(face)
    if share > 0:
        share *= _inner_area(impulse)
        noise_slopes, noise_bends = _derivatives(impulse)
        slopes = np.maximum(slopes - share * noise_slopes, 0)
        bends = np.maximum(bends - share * noise_bends, 0)
    fineness = bends / (slopes + _FLAT)
    level = (math.log10(max(float(fineness.min()), 1e-9)) - _BLURRED) / (_SHARP - _BLURRED)
    return 100.0 * min(max(level, 0.0), 1.0)


def _scaled(grey: _Map, scale: float) -> _Map:
    rows, columns = (max(_SMALLEST, round(side * scale)) for side in grey.shape)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, (columns, rows), interpolation=interpolation)


def _noise_and_contrast(grey: _Map, box_height: float) -> tuple[float, float]:
    """Return the standard deviations of white noise and of the face without it, in grey levels."""
    sizes = np.abs(cv2.filter2D(grey, cv2.CV_16S, _SPECKLE)).ravel()
    # Whole numbers: counting them finds the median in a tenth of the time of sorting.
    median = int(np.searchsorted(np.cumsum(np.bincount(sizes)), (sizes.size + 1) // 2))
    speckle = median / (_SPECKLE_GAIN * _NORMAL_MEDIAN)
    contrast = math.sqrt(max(float(grey.var()) - speckle**2, 1.0))
    own = _OWN_SPECKLE / box_height * contrast
    return math.sqrt(max(speckle**2 - own**2, 0.0)), contrast


def _inner_area(values: _Map) -> int:
    rows, columns = values.shape
    return int((rows - 2) * (columns - 2))


def _derivatives(
    face: _Map,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean squared first and second derivative in each of the eight directions."""
    first = [cv2.filter2D(face, cv2.CV_32F, kernel) for kernel in (_ACROSS, _ACROSS.T)]
    second = [cv2.filter2D(face, cv2.CV_32F, kernel) for kernel in (_BEND, _TWIST, _BEND.T)]
    return _energies(first, _SLOPES), _energies(second, _BENDS)


def _energies(parts: list[_Map], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean square of each weighted sum of maps; `weights` are (maps, directions)."""
    rows = np.stack([part[1:-1, 1:-1].ravel() for part in parts]).astype(np.float64)
    moments = rows @ rows.T / rows.shape[1]
    return np.asarray(np.einsum("id,ij,jd->d", weights, moments, weights), np.float64)
