"""Which faces of a picture are good enough: the quality filter, and the choice under MaxFaces."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lineament.domain.faces import DetectedFace


class QualityLevel(StrEnum):
    """How much a face must bring; each level keeps a subset of the one before it."""

    NONE = "NONE"
    LOW = "LOW"
    AUTO = "AUTO"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a face must reach to pass a level."""

    yaw: float
    """Degrees, either side."""
    pitch_up: float
    """Degrees, positive."""
    pitch_down: float
    """Degrees, positive."""
    brightness: float
    """0 to 100."""
    sharpness: float
    """0 to 100."""
    confidence: float
    """0 to 100."""
    pixels: float
    """The shorter side of the box."""
    score: float
    """`quality_score`, 0 to 100."""


BARS: dict[QualityLevel, Bar] = {
    QualityLevel.LOW: Bar(60, 60, 60, 6, 20, 50, 30, 5),
    QualityLevel.AUTO: Bar(45, 45, 50, 13, 36, 60, 36, 20),
    QualityLevel.MEDIUM: Bar(40, 40, 44, 18, 45, 70, 50, 40),
    QualityLevel.HIGH: Bar(30, 35, 38, 25, 58, 78, 72, 60),
}
"""From the most to the least forgiving; no figure may ease from one line to the next.

Source: our own measurement, docs/quality.md; AWS publishes no numbers (SPEC.md B.0, D.2).
"""

_SCORE_STEP = 20.0
"""Faces whose scores fall in one band of this width count as equally good."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The faces of a picture that are taken, and why the others are not."""

    kept: tuple[int, ...]
    """Indices into the faces, ascending, which is largest first."""
    dropped: tuple[tuple[int, tuple[str, ...]], ...]
    """Index and reasons (at least one) of every other face, ascending."""


def quality_reasons(face: DetectedFace, width: int, height: int, level: str) -> tuple[str, ...]:
    """Say why a face does not pass a quality level.

    Args:
        face: as detected.
        width: of the upright picture, in pixels.
        height: likewise.
        level: a QualityLevel.

    Returns:
        The wire's reasons, every one that applies; empty where the face passes.

    Raises:
        ValueError: there is no such level.

    Source: SPEC.md B.0, B.5.
    """
    if QualityLevel(level) is QualityLevel.NONE:
        return ()
    bar = BARS[QualityLevel(level)]
    side = min(face.box.width * width, face.box.height * height)
    failures = {
        "EXTREME_POSE": abs(face.pose.yaw) > bar.yaw
        or not -bar.pitch_down <= face.pose.pitch <= bar.pitch_up,
        "LOW_BRIGHTNESS": face.quality.brightness < bar.brightness,
        "LOW_SHARPNESS": face.quality.sharpness < bar.sharpness,
        "LOW_CONFIDENCE": face.confidence < bar.confidence,
        "SMALL_BOUNDING_BOX": side < bar.pixels,
        "LOW_FACE_QUALITY": quality_score(face) < bar.score,
    }
    return tuple(reason for reason, applies in failures.items() if applies)


def quality_score(face: DetectedFace) -> float:
    """Return how good a face is as a whole, whatever its size: 0 to 100.

    Sharpness, brightness, confidence and pose each give a share from 0, at half of what LOW asks,
    to 1, at what HIGH asks; the score is their product. A face that is fine in every respect has
    100, and one that just gets by in several has little although no single figure condemns it.
    """
    worst, best = BARS[QualityLevel.LOW], BARS[QualityLevel.HIGH]
    pitch = face.pose.pitch
    worst_pitch, best_pitch = (
        (bar.pitch_up if pitch > 0 else bar.pitch_down) for bar in (worst, best)
    )
    shares = (
        _share(face.quality.sharpness, worst.sharpness / 2, best.sharpness),
        _share(face.quality.brightness, worst.brightness / 2, best.brightness),
        _share(face.confidence, worst.confidence / 2, best.confidence),
        _share(-abs(face.pose.yaw), -worst.yaw * 1.5, -best.yaw),
        _share(-abs(pitch), -worst_pitch * 1.5, -best_pitch),
    )
    score = 100.0
    for share in shares:
        score *= share
    return score


def select_faces(
    faces: Sequence[DetectedFace], width: int, height: int, level: str, max_faces: int
) -> Selection:
    """Filter the faces of a picture, then keep the best up to a number.

    Where more than `max_faces` pass, the lowest quality goes first, then the smallest box. Scores
    are compared in bands of 20, so that of faces about equally good the largest stay; a band
    needs clearly worse pixels or pose to fall into.

    Args:
        faces: the largest first.
        width: of the upright picture, in pixels.
        height: likewise.
        level: a QualityLevel.
        max_faces: how many may be kept, at least 1.

    Source: SPEC.md B.5, Selection.
    """
    reasons = {
        index: quality_reasons(face, width, height, level) for index, face in enumerate(faces)
    }
    passing = [index for index in reasons if not reasons[index]]
    best_first = sorted(passing, key=lambda index: (-_band(faces[index]), index))
    kept = tuple(sorted(best_first[:max_faces]))
    for index in best_first[max_faces:]:
        reasons[index] = ("EXCEEDS_MAX_FACES",)
    return Selection(kept, tuple((index, why) for index, why in reasons.items() if why))


def _band(face: DetectedFace) -> int:
    """Number the bands from the bottom; the top one holds the scores above 80, 100 included."""
    return math.ceil(quality_score(face) / _SCORE_STEP)


def _share(value: float, nothing: float, everything: float) -> float:
    return min(max((value - nothing) / (everything - nothing), 0.0), 1.0)
