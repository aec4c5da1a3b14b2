"""CenterFace on onnxruntime: pixels to face boxes, scores and five landmarks.

Each image is looked at twice: fine, for small faces, and coarse, for faces that fill the frame. The
network was trained on small ones; of faces taller than some 300 of its pixels it misses many, and
the landmarks of the rest are off. Its points are rough: `landmarks.py` puts them right. Figures:
docs/models.md.
"""

import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.vision.cores import core_count
from lineament.vision.sessions import open_session

MODEL_FILE = "centerface.onnx"
_STRIDE = 4
"""Pixels of the network's input per cell of its output."""
_MULTIPLE = 32
"""The network's sides must be multiples of this."""
_OVERLAP = 0.3
"""Boxes whose intersection over union reaches this are one face."""
_INSIDE = 0.8
"""A box with this part of its area in the box of a much larger face is a piece of that face."""
_COARSE_SIDE = 192
"""Long side of the coarse look, in the network's pixels."""
_TALLEST = 280
"""Faces taller than this in the fine look are left to the coarse one."""
_HALF = 0.5
_WIDE = 400_000
"""Pixels of the network's input from which one run takes all cores: a large picture would keep
its caller waiting for longer than everything after it. Smaller ones leave the others to others."""
_CANDIDATES = 1000
"""The best cells that are looked at; a crowd of 100 faces lights some 600."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Faces in pixels of the upright image."""

    boxes: NDArray[np.float32]
    """Shape (n, 4): left, top, right, bottom. May leave the image."""
    scores: NDArray[np.float32]
    """Shape (n,), 0 to 1."""
    landmarks: NDArray[np.float32]
    """Shape (n, 5, 2): x, y of eyeLeft, eyeRight, nose, mouthLeft, mouthRight (image side)."""


class FaceDetector(Protocol):
    """What the engine asks of a detector."""

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """Find the faces in RGB pixels of shape (height, width, 3)."""
        ...


def scaled(found: Detections, ratio: NDArray[np.float32]) -> Detections:
    """Take faces from a resized image back to the one that it was made of.

    Args:
        found: in pixels of the resized image.
        ratio: shape (2,), by what x and y had been multiplied.
    """
    return Detections(
        boxes=found.boxes / np.concatenate([ratio, ratio]),
        scores=found.scores,
        landmarks=found.landmarks / ratio,
    )


@dataclass(frozen=True, slots=True)
class DetectionScale:
    """At what size the network sees an image: long side x `growth`, at most `longest` pixels."""

    growth: float
    longest: int

    def factor(self, width: int, height: int) -> float:
        """Return by what an image of this size is multiplied."""
        long_side = max(width, height)
        return min(self.growth, self.longest / long_side)


DEFAULT_SCALE = DetectionScale(growth=0.6, longest=1024)
DEFAULT_THRESHOLD = 0.5


class CenterFace:
    """A face detector that gives boxes from forehead to chin.

    Args:
        model_dir: where the models are installed.
        scale: the size policy.
        threshold: the lowest score of a face.
        threads: how many work on one image.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    def __init__(
        self,
        model_dir: Path,
        scale: DetectionScale = DEFAULT_SCALE,
        threshold: float = DEFAULT_THRESHOLD,
        threads: int = 2,
    ) -> None:
        """Load the network."""
        self._session = open_session(model_dir, MODEL_FILE, threads)
        cores = max(threads, core_count())
        self._open_wide = partial(open_session, model_dir, MODEL_FILE, cores)
        self._wide = self._session if cores == threads else None  # opened at the first large one
        self._turn = threading.Lock()
        self._scale = scale
        self._threshold = threshold

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """Find the faces in RGB pixels of shape (height, width, 3)."""
        factor = self._scale.factor(pixels.shape[1], pixels.shape[0])
        if factor >= 1:
            return self._look_twice(pixels, factor)
        reduced = _resize(pixels, factor)  # once: of 12 million pixels it costs as much as a look
        return scaled(self._look_twice(reduced, 1.0), _ratio(reduced, pixels))

    def _look_twice(self, pixels: NDArray[np.uint8], factor: float) -> Detections:
        fine = self._look(pixels, factor)
        coarse_factor = _COARSE_SIDE / max(pixels.shape[:2])
        if coarse_factor >= factor:
            return fine
        coarse = self._look(pixels, coarse_factor)
        return _merge(fine, _select(coarse, _heights(coarse.boxes) > _TALLEST / factor))

    def _look(self, pixels: NDArray[np.uint8], factor: float) -> Detections:
        seen = _resize(pixels, factor)
        canvas = _letterbox(seen)
        heat, scale, offset, landmark = self._run(canvas)
        found = _decode(heat[0, 0], scale[0], offset[0], landmark[0], self._threshold)
        return scaled(found, _ratio(seen, pixels))

    def _run(self, canvas: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the network; large inputs one after the other, on all cores.

        Two of them at once would be no quicker, and would take 200 MB more.
        """
        if canvas[0, 0].size < _WIDE:
            return list(self._session.run(None, {"input.1": canvas}))
        with self._turn:
            if self._wide is None:
                self._wide = self._open_wide()
            return list(self._wide.run(None, {"input.1": canvas}))


