"""Which faces of a picture are good enough: the quality filter, and the choice under MaxFaces."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lineament.domain.faces import DetectedFace, ImageFaces, Quality


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
    recognisability: float
    """`ImageFaces.recognisability`, 0 to 100."""


BARS: dict[QualityLevel, Bar] = {
    QualityLevel.LOW: Bar(80, 55, 55, 5, 22, 54, 30, 5, 20),
    QualityLevel.AUTO: Bar(75, 42, 42, 11, 38, 64, 36, 20, 45),
    QualityLevel.MEDIUM: Bar(60, 34, 36, 15, 48, 73, 42, 40, 58),
    QualityLevel.HIGH: Bar(45, 26, 28, 20, 56, 79, 50, 60, 70),
}
"""From the most to the least forgiving; no figure may ease from one line to the next.

Source: our own measurement, docs/quality.md; AWS publishes no numbers (SPEC.md B.0, D.2).
"""

_GLARE, _BURNT_OUT = 84.0, 98.0
"""Brightness from which more light does harm, and at which nothing of the face is left."""
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
    Glare takes off as well: nothing at brightness 84, all at 98, where the face is burnt out.
    """
    worst, best = BARS[QualityLevel.LOW], BARS[QualityLevel.HIGH]
    pitch = face.pose.pitch
    worst_pitch, best_pitch = (
        (bar.pitch_up if pitch > 0 else bar.pitch_down) for bar in (worst, best)
    )
    shares = (
        _share(face.quality.sharpness, worst.sharpness / 2, best.sharpness),
        _share(face.quality.brightness, worst.brightness / 2, best.brightness),
        _share(-face.quality.brightness, -_BURNT_OUT, -_GLARE),
        _share(face.confidence, worst.confidence / 2, best.confidence),
        _share(-abs(face.pose.yaw), -worst.yaw * 1.5, -best.yaw),
        _share(-abs(pitch), -worst_pitch * 1.5, -best_pitch),
    )
    score = 100.0
    for share in shares:
        score *= share
    return score


def select_faces(
    picture: ImageFaces, level: str, max_faces: int, recogniser: str = ""
) -> Selection:
    """Filter the faces of a picture, then keep the best up to a number.

    Where more than `max_faces` pass, the lowest quality goes first, then the smallest box. Scores
    are compared in bands of 20, so that of faces about equally good the largest stay; a band
    needs clearly worse pixels or pose to fall into.

    Args:
        picture: with its faces.
        level: a QualityLevel.
        max_faces: how many may be kept, at least 1.
        recogniser: the one that the faces are going to be embedded with.

    Source: SPEC.md B.5, Selection.
    """
    faces = picture.faces
    reasons = {
        index: quality_reasons(face, picture.width, picture.height, level)
        for index, face in enumerate(faces)
    }
    passing = [index for index in reasons if not reasons[index]]
    best_first = sorted(passing, key=lambda index: (-_band(faces[index]), index))
    kept: list[int] = []
    while best_first and len(kept) < max_faces:
        # No more are judged than there is room for: that costs a run of the recogniser a face.
        next_best = best_first[: max_faces - len(kept)]
        good = _recognisable(picture, next_best, level, recogniser)
        kept += good
        reasons |= dict.fromkeys(set(next_best) - set(good), ("LOW_FACE_QUALITY",))
        best_first = best_first[len(next_best) :]
    reasons |= dict.fromkeys(best_first, ("EXCEEDS_MAX_FACES",))
    return Selection(
        tuple(sorted(kept)), tuple((index, why) for index, why in reasons.items() if why)
    )


def passing_faces(
    picture: ImageFaces, level: str, recogniser: str = "", among: Iterable[int] | None = None
) -> list[int]:
    """Return the indices of the faces that pass a level, largest first.

    Args:
        picture: with its faces.
        level: a QualityLevel.
        recogniser: the one that the faces are going to be embedded with.
        among: the indices to ask about, ascending; all of them by default.
    """
    asked = range(len(picture.faces)) if among is None else among
    return _recognisable(picture, _without_reasons(picture, level, asked), level, recogniser)


def largest_passing(picture: ImageFaces, level: str, recogniser: str = "") -> int | None:
    """Return the first of `passing_faces`, or None; faces after it cost nothing."""
    for index in range(len(picture.faces)):
        if passing_faces(picture, level, recogniser, (index,)):
            return index
    return None


def _without_reasons(picture: ImageFaces, level: str, among: Iterable[int]) -> list[int]:
    return [
        index
        for index in among
        if not quality_reasons(picture.faces[index], picture.width, picture.height, level)
    ]


def _recognisable(
    picture: ImageFaces, indices: Sequence[int], level: str, recogniser: str
) -> list[int]:
    """Return those of some faces that show enough to be recognised by, in their order.

    The last question: the recogniser answers it on the way to a vector, which a face that does not
    pass for another reason has no need of. A face that fails it is of LOW_FACE_QUALITY.
    """
    if QualityLevel(level) is QualityLevel.NONE or not indices:
        return list(indices)
    shown = picture.recognisability(indices, recogniser)
    if shown is None:
        return list(indices)
    bar = BARS[QualityLevel(level)].recognisability
    return [index for index, much in zip(indices, shown, strict=True) if much >= bar]


def _band(face: DetectedFace) -> int:
    """Number the bands from the bottom; the top one holds the scores above 80, 100 included."""
    return math.ceil(quality_score(face) / _SCORE_STEP)


def legibility(quality: Quality) -> float:
    """Return how far a face's pixels can be trusted to show details, 0 to 1.

    Full from AUTO's bars and up to where glare begins; nothing at half of LOW's, or burnt out.
    """
    worst, enough = BARS[QualityLevel.LOW], BARS[QualityLevel.AUTO]
    return (
        _share(quality.sharpness, worst.sharpness / 2, enough.sharpness)
        * _share(quality.brightness, worst.brightness / 2, enough.brightness)
        * _share(-quality.brightness, -_BURNT_OUT, -_GLARE)
    )


def _share(value: float, nothing: float, everything: float) -> float:
    return min(max((value - nothing) / (everything - nothing), 0.0), 1.0)
