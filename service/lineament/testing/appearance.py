"""What a declared face shows: its landmarks by its box, its attributes as the test has them."""

from typing import Any

from lineament.domain import attributes as known
from lineament.domain.attributes import (
    AgeRange,
    Attributes,
    Emotion,
    EyeDirection,
    Gender,
    Judgement,
)
from lineament.domain.faces import Landmark, RatioBox
from lineament.testing.face import BINARY, EMOTIONS, Face

_PLACES: tuple[tuple[str, float, float], ...] = (
    ("eyeLeft", 0.32, 0.38),
    ("eyeRight", 0.68, 0.38),
    ("mouthLeft", 0.36, 0.74),
    ("mouthRight", 0.64, 0.74),
    ("nose", 0.50, 0.57),
    ("leftEyeBrowLeft", 0.20, 0.30),
    ("leftEyeBrowRight", 0.42, 0.30),
    ("leftEyeBrowUp", 0.31, 0.27),
    ("rightEyeBrowLeft", 0.58, 0.30),
    ("rightEyeBrowRight", 0.80, 0.30),
    ("rightEyeBrowUp", 0.69, 0.27),
    ("leftEyeLeft", 0.25, 0.38),
    ("leftEyeRight", 0.39, 0.38),
    ("leftEyeUp", 0.32, 0.36),
    ("leftEyeDown", 0.32, 0.40),
    ("rightEyeLeft", 0.61, 0.38),
    ("rightEyeRight", 0.75, 0.38),
    ("rightEyeUp", 0.68, 0.36),
    ("rightEyeDown", 0.68, 0.40),
    ("noseLeft", 0.43, 0.60),
    ("noseRight", 0.57, 0.60),
    ("mouthUp", 0.50, 0.71),
    ("mouthDown", 0.50, 0.80),
    ("leftPupil", 0.32, 0.38),
    ("rightPupil", 0.68, 0.38),
    ("upperJawlineLeft", 0.05, 0.42),
    ("midJawlineLeft", 0.12, 0.72),
    ("chinBottom", 0.50, 0.98),
    ("midJawlineRight", 0.88, 0.72),
    ("upperJawlineRight", 0.95, 0.42),
)
"""Of an upright face that looks straight ahead, as fractions of its box; in AWS's order."""
_FIVE = 5
_SURE = 99.0
_AGE = (25, 35)
_AHEAD = (0.0, 0.0)


def five_of(box: RatioBox) -> tuple[Landmark, ...]:
    """Return the landmarks that every FaceDetail has."""
    return _landmarks(box)[:_FIVE]


def attributes_of(face: Face, box: RatioBox, wanted: frozenset[str]) -> Attributes:
    """Return the wanted attributes of a face; `wanted` is of `domain.attributes.ALL`."""
    told = face.attributes
    return Attributes(
        judgements={
            member: _judgement(told.get(member, BINARY[member]))
            for name, member in known.BINARY.items()
            if name in wanted
        },
        age=AgeRange(*told.get("AgeRange", _AGE)) if known.AGE_RANGE in wanted else None,
        gender=Gender(told.get("Gender", "Female"), _SURE) if known.GENDER in wanted else None,
        emotions=_emotions(told.get("Emotions", {})) if known.EMOTIONS in wanted else None,
        eye_direction=_gaze(*told.get("EyeDirection", _AHEAD))
        if known.EYE_DIRECTION in wanted
        else None,
        landmarks=_landmarks(box) if known.LANDMARKS in wanted else None,
    )


def _judgement(told: Any) -> Judgement:  # noqa: ANN401 - a value, or a value with its confidence
    value, confidence = told if isinstance(told, tuple) else (told, _SURE)
    return Judgement(bool(value), float(confidence))


def _gaze(yaw: float, pitch: float) -> EyeDirection:
    return EyeDirection(yaw, pitch, _SURE)


def _emotions(told: dict[str, float]) -> tuple[Emotion, ...]:
    if not told:
        told = {"CALM": _SURE}
    others = [kind for kind in EMOTIONS if kind not in told]
    left = (100.0 - sum(told.values())) / max(1, len(others))
    every = {**told, **dict.fromkeys(others, left)}
    return tuple(
        Emotion(kind, much) for kind, much in sorted(every.items(), key=lambda item: -item[1])
    )


def _landmarks(box: RatioBox) -> tuple[Landmark, ...]:
    return tuple(
        Landmark(kind, box.left + x * box.width, box.top + y * box.height) for kind, x, y in _PLACES
    )
