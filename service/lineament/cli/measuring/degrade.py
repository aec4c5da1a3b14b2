"""Photos made worse, in steps: what quality measures and levels are fitted and judged on.

Only benches and tests use this; nothing that serves a request does. Lengths are in parts of the
face's height, so that a step means the same on every photo.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""RGB, shape (height, width, 3)."""
_GREY = (127, 127, 127)


@dataclass(frozen=True, slots=True)
class Subject:
    """Where the face is, in pixels."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom; forehead to chin."""
    points: NDArray[np.floating]
    """Shape (5, 2), x and y: eyeLeft, eyeRight, nose, mouthLeft, mouthRight, image side."""

    @property
    def height(self) -> float:
        """Of the box."""
        return self.box[3] - self.box[1]

    @property
    def width(self) -> float:
        """Of the box."""
        return self.box[2] - self.box[0]

    @property
    def centre(self) -> tuple[float, float]:
        """Of the box, x and y."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of degradation at one strength."""

    kind: str
    """A key of `STRENGTHS`."""
    strength: float
    """What it means: see `STRENGTHS`."""


STRENGTHS: dict[str, tuple[float, ...]] = {
    "blur": (0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.06),
    "motion": (0.04, 0.08, 0.12, 0.16, 0.24),
    "noise": (5, 10, 20, 30, 45, 60),
    "jpeg": (40, 20, 10, 6, 3),
    "small": (80, 60, 50, 40, 30, 20),
    "enlarged": (60, 40, 30, 24, 18, 14),
    "dark": (0.5, 0.35, 0.2, 0.12, 0.07, 0.04),
    "bright": (1.5, 2, 3, 4.5, 6),
    "patch": (0.1, 0.2, 0.3, 0.4),
    "eyes": (0.15, 0.22, 0.3),
    "mouth": (0.25, 0.35, 0.45),
    "half": (0.3, 0.4, 0.5, 0.6),
    "turned": (15, 30, 45, 60, 90),
}
"""From mild to strong:

blur: Gaussian, sigma in face heights. motion: a straight streak in a drawn direction, its length in
face heights. noise: Gaussian, sigma in grey levels, each pixel and channel by itself. jpeg: the
quality. small: the face's height in pixels, on a grey ground. enlarged: the same, and scaled up
again. dark, bright: a factor, cut off at white. patch: a rectangle at a drawn place of the face, in
parts of the box's area. eyes, mouth, half: a bar over both eyes, from the chin up, from one side;
in parts of the box's height, height, width. Bars and patches have a drawn colour. turned: degrees
in the plane, either way.
"""


def all_steps() -> list[Step]:
    """Return every kind at every strength."""
    return [Step(kind, strength) for kind, strengths in STRENGTHS.items() for strength in strengths]


def degrade(pixels: Pixels, subject: Subject, step: Step, seed: int) -> Pixels:
    """Return a worse copy of a photo, of the same size, with the face's centre where it was.

    Args:
        pixels: RGB, shape (height, width, 3).
        subject: the face that the step's strength refers to.
        step: what to do.
        seed: of what is drawn: noise, directions, places, shades. The same seed, the same copy.

    Raises:
        KeyError: there is no such kind.
    """
    draw = np.random.default_rng(seed)
    return _KINDS[step.kind](pixels, subject, step.strength, draw)


def _blur(pixels: Pixels, subject: Subject, strength: float, _: np.random.Generator) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), strength * subject.height), np.uint8)


def _motion(pixels: Pixels, subject: Subject, strength: float, draw: np.random.Generator) -> Pixels:
    """Average along a line: pixels are taken at half-pixel steps of it, linearly between."""
    length, angle = strength * subject.height, draw.uniform(0, math.pi)
    count = max(2, math.ceil(length * 2))
    side = 2 * math.ceil(length / 2) + 3
    kernel = np.zeros((side, side), np.float64)
    for shift in np.linspace(-length / 2, length / 2, count):
        x, y = side // 2 + shift * math.cos(angle), side // 2 + shift * math.sin(angle)
        left, top = int(x), int(y)
        right, down = x - left, y - top
        kernel[top : top + 2, left : left + 2] += np.outer([1 - down, down], [1 - right, right])
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum()), np.uint8)


