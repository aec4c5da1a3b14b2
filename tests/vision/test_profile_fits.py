"""A profile says how long its model's vectors are."""

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from lineament import config
from lineament.app import build_application
from lineament.vision.profiles import ProfileError


def test_a_profile_of_another_model_is_refused(tmp_path: Path) -> None:
    """Lost: vectors of two lengths meet in one collection, and every search of it fails."""
    shipped = resources.files("lineament.vision").joinpath("profiles", "default.json")
    profile = json.loads(shipped.read_text())
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({**profile, "dimensions": 17}))
    application = build_application(replace(config.load(), profile=str(path)))
    with pytest.raises(ProfileError, match=rf"17 .*{profile['dimensions']}"):
        application._dispatcher.services.engine()
