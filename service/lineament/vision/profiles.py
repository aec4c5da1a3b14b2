"""Profiles: a recogniser with its calibration, as `lineament calibrate` wrote it.

Reading one loads no model runtime, so that CreateCollection can tell a model's version.
"""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from lineament.domain.similarity import Calibration, FaceModel
from lineament.errors import CannotStart


class ProfileError(CannotStart):
    """A profile does not exist or cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Which models make the vectors, and what their cosines mean."""

    model: FaceModel
    """Its recogniser is a name in DeepFace's registry."""
    detector: str
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
        ("LINEAMENT_RECOGNIZER", recogniser, profile.model.recogniser),
    ):
        if asked and asked != fitted:
            raise ProfileError(
                f"{variable}={asked}, but Similarity in profile {name} is fitted to {fitted}; if "
                "`lineament models check` says that it starts, fit a profile with `lineament "
                "calibrate FOLDER --output FILE` and set LINEAMENT_PROFILE=FILE"
            )
    return profile


def read_profile(name: str, variable: str = "LINEAMENT_PROFILE") -> Profile:
    """Return a profile by its name, or by the path of its JSON file.

    Args:
        name: a profile that ships, or a path that ends in `.json`.
        variable: who asks for it, for messages.

    Raises:
        ProfileError: there is none of that name, or it is broken.
    """
    try:
        data = json.loads(_read_text(name, variable))
        knots = data["calibration"]
        calibration = Calibration.from_knots(knots["cosine"], knots["similarity"])
        return Profile(
            FaceModel(
                version=str(data["version"]),
                dimensions=int(data["dimensions"]),
                calibration=calibration,
                recogniser=str(data["recogniser"]),
            ),
            str(data["detector"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProfileError(f"The profile {name} is broken: {error}") from error


def _read_text(name: str, variable: str) -> str:
    if name.endswith(".json"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise ProfileError(f"{variable}={name} cannot be read") from error
    known = profile_names()
    if name not in known:
        raise ProfileError(f"{variable}={name} names no profile; known: {', '.join(known)}")
    return resources.files("lineament.vision").joinpath("profiles", f"{name}.json").read_text()