def _resize(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Resize by halves, whose means are quick, and the rest between neighbours."""
    if factor == 1:
        return pixels
    height, width = pixels.shape[:2]
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    while factor <= _HALF:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        even = pixels[: half[1] * 2, : half[0] * 2]
        pixels = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
        factor *= 2
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _ratio(seen: NDArray[np.uint8], pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return by what x and y really grew: sides are whole pixels."""
    return np.array([seen.shape[1] / pixels.shape[1], seen.shape[0] / pixels.shape[0]], np.float32)


def _letterbox(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Fill up with black to the right and below; shape (1, 3, rows, columns)."""
    height, width = pixels.shape[:2]
    down, across = (-side % _MULTIPLE for side in (height, width))
    if down or across:
        pixels = np.asarray(
            cv2.copyMakeBorder(pixels, 0, down, 0, across, cv2.BORDER_CONSTANT), np.uint8
        )
    return np.asarray(cv2.dnn.blobFromImage(pixels), np.float32)


def _decode(
    heat: NDArray[np.float32],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    landmark: NDArray[np.float32],
    threshold: float,
) -> Detections:
    """Turn the network's four maps into faces, in pixels of its input.

    Args:
        heat: (rows, columns), the score of a face centred in the cell.
        scale: (2, rows, columns), log of box height and width in cells.
        offset: (2, rows, columns), y and x of the centre within the cell.
        landmark: (10, rows, columns), y and x of each point as a fraction of the box.
        threshold: the lowest score.
    """
    rows, columns = np.nonzero(heat > threshold)
    scores = heat[rows, columns]
    best = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    rows, columns, scores = rows[best], columns[best], scores[best]
    sizes = np.exp(scale[:, rows, columns]) * _STRIDE
    centres = (np.stack([rows, columns]) + offset[:, rows, columns] + 0.5) * _STRIDE
    tops_lefts = centres - sizes / 2
    boxes = np.concatenate([tops_lefts[::-1], (tops_lefts + sizes)[::-1]]).T.astype(np.float32)
    kept = _suppress(boxes)
    points = landmark[:, rows[kept], columns[kept]].reshape(5, 2, -1)
    points = points * sizes[:, kept] + tops_lefts[:, kept]
    return Detections(
        boxes=boxes[kept],
        scores=np.clip(scores[kept], 0, 1),
        landmarks=np.ascontiguousarray(points[:, ::-1].transpose(2, 0, 1), np.float32),
    )


def _merge(fine: Detections, large: Detections) -> Detections:
    """Join the faces of two looks; where they overlap, the large ones hold."""
    corners = np.minimum(large.boxes[:, None, 2:], fine.boxes[None, :, 2:])
    sides = np.clip(
        corners - np.maximum(large.boxes[:, None, :2], fine.boxes[None, :, :2]), 0, None
    )
    shared = sides[..., 0] * sides[..., 1]
    areas = _areas(large.boxes)[:, None], _areas(fine.boxes)[None]
    same = shared >= _OVERLAP * (areas[0] + areas[1] - shared)
    inside = shared >= _INSIDE * areas[1]
    rest = _select(fine, ~np.any(same | inside, axis=0))
    return Detections(
        np.concatenate([large.boxes, rest.boxes]),
        np.concatenate([large.scores, rest.scores]),
        np.concatenate([large.landmarks, rest.landmarks]),
    )


def _select(found: Detections, wanted: NDArray[np.bool_]) -> Detections:
    return Detections(found.boxes[wanted], found.scores[wanted], found.landmarks[wanted])


def _heights(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return boxes[:, 3] - boxes[:, 1]


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[:, 2] - boxes[:, 0]) * _heights(boxes)


def _suppress(boxes: NDArray[np.float32]) -> NDArray[np.intp]:
    """Keep the first of boxes that overlap; boxes come best first."""
    areas = _areas(boxes)
    waiting = np.arange(len(boxes))
    kept = []
    while waiting.size:
        first, waiting = waiting[0], waiting[1:]
        kept.append(first)
        corners = np.minimum(boxes[first, 2:], boxes[waiting, 2:])
        sides = np.clip(corners - np.maximum(boxes[first, :2], boxes[waiting, :2]), 0, None)
        shared = sides[:, 0] * sides[:, 1]
        waiting = waiting[shared < _OVERLAP * (areas[first] + areas[waiting] - shared)]
    return np.array(kept, np.intp)
