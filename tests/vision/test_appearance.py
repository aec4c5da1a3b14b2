"""Smile, glasses, beard, mustache, eyes, mouth and occlusion, on the bundled photos."""

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lineament.domain.attributes import ALL, BINARY, Judgement
from lineament.vision.appearance import Appearance, Weights
from lineament.vision.engine import Engine
from lineament.vision.picture import Picture
from lineament.vision.sessions import ModelUnavailable

Judged = list[Mapping[str, Judgement]]
Describe = Callable[[str], Judged]

# What an eye sees on the photos; left out where it cannot tell.
OBAMA_SMILES, OBAMA_SPEAKS, BIDEN, ASTRONAUT = (
    "obama.jpg",
    "obama2.jpg",
    "biden.jpg",
    "astronaut.png",
)
SEEN = [
    (OBAMA_SMILES, {"Smile": True, "MouthOpen": True}),
    (OBAMA_SPEAKS, {"Smile": False, "MouthOpen": True}),
    (BIDEN, {"Smile": False, "MouthOpen": False}),
    (ASTRONAUT, {"Smile": True, "MouthOpen": True}),
]
GROUP = "t1.jpg"
GROUP_EYES_OPEN = {0.09: False, 0.25: True, 0.41: True, 0.62: False, 0.92: False}
"""By where along the photo the face is: two look down, one laughs with eyes shut."""


@pytest.fixture(scope="module")
def appearance(model_dir: Path) -> Appearance:
    return Appearance(model_dir)


@pytest.fixture(scope="module")
def pictures(engine: Engine, photo: Callable[[str], bytes]) -> Callable[[str], Picture]:
    found: dict[str, Picture] = {}

    def look(name: str) -> Picture:
        if name not in found:
            found[name] = engine.analyse(photo(name))
        return found[name]

    return look


@pytest.fixture(scope="module")
def describe(appearance: Appearance, pictures: Callable[[str], Picture]) -> Describe:
    def judge(name: str) -> Judged:
        seen = pictures(name).seen
        return appearance.estimate(seen.pixels, seen.points, seen.dense, ALL)

    return judge


@pytest.mark.parametrize(("name", "seen"), SEEN)
def test_a_portrait_is_told_as_an_eye_sees_it(
    describe: Describe, name: str, seen: dict[str, bool]
) -> None:
    """A user who sorts photos by smile or open mouth would get the wrong ones."""
    face = describe(name)[0]
    plain = {"Eyeglasses": False, "Sunglasses": False, "Beard": False, "Mustache": False}
    expected = {**plain, "EyesOpen": True, "FaceOccluded": False, **seen}
    assert {member: judged.value for member, judged in face.items()} == expected


def test_confidence_is_in_the_stated_value(describe: Describe) -> None:
    """A client that drops answers under 50 % would drop every No."""
    for name in (OBAMA_SMILES, BIDEN, GROUP):
        for face in describe(name):
            assert set(face) == set(BINARY.values())
            assert all(50 <= judged.confidence <= 100 for judged in face.values())


def test_only_what_is_asked_is_answered(
    appearance: Appearance, pictures: Callable[[str], Picture]
) -> None:
    """A client that asked for SMILE alone would get members it has not asked for."""
    seen = pictures(GROUP).seen
    answers = appearance.estimate(
        seen.pixels, seen.points, seen.dense, frozenset({"SMILE", "GENDER"})
    )
    assert len(answers) == len(seen.points) > 1
    assert all(set(answer) == {"Smile"} for answer in answers)
    assert appearance.estimate(seen.pixels, seen.points, seen.dense, frozenset({"GENDER"}))[0] == {}


def test_lowered_eyes_are_not_open(describe: Describe, pictures: Callable[[str], Picture]) -> None:
    """A photo in which somebody blinks would pass as a good one."""
    faces = pictures(GROUP).faces
    judged = describe(GROUP)
    middles = np.array([face.box.left + face.box.width / 2 for face in faces])
    for place, is_open in GROUP_EYES_OPEN.items():
        nearest = int(np.abs(middles - place).argmin())
        assert judged[nearest]["EyesOpen"].value is is_open, place


