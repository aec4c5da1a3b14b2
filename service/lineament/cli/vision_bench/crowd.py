"""Faces found in crowds whose places are known: mosaics of a measuring set's photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.cli.figures import Figure
from lineament.cli.measuring.lfw import read_measuring_set
from lineament.cli.vision_bench.part import Context, Part
from lineament.vision.detector import Detections
from lineament.vision.engine import Engine
from lineament.vision.intake import decode

SIZES = (20, 30, 40, 60, 80, 120, 160, 200)
"""Heights of a face's box in the mosaic, pixels."""
COUNTS = (10, 25, 50, 100)
"""Faces in a mosaic."""
SMALLEST = 40
"""The smallest face that the service reports, in frames of up to full HD."""
_PHOTOS = 3
"""Photos that are looked at for each that is used at most."""
_TILE = 1.9
"""A tile's side over the height of its face: the head with little of who stands beside it."""
_FULL_HD = (1920, 1080)
_SAME = 0.4
"""Intersection over union from which a found box is the face of a tile."""
_GROUND = 96


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one mosaic."""

    height: int
    faces: int
    width: int
    """Of the mosaic, in pixels."""
    recalled: int
    false: int
    """Boxes that are the face of no tile, or of one that was found already."""


@dataclass(frozen=True, slots=True)
class _Portrait:
    """A face cut out with some of what surrounds it."""

    pixels: NDArray[np.uint8]
    box: NDArray[np.float64]
    """Left, top, right, bottom in parts of the tile's side."""


def run(context: Context) -> Part:
    """Count what is found in mosaics."""
    photos = read_measuring_set(context.require_folder()).people[: _PHOTOS * max(COUNTS)]
    rows = measure(context.engine, photos)
    lines = [f"{'faces found, percent':>22}" + "".join(f"{size:>7} px" for size in SIZES)]
    for count in COUNTS:
        shown = [row for row in rows if row.faces == count]
        recall = "".join(f"{row.recalled / count * 100:10.1f}" for row in shown)
        lines.append(f"{f'{count} faces':>22}{recall}")
    false = {size: sum(row.false for row in rows if row.height == size) for size in SIZES}
    lines.append(f"{'false findings':>22}" + "".join(f"{false[size]:>10}" for size in SIZES))
    return Part(lines, _figures(rows), [lambda axes: _draw(axes, rows)])


def _figures(rows: Sequence[Found]) -> list[Figure]:
    """Return the recall of faces that are reported at all, in frames of up to full HD."""
    seen = [row for row in rows if row.height >= SMALLEST and row.width <= _FULL_HD[0]]
    faces = sum(row.faces for row in seen)
    return [
        Figure.at_least(
            "crowd_recall_percent", sum(row.recalled for row in seen) / faces * 100, 99.0
        ),
        Figure.plain("crowd_false_per_thousand", sum(row.false for row in seen) / faces * 1000),
    ]


def measure(engine: Engine, photos: Sequence[Path]) -> list[Found]:
    """Compose a mosaic of every size and count, and look at each once.

    Args:
        engine: its detector alone is asked: faces that the service leaves out for being small
            count here.
        photos: at least as many as the largest count.
    """
    portraits = [_portrait(engine, photo) for photo in photos]
    usable = [portrait for portrait in portraits if portrait is not None]
    results = []
    for height in SIZES:
        for count in COUNTS:
            chosen = [usable[(height + place) % len(usable)] for place in range(count)]
            pixels, boxes = compose(chosen, height)
            found = engine.detector.detect(pixels)
            recalled, false = _matched(found, boxes)
            results.append(Found(height, count, pixels.shape[1], recalled, false))
    return results


def compose(
    portraits: Sequence[_Portrait], height: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Lay portraits out in a frame of 16:9, at least 1920 x 1080.

    Returns:
        RGB pixels, and the boxes, shape (n, 4): left, top, right, bottom in pixels.
    """
    side = round(height * _TILE)
    columns = max(1, int(np.ceil(np.sqrt(len(portraits) * 16 / 9))))
    rows = -(-len(portraits) // columns)
    width = max(_FULL_HD[0], columns * side)
    canvas = np.full((max(_FULL_HD[1], rows * side), width, 3), _GROUND, np.uint8)
    across, down = canvas.shape[1] // columns, canvas.shape[0] // rows
    boxes = []
    for place, portrait in enumerate(portraits):
        row, column = divmod(place, columns)
        left, top = column * across + (across - side) // 2, row * down + (down - side) // 2
        shrinks = side < portrait.pixels.shape[0]
        canvas[top : top + side, left : left + side] = cv2.resize(
            portrait.pixels,
            (side, side),
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
        )
        boxes.append(portrait.box * side + np.array([left, top, left, top]))
    return canvas, np.array(boxes)


def _portrait(engine: Engine, photo: Path) -> _Portrait | None:
    """Cut the subject of a photo out.

    None where it lies too near to the border, or somebody else may be on the photo: a detector
    that finds a bystander is right, and would count as wrong.
    """
    pixels = decode(photo.read_bytes())
    twice = np.asarray(cv2.resize(pixels, None, fx=2, fy=2), np.uint8)
    if any(len(engine.detector.detect(seen).boxes) != 1 for seen in (pixels, twice)):
        return None
    (face,) = engine.find_faces(pixels).faces or (None,)
    if face is None:
        return None
    box = face.box
    size = np.array([pixels.shape[1], pixels.shape[0]] * 2)
    corners = np.array([box.left, box.top, box.left + box.width, box.top + box.height]) * size
    middle = (corners[:2] + corners[2:]) / 2
    side = (corners[3] - corners[1]) * _TILE
    start = np.round(middle - side / 2).astype(int)
    end = start + round(side)
    if start.min() < 0 or end[0] > pixels.shape[1] or end[1] > pixels.shape[0]:
        return None
    part = pixels[start[1] : end[1], start[0] : end[0]]
    return _Portrait(part, (corners - np.tile(start, 2)) / round(side))


def _matched(found: Detections, boxes: NDArray[np.float64]) -> tuple[int, int]:
    """Return how many of the boxes were found, and how many findings there are beside those."""
    if not len(found.boxes):
        return 0, 0
    low = np.maximum(found.boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(found.boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [
        np.clip(each[:, 2:] - each[:, :2], 0, None).prod(axis=1) for each in (found.boxes, boxes)
    ]
    same = shared / (areas[0][:, None] + areas[1][None] - shared) >= _SAME
    recalled = int(same.any(axis=0).sum())
    return recalled, len(found.boxes) - recalled


def _draw(axes: Any, rows: Sequence[Found]) -> None:  # noqa: ANN401 - matplotlib's
    for count in COUNTS:
        of_count = {row.height: row for row in rows if row.faces == count}
        recall = [of_count[height].recalled / count * 100 for height in SIZES]
        axes.plot(SIZES, recall, marker="o", label=f"{count} faces")
    false = [sum(row.false for row in rows if row.height == height) for height in SIZES]
    axes.plot(SIZES, false, color="grey", linestyle=":", label="false, all mosaics of a size")
    axes.axvline(SMALLEST, color="black", linewidth=1, linestyle="--")
    axes.set_xlabel("height of a face, pixels of the mosaic (dashed: the smallest reported)")
    axes.set_ylabel("faces found, percent; false findings, number")
    axes.legend(fontsize=8)
