"""Profiles: which models make the vectors, and what their cosines mean."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lineament.vision.profiles import ProfileError, choose_profile, read_profile


def test_default_profile_tells_what_collections_are_bound_to() -> None:
    """CreateCollection could not answer FaceModelVersion."""
    model = choose_profile("default").model
    assert model.version
    assert model.dimensions == 128
    assert model.calibration.similarity(1.0) == 100
    assert model.calibration.similarity(0.1) < 10


def test_reading_a_profile_loads_no_model_runtime() -> None:
    """ListCollections in a cold Lambda would wait for models that it never uses."""
    code = (
        "import sys; from lineament.vision.profiles import choose_profile;"
        "choose_profile('default');"
        "print([m for m in ('cv2', 'onnx', 'onnxruntime', 'deepface') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unknown_profile_is_named_with_the_known() -> None:
    """A typing error in a setting would be a stack trace."""
    with pytest.raises(ProfileError, match=r"LINEAMENT_PROFILE=defautl .*default"):
        read_profile("defautl")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "calibration": {"cosine": []}}'])
def test_broken_profile_is_refused(tmp_path: Path, text: str) -> None:
    """A calibration that was cut short would turn similarities to nonsense."""
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(ProfileError, match="broken"):
        read_profile(str(path))


def test_own_calibration_is_read_from_its_file(tmp_path: Path) -> None:
    """What `lineament calibrate` wrote for another recogniser could not be used."""
    knots = {"cosine": [-1, 0.5, 1], "similarity": [0, 80, 100]}
    data = {
        "version": "arcface-1",
        "detector": "lineament-centerface",
        "recogniser": "ArcFace",
        "dimensions": 512,
        "calibration": knots,
    }
    path = tmp_path / "own.json"
    path.write_text(json.dumps(data))
    profile = choose_profile(str(path), recogniser="ArcFace")
    assert profile.model.calibration.similarity(0.5) == 80
    assert profile.model.recogniser == "ArcFace"


@pytest.mark.parametrize(
    ("models", "variable"),
    [({"recogniser": "ArcFace"}, "RECOGNIZER=ArcFace"), ({"detector": "yunet"}, "DETECTOR=yunet")],
)
def test_models_that_the_profile_was_not_fitted_to_are_refused(
    models: dict[str, str], variable: str
) -> None:
    """Similarity 80 would mean whatever the other model's cosine happens to be."""
    with pytest.raises(ProfileError, match=f"LINEAMENT_{variable}.*lineament calibrate"):
        choose_profile("default", **models)
