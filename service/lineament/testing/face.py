"""A face as a test declares it. Only the standard library: pytest loads this at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BINARY: Mapping[str, bool] = {
    "Smile": False,
    "Eyeglasses": False,
    "Sunglasses": False,
    "Beard": False,
    "Mustache": False,
    "EyesOpen": True,
    "MouthOpen": False,
    "FaceOccluded": False,
}
"""What a declared face shows unless the test says otherwise."""
EMOTIONS = ("CALM", "HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "FEAR")
ATTRIBUTES = frozenset({*BINARY, "AgeRange", "Gender", "Emotions", "EyeDirection"})
"""The members of a FaceDetail that `Face.attributes` may name."""
_PERCENTAGES = ("confidence", "similarity", "brightness", "sharpness", "recognisability")
_GENDERS = frozenset({"Female", "Male"})


@dataclass(frozen=True)
class Face:
    """One face of a picture.

    The attributes are named as in a FaceDetail: `Smile`, `Eyeglasses`, `Sunglasses`, `Beard`,
    `Mustache`, `EyesOpen`, `MouthOpen` and `FaceOccluded` are True or False, or (value,
    confidence); `AgeRange` is (low, high); `Gender` is "Female" or "Male"; `Emotions` maps types to
    confidences, and the others share what is left of 100; `EyeDirection` is (yaw, pitch).

    Raises:
        ValueError: a figure is out of its range, or an attribute is not known.
    """

    person: str
    """Whose face it is: any label. Faces of one label are the same person."""
    similarity: float = 100.0
    """How alike this face is to its person's other faces, 0 to 100."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, width, height as fractions of the picture; faces stand side by side by default."""
    confidence: float = 99.9
    brightness: float = 70.0
    sharpness: float = 90.0
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Roll, yaw and pitch in degrees."""
    recognisability: float = 100.0
    """How much the face shows of what tells people apart; QualityFilter asks it."""
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check the figures, where the test that gave them can be pointed at."""
        if not self.person:
            raise ValueError("a face needs a person: any label that is not empty")
        for name in _PERCENTAGES:
            if not 0 <= getattr(self, name) <= 100:  # noqa: PLR2004 - a percentage
                raise ValueError(f"{name}={getattr(self, name)} is not from 0 to 100")
        if self.box is not None and (len(self.box) != 4 or min(self.box[2:]) <= 0):  # noqa: PLR2004
            raise ValueError(f"box={self.box}: left, top, width and height are wanted")
        unknown = sorted(set(self.attributes) - ATTRIBUTES)
        if unknown:
            raise ValueError(
                f"{unknown[0]} is no attribute; known: {', '.join(sorted(ATTRIBUTES))}"
            )
        if self.attributes.get("Gender", "Female") not in _GENDERS:
            raise ValueError(f"Gender={self.attributes['Gender']!r} is neither Female nor Male")
        _check_emotions(self.attributes.get("Emotions", {}))


def _check_emotions(emotions: Mapping[str, float]) -> None:
    left = 100 - sum(emotions.values())
    if not set(emotions) <= set(EMOTIONS) or left < 0 or (left and len(emotions) == len(EMOTIONS)):
        raise ValueError(f"Emotions: {', '.join(EMOTIONS)} are known, and sum to at most 100")
