"""The pictures that are timed, made of the photos that `lineament models install` brings."""

from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from lineament.vision.intake import decode

_QUALITY = 92


def one_face(model_dir: Path) -> bytes:
    """Return a JPEG of 640 x 480 that shows one face, some 200 pixels high."""
    portrait = _photo(model_dir, "obama.jpg")
    height, width = portrait.shape[:2]
    part = portrait[: round(width * 3 / 4), :] if height > width * 3 / 4 else portrait
    return _jpeg(_resized(part, 640, 480))


def twelve_faces(model_dir: Path) -> bytes:
    """Return a JPEG of 1920 x 1080 that shows twelve faces: six people at a table, twice."""
    table = _photo(model_dir, "t1.jpg")
    half = _resized(table, 960, round(960 * table.shape[0] / table.shape[1]))
    canvas = np.full((1080, 1920, 3), 96, np.uint8)
    top = (1080 - half.shape[0]) // 2
    canvas[top : top + half.shape[0], :960] = half
    canvas[top : top + half.shape[0], 960:] = half[:, ::-1]
    return _jpeg(canvas)


def _photo(model_dir: Path, name: str) -> NDArray[np.uint8]:
    return decode((model_dir / "photos" / name).read_bytes())


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    return bytes(
        simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _QUALITY, colorsubsampling="420")
    )