def _noise(pixels: Pixels, _: Subject, strength: float, draw: np.random.Generator) -> Pixels:
    return _to_bytes(pixels + draw.normal(0, strength, pixels.shape))


def _jpeg(pixels: Pixels, _: Subject, strength: float, __: np.random.Generator) -> Pixels:
    encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(strength)])[1]
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])


def _reduce(pixels: Pixels, subject: Subject, face_height: float) -> tuple[Pixels, float, float]:
    """Return the photo with the face at most this high, and by what x and y shrank."""
    factor = min(1.0, face_height / subject.height)
    height, width = pixels.shape[:2]
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    reduced = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return reduced, size[0] / width, size[1] / height


def _small(pixels: Pixels, subject: Subject, strength: float, _: np.random.Generator) -> Pixels:
    reduced, across, down = _reduce(pixels, subject, strength)
    x, y = subject.centre
    left, top = round(x * (1 - across)), round(y * (1 - down))
    canvas = np.empty_like(pixels)
    canvas[:] = _GREY
    left, top = max(left, 0), max(top, 0)
    part = reduced[: canvas.shape[0] - top, : canvas.shape[1] - left]
    canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas


def _enlarged(pixels: Pixels, subject: Subject, strength: float, _: np.random.Generator) -> Pixels:
    reduced = _reduce(pixels, subject, strength)[0]
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.resize(reduced, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _light(pixels: Pixels, _: Subject, strength: float, __: np.random.Generator) -> Pixels:
    return _to_bytes(pixels * float(strength))


def _patch(pixels: Pixels, subject: Subject, strength: float, draw: np.random.Generator) -> Pixels:
    area = strength * subject.width * subject.height
    shape = draw.uniform(0.6, 1.6)
    width = min(math.sqrt(area * shape), subject.width)
    height = min(area / width, subject.height)
    left = subject.box[0] + draw.uniform(0, subject.width - width)
    top = subject.box[1] + draw.uniform(0, subject.height - height)
    return _covered(pixels, (left, top, left + width, top + height), draw)


def _eyes(pixels: Pixels, subject: Subject, strength: float, draw: np.random.Generator) -> Pixels:
    middle = float(subject.points[:2, 1].mean())
    reach = strength * subject.height / 2
    left, _, right, _ = subject.box
    return _covered(pixels, (left, middle - reach, right, middle + reach), draw)


def _mouth(pixels: Pixels, subject: Subject, strength: float, draw: np.random.Generator) -> Pixels:
    left, _, right, bottom = subject.box
    return _covered(pixels, (left, bottom - strength * subject.height, right, bottom), draw)


def _half(pixels: Pixels, subject: Subject, strength: float, draw: np.random.Generator) -> Pixels:
    left, top, right, bottom = subject.box
    width = strength * subject.width
    sides = (left, left + width) if draw.random() < 0.5 else (right - width, right)  # noqa: PLR2004
    return _covered(pixels, (sides[0], top, sides[1], bottom), draw)


def _covered(
    pixels: Pixels, bar: tuple[float, float, float, float], draw: np.random.Generator
) -> Pixels:
    copy = pixels.copy()
    left, top, right, bottom = (max(0, round(side)) for side in bar)
    copy[top:bottom, left:right] = draw.integers(0, 256, 3)
    return copy


def _turned(pixels: Pixels, subject: Subject, strength: float, draw: np.random.Generator) -> Pixels:
    degrees = strength if draw.random() < 0.5 else -strength  # noqa: PLR2004
    matrix = cv2.getRotationMatrix2D(subject.centre, degrees, 1.0)
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.warpAffine(pixels, matrix, size, borderValue=_GREY), np.uint8)


def _to_bytes(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


_KINDS: dict[str, Callable[[Pixels, Subject, float, np.random.Generator], Pixels]] = {
    "blur": _blur,
    "motion": _motion,
    "noise": _noise,
    "jpeg": _jpeg,
    "small": _small,
    "enlarged": _enlarged,
    "dark": _light,
    "bright": _light,
    "patch": _patch,
    "eyes": _eyes,
    "mouth": _mouth,
    "half": _half,
    "turned": _turned,
}
