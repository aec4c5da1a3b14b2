"""Several profiles in one process."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lineament.vision import recognisers as module
from lineament.vision.deployment import choose_deployment
from lineament.vision.engine import build_engine
from lineament.vision.profiles import ProfileError, read_profile
from lineament.vision.recognisers import Recognisers
from lineament.vision.sessions import ModelUnavailable
from tests.profiles import SECOND
from tests.vision.conftest import Photo


def _write(path: Path, **changes: Any) -> str:
    knots = {"cosine": [-1, 0.5, 1], "similarity": [0, 80, 100]}
    profile = {
        "version": "own-1",
        "detector": "lineament-centerface",
        "recogniser": "lineament-mobilefacenet",
        "dimensions": 192,
        "calibration": knots,
    }
    path.write_text(json.dumps({**profile, **changes}))
    return str(path)


def test_profiles_of_one_detector_serve_together(tmp_path: Path) -> None:
    """Lost: one deployment cannot have collections of two models."""
    own = _write(tmp_path / "own.json")
    chosen = choose_deployment("default", [("vip-*", own)])
    assert chosen.models.for_new("vip-1") == read_profile(own).model
    assert chosen.models.for_new("people") == chosen.models.default
    assert chosen.dimensions()["lineament-mobilefacenet"] == 192


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"detector": "yunet"}, "yunet .*one service runs one detector"),
        ({"calibration": {}}, "broken"),
        ({"dimensions": 17}, "192"),
    ],
)
def test_profiles_that_cannot_serve_together_stop_the_start(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    """Lost: collections of the second profile fail at their first request, or match wrongly."""
    first = _write(tmp_path / "first.json")
    other = _write(tmp_path / "other.json", version="own-2", **changes)
    with pytest.raises(ProfileError, match=told):
        choose_deployment(first, [("vip-*", other)])


def test_two_meanings_of_one_version_stop_the_start(tmp_path: Path) -> None:
    """Lost: which calibration a collection gets depends on the order in a setting."""
    first = _write(tmp_path / "first.json")
    knots = {"cosine": [-1, 0.4, 1], "similarity": [0, 80, 100]}
    other = _write(tmp_path / "other.json", calibration=knots)
    with pytest.raises(ProfileError, match="same FaceModelVersion own-1"):
        choose_deployment(first, [("vip-*", other)])


def test_unknown_profile_is_told_with_its_variable() -> None:
    """Lost: the operator looks for the typing error in LINEAMENT_PROFILE."""
    with pytest.raises(ProfileError, match="LINEAMENT_COLLECTION_PROFILES=acurate names no"):
        choose_deployment("default", [("vip-*", "acurate")])


def test_second_recogniser_is_loaded_at_its_first_face(
    model_dir: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: every process pays memory and start-up time for a profile that it may never use."""
    loaded = []
    require = module.require_recogniser
    monkeypatch.setattr(module, "require_recogniser", lambda n: loaded.append(n) or require(n))
    chosen = choose_deployment("default", [("vip-*", SECOND)])
    first, second = chosen.models.default, chosen.models.for_new("vip-1")
    engine = build_engine(model_dir, chosen.detector, first.recogniser, chosen.dimensions())
    seen = engine.analyse(photo("biden.jpg"))
    assert loaded == [first.recogniser]
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(lambda _: seen.embed([0], second.recogniser), range(4)))
    assert loaded == [first.recogniser, second.recogniser]
    assert all(vector.shape == (1, second.dimensions) for vector in vectors)
    assert seen.embed([0], first.recogniser).shape == (1, first.dimensions)
    assert np.array_equal(seen.embed([0]), seen.embed([0], first.recogniser))


def test_loading_a_second_recogniser_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: requests of the default profile wait while another model loads."""
    loading, go_on = threading.Event(), threading.Event()

    class Model:
        dimensions = 4

    def require(name: str) -> Any:
        if name == "slow":
            loading.set()
            assert go_on.wait(20)
        return Model()

    monkeypatch.setattr(module, "require_recogniser", require)
    recognisers = Recognisers("quick")
    recognisers.get()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(recognisers.get, "slow")
        assert loading.wait(20)
        assert recognisers.get().dimensions == 4
        go_on.set()
        assert slow.result(20).dimensions == 4


def test_attribute_model_that_is_missing_stops_the_start(model_dir: Path, tmp_path: Path) -> None:
    """Lost: after an upgrade without `models install` a server starts, and ALL is answered 500."""
    for path in model_dir.glob("*.onnx"):
        if path.name != "faceres.onnx":
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(ModelUnavailable, match=r"faceres\.onnx is not .*lineament models install"):
        build_engine(tmp_path)


def test_second_profile_of_another_length_is_refused(model_dir: Path, photo: Photo) -> None:
    """Lost: vectors of two lengths meet in one collection, and every search of it fails."""
    second = read_profile(SECOND).model
    default = read_profile("default").model.recogniser
    engine = build_engine(model_dir, "", default, {second.recogniser: 17})
    seen = engine.analyse(photo("biden.jpg"))
    with pytest.raises(ProfileError, match=f"17 .*{second.dimensions}"):
        seen.embed([0], second.recogniser)


def test_second_recogniser_that_is_not_installed_stops_the_start(
    model_dir: Path, tmp_path: Path
) -> None:
    """Lost: the server starts, and the first request of that collection gets a 500."""
    for file in model_dir.glob("*.onnx"):
        if file.name != "mobilefacenet.onnx":
            (tmp_path / file.name).symlink_to(file)
    lengths = {"lineament-sface": 128, "lineament-mobilefacenet": 192}
    with pytest.raises(ModelUnavailable, match=r"mobilefacenet\.onnx is not installed"):
        build_engine(tmp_path, dimensions=lengths)
    assert build_engine(tmp_path).dimensions == 128
