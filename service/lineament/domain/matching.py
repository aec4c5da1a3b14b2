"""Finding a known face among those that a detector reports."""

from collections.abc import Sequence

from lineament.domain.faces import DetectedFace, RatioBox

SAME_FACE = 0.5
"""Overlap from which two boxes of one picture show the same face."""


def overlap(one: RatioBox, other: RatioBox) -> float:
    """Return the boxes' intersection over their union, 0 to 1."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (one.width * one.height + other.width * other.height - shared)


def find_face(box: RatioBox, faces: Sequence[DetectedFace]) -> int | None:
    """Return the index of the face whose box is the same, or None where none is.

    Args:
        box: of the known face, in the same picture.
        faces: as found now.
    """
    overlaps = [overlap(box, face.box) for face in faces]
    if not overlaps or max(overlaps) < SAME_FACE:
        return None
    return overlaps.index(max(overlaps))
