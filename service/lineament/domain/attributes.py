"""What a face shows beyond its place and pose: the attributes that callers must ask for.

Which attributes a request's list means is decided here as well. Source: SPEC.md B.0, FaceDetail.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # settings name attributes too, and have no use for numpy
    from lineament.domain.faces import Landmark

BINARY: Mapping[str, str] = {
    "SMILE": "Smile",
    "EYEGLASSES": "Eyeglasses",
    "SUNGLASSES": "Sunglasses",
    "BEARD": "Beard",
    "MUSTACHE": "Mustache",
    "EYES_OPEN": "EyesOpen",
    "MOUTH_OPEN": "MouthOpen",
    "FACE_OCCLUDED": "FaceOccluded",
}
"""The attributes that are true or false: the request's name to the answer's member."""
GENDER, EMOTIONS, AGE_RANGE = "GENDER", "EMOTIONS", "AGE_RANGE"
SENSITIVE = frozenset({GENDER, EMOTIONS, AGE_RANGE})
"""What an operator can switch off for a deployment."""
EYE_DIRECTION = "EYE_DIRECTION"
LANDMARKS = "LANDMARKS"
"""The 30 landmarks in place of 5. No name of AWS's asks for them: ALL alone brings them."""
ALL = frozenset({*BINARY, *SENSITIVE, EYE_DIRECTION, LANDMARKS})
"""Everything beyond DEFAULT."""
_EVEN, _SUM = 50.0, 100.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A yes or no."""

    value: bool
    confidence: float
    """In the stated value: 50 to 100."""


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Years, both ends included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Gender:
    """As the face appears; it says nothing of who the person is."""

    value: str
    """Male or Female."""
    confidence: float
    """50 to 100."""


@dataclass(frozen=True, slots=True)
class Emotion:
    """An expression; it says nothing of what the person feels."""

    kind: str
    """AWS's EmotionName."""
    confidence: float
    """0 to 100; those of one face sum to 100."""


@dataclass(frozen=True, slots=True)
class EyeDirection:
    """Where the eyes point, in degrees with the signs of `Pose`."""

    yaw: float
    pitch: float
    confidence: float
    """0 to 100."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What was asked for and could be told; the rest is None or absent."""

    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    """By the answer's member, such as Smile."""
    age: AgeRange | None = None
    gender: Gender | None = None
    emotions: tuple[Emotion, ...] | None = None
    """Sorted, the most confident first."""
    eye_direction: EyeDirection | None = None
    landmarks: "tuple[Landmark, ...] | None" = None
    """All 30, in AWS's order."""


def requested(names: Iterable[str]) -> frozenset[str]:
    """Return the attributes beyond DEFAULT that a request's list means.

    Args:
        names: of the model's Attribute enum, in any order, repeats allowed; none means DEFAULT.
    """
    asked = frozenset(names)
    return ALL if "ALL" in asked else asked & ALL


def doubted(told: Attributes, trust: float) -> Attributes:
    """Take confidences as far towards "anything is possible" as the pixels cannot be trusted.

    Args:
        told: what the models say, each fitted on ordinary photos.
        trust: 1 for an ordinary face, 0 for one whose pixels tell nothing.
    """
    return replace(
        told,
        judgements={
            member: Judgement(each.value, _between(_EVEN, each.confidence, trust))
            for member, each in told.judgements.items()
        },
        gender=told.gender
        and Gender(told.gender.value, _between(_EVEN, told.gender.confidence, trust)),
        emotions=told.emotions
        and tuple(
            Emotion(each.kind, _between(_SUM / len(told.emotions), each.confidence, trust))
            for each in told.emotions
        ),
        eye_direction=told.eye_direction
        and replace(told.eye_direction, confidence=told.eye_direction.confidence * trust),
    )


def _between(nothing: float, everything: float, trust: float) -> float:
    return nothing + (everything - nothing) * trust
