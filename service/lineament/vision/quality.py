"""How bright and how sharp a face is, from its pixels."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Quality, RatioBox

_INNER = (0.10, 0.15, 0.90, 0.90)
"""Left, top, right, bottom of the measured part, in fractions of the box: skin, eyes and mouth,
with little hair and background."""
_HEIGHT = 64
"""Every box is brought to this height, so that size alone hardly moves the figure."""
_SMALLEST = 8
_NOISE = 25.0
"""Added to the variance, in grey levels squared: a flat patch does not divide by nothing."""
_BLURRED, _SHARP = -1.6, -0.2
"""Log10 of the detail that become sharpness 0 and 100: see `measure_quality`."""


def measure_quality(pixels: NDArray[np.uint8], box: RatioBox) -> Quality:
    """Measure a face.

    Brightness is the mean luma (BT.601) of the inner face, 255 being 100.

    Sharpness looks at the inner face with its box scaled to 64 pixels of height. Its detail is
    sqrt(G * L) / V: G the mean squared gradient (Sobel / 8), L the variance of the Laplacian,
    V the variance of the luma + 25. Dividing by V leaves contrast out; the root of both orders
    falls steadily with blur where each alone flattens at one end. Log10 of the detail runs from
    -1.6 (0) to -0.2 (100). Figures: docs/quality.md.

    Args:
        pixels: RGB, shape (height, width, 3).
        box: the face; may leave the picture, and only what is inside is measured.

    Returns:
        Both figures 0 to 100; both 0 where no part of the inner face is in the picture.
    """
    grey = _inner_luma(pixels, box)
    if not grey.size:
        return Quality(brightness=0.0, sharpness=0.0)
    box_height = box.height * pixels.shape[0]
    return Quality(
        brightness=float(grey.mean()) / 2.55,
        sharpness=_sharpness(grey, _HEIGHT / box_height),
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


def _sharpness(grey: NDArray[np.uint8], scale: float) -> float:
    rows, columns = (max(_SMALLEST, round(side * scale)) for side in grey.shape)
    shrinks = scale < 1
    face = cv2.resize(
        grey, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    ).astype(np.float32)
    across = cv2.Sobel(face, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(face, cv2.CV_32F, 0, 1, scale=1 / 8)
    gradient = float((across**2 + down**2).mean())
    laplacian = float(cv2.Laplacian(face, cv2.CV_32F).var())
    detail = math.sqrt(gradient * laplacian) / (float(face.var()) + _NOISE)
    level = (math.log10(max(detail, 1e-9)) - _BLURRED) / (_SHARP - _BLURRED)
    return 100.0 * min(max(level, 0.0), 1.0)
