"""Profiles: a recogniser with its calibration, as `lineament calibrate` wrote it.

Reading one loads no model runtime, so that CreateCollection can tell a model's version.
"""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from lineament.domain.similarity import Calibration, FaceModel
from lineament.errors import LineamentError


class ProfileError(LineamentError):
    """A profile does not exist or cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Which models make the vectors, and what their cosines mean."""

    model: FaceModel
    detector: str
    """A name in DeepFace's registry."""
    recogniser: str
    """A name in DeepFace's registry."""


def profile_names() -> list[str]:
    """Return the profiles that ship, sorted."""
    folder = resources.files("lineament.vision").joinpath("profiles")
    return sorted(
        item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json")
    )


def choose_profile(name: str, detector: str = "", recogniser: str = "") -> Profile:
    """Return the profile that the settings name.

    Args:
        name: a profile that ships, or the path of a JSON file that `lineament calibrate` wrote.
        detector: LINEAMENT_DETECTOR, or empty.
        recogniser: LINEAMENT_RECOGNIZER, or empty.

    Raises:
        ProfileError: there is no such profile, it is broken, or it was fitted to other models than
            those asked for: their cosines would mean something else.
    """
    profile = read_profile(name)
    for variable, asked, fitted in (
        ("LINEAMENT_DETECTOR", detector, profile.detector),
        ("LINEAMENT_RECOGNIZER", recogniser, profile.recogniser),
    ):
        if asked and asked != fitted:
            raise ProfileError(
                f"{variable}={asked}, but Similarity in profile {name} is fitted to {fitted}; fit "
                "one with `lineament calibrate FOLDER --output FILE` and set LINEAMENT_PROFILE=FILE"
            )
    return profile


def read_profile(name: str) -> Profile:
    """Return a profile by its name, or by the path of its JSON file.

    Raises:
        ProfileError: there is none of that name, or it is broken.
    """
    try:
        data = json.loads(_read_text(name))
        knots = data["calibration"]
        calibration = Calibration.from_knots(knots["cosine"], knots["similarity"])
        return Profile(
            FaceModel(str(data["version"]), int(data["dimensions"]), calibration),
            str(data["detector"]),
            str(data["recogniser"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProfileError(f"The profile {name} is broken: {error}") from error


def _read_text(name: str) -> str:
    if name.endswith(".json"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise ProfileError(f"LINEAMENT_PROFILE={name} cannot be read") from error
    known = profile_names()
    if name not in known:
        raise ProfileError(f"LINEAMENT_PROFILE={name} names no profile; known: {', '.join(known)}")
    return resources.files("lineament.vision").joinpath("profiles", f"{name}.json").read_text()
