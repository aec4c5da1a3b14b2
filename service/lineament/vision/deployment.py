"""The profiles of one deployment: one detector, and a face model for each kind of collection.

Reading them loads no model runtime.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lineament.domain.binding import Binding, FaceModels
from lineament.domain.similarity import FaceModel
from lineament.vision.profiles import Profile, ProfileError, choose_profile, read_profile

VARIABLE = "LINEAMENT_COLLECTION_PROFILES"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What an engine has to load, and what its vectors mean."""

    detector: str
    models: FaceModels

    def dimensions(self) -> dict[str, int]:
        """Return the length of the vectors of each recogniser."""
        return {model.recogniser: model.dimensions for model in self.models}


def choose_deployment(
    profile: str,
    collection_profiles: Sequence[tuple[str, str]] = (),
    detector: str = "",
    recogniser: str = "",
) -> Deployment:
    """Return the profiles that the settings name.

    Args:
        profile: LINEAMENT_PROFILE.
        collection_profiles: LINEAMENT_COLLECTION_PROFILES, (pattern, profile) in order.
        detector: LINEAMENT_DETECTOR, or empty.
        recogniser: LINEAMENT_RECOGNIZER, or empty; of the first profile only.

    Raises:
        ProfileError: a profile does not exist or is broken, does not fit the models asked for, or
            the profiles cannot serve beside each other: pictures are looked at once, by one
            detector.
    """
    default = choose_profile(profile, detector, recogniser)
    bindings: list[Binding] = []
    for pattern, name in collection_profiles:
        bound = read_profile(name, VARIABLE)
        if bound.detector != default.detector:
            raise ProfileError(
                f"{VARIABLE}: profile {name} is fitted to the detector {bound.detector} and "
                f"profile {profile} to {default.detector}; one service runs one detector"
            )
        _require_beside(bound, name, [default.model, *(each.model for each in bindings)])
        bindings.append(Binding(pattern, bound.model))
    return Deployment(default.detector, FaceModels(default.model, tuple(bindings)))


def _require_beside(profile: Profile, name: str, others: Sequence[FaceModel]) -> None:
    model = profile.model
    for other in others:
        if model.version == other.version and model != other:
            raise ProfileError(
                f"{VARIABLE}: profile {name} is another than one before it and has the same "
                f"FaceModelVersion {model.version}"
            )
        if model.recogniser == other.recogniser and model.dimensions != other.dimensions:
            raise ProfileError(
                f"{VARIABLE}: profile {name} is for vectors of {model.dimensions} numbers of "
                f"{model.recogniser}, and one before it for {other.dimensions}"
            )