def test_a_smaller_photo_is_told_alike(
    appearance: Appearance, pictures: Callable[[str], Picture]
) -> None:
    """A thumbnail would smile and its original would not."""
    seen = pictures(OBAMA_SMILES).seen
    half = cv2.resize(seen.pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    large = appearance.estimate(seen.pixels, seen.points, seen.dense, ALL)[0]
    small = appearance.estimate(
        np.asarray(half, np.uint8), (seen.points - 0.5) / 2, seen.dense / 2, ALL
    )[0]
    assert {name: one.value for name, one in large.items()} == {
        name: one.value for name, one in small.items()
    }


@pytest.mark.parametrize("name", [OBAMA_SMILES, OBAMA_SPEAKS, BIDEN, ASTRONAUT])
def test_dark_glasses_are_told_and_hide_the_eyes(
    appearance: Appearance, pictures: Callable[[str], Picture], name: str
) -> None:
    """A badge photo with dark glasses would pass, and its eyes be called open for certain."""
    seen = pictures(name).seen
    drawn = _with_dark_glasses(seen.pixels, seen.points[0])
    face = appearance.estimate(drawn, seen.points[:1], seen.dense[:1], ALL)[0]
    assert face["Sunglasses"].value
    assert face["FaceOccluded"].value
    assert not face["Eyeglasses"].value
    assert face["EyesOpen"].confidence < 60


@pytest.mark.parametrize("name", [OBAMA_SMILES, OBAMA_SPEAKS, BIDEN, ASTRONAUT])
def test_a_mask_is_told(
    appearance: Appearance, pictures: Callable[[str], Picture], name: str
) -> None:
    """A masked face would be indexed as if it could be recognised."""
    seen = pictures(name).seen
    _, _, nose, left, right = seen.points[0]
    chin = (left + right) / 2 + (right - left)[::-1] * (-1, 1)
    across = right - left
    outline = [nose - across, nose + across, right + across * 0.6, chin, left - across * 0.6]
    drawn = np.ascontiguousarray(seen.pixels.copy())
    cv2.fillPoly(drawn, [np.array(outline, np.int32)], (150, 190, 215))
    assert appearance.estimate(drawn, seen.points[:1], seen.dense[:1], ALL)[0]["FaceOccluded"].value


def test_weights_survive_their_file(tmp_path: Path) -> None:
    """An operator's own fit would answer differently once it is loaded."""
    random = np.random.default_rng(3)
    matrix = (random.normal(size=(6272, 2)) * (1e-4, 1e-6)).astype(np.float32)
    weights = Weights(("Smile", "Beard"), matrix, np.array([0.5, -1], np.float32))
    weights.save(tmp_path / "weights.npz")
    loaded = Weights.load(tmp_path / "weights.npz")
    features = random.normal(size=(50, 6272)).astype(np.float32) * 10
    assert loaded.members == weights.members
    assert np.allclose(loaded.probabilities(features), weights.probabilities(features), atol=1e-3)


def test_a_missing_model_is_told_in_a_sentence(tmp_path: Path) -> None:
    """An operator without the models would see a stack trace in place of what to do."""
    with pytest.raises(ModelUnavailable, match="lineament models install"):
        Appearance(tmp_path)


def _with_dark_glasses(pixels: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.uint8]:
    drawn = np.ascontiguousarray(pixels.copy())
    left, right = points[0], points[1]
    reach = float(np.linalg.norm(right - left))
    slope = float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])))
    for eye in (left, right):
        middle = (int(eye[0]), int(eye[1]))
        axes = (int(reach * 0.42), int(reach * 0.3))
        cv2.ellipse(drawn, middle, axes, slope, 0, 360, (20, 22, 25), -1, cv2.LINE_AA)
    ends = [tuple(int(value) for value in point) for point in (left, right)]
    cv2.line(drawn, ends[0], ends[1], (20, 22, 25), max(2, int(reach * 0.06)), cv2.LINE_AA)
    return drawn
