"""DF*: DetectFaces, DEFAULT attributes (beyond: test_attributes.py). Source: SPEC.md F, B.17."""

from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import GROUP_FACES, Album

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
LANDMARKS = ["eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose"]


def detect(c: Any, image: bytes, **more: Any) -> list[dict[str, Any]]:
    """Return FaceDetails."""
    found: list[dict[str, Any]] = c.detect_faces(Image={"Bytes": image}, **more)["FaceDetails"]
    return found


def test_df01_no_face(c: Any, album: Album) -> None:
    """Lost: a landscape ends a batch, or samples that index FaceDetails fail."""
    assert detect(c, album.nobody) == []
    assert detect(c, pictures.jpeg(pictures.scenery(640, 480))) == []


def test_df02_default_members(c: Any, album: Album) -> None:
    """Lost: clients read members that are not there."""
    (face,) = detect(c, album.a1)
    assert set(face) == DEFAULT
    assert [mark["Type"] for mark in face["Landmarks"]] == LANDMARKS
    assert set(face["BoundingBox"]) == {"Width", "Height", "Left", "Top"}
    assert set(face["Pose"]) == {"Roll", "Yaw", "Pitch"}
    assert set(face["Quality"]) == {"Brightness", "Sharpness"}


def test_df02_landmarks_lie_where_they_should(c: Any, album: Album) -> None:
    """Lost: crops and masks drawn from the landmarks miss the face; left is the image's left."""
    for face in detect(c, album.group):
        box = face["BoundingBox"]
        at = {mark["Type"]: (mark["X"], mark["Y"]) for mark in face["Landmarks"]}
        assert at["eyeLeft"][0] < at["eyeRight"][0]
        assert at["mouthLeft"][0] < at["mouthRight"][0]
        assert at["eyeLeft"][1] < at["nose"][1] < at["mouthLeft"][1]
        for x, y in at.values():
            assert box["Left"] < x < box["Left"] + box["Width"]
            assert box["Top"] < y < box["Top"] + box["Height"]


def test_df05_no_attributes_are_the_default_ones(c: Any, album: Album) -> None:
    """Lost: `Attributes=[]`, as some SDKs write it, is refused or means something else."""
    default = detect(c, album.a1)
    assert detect(c, album.a1, Attributes=[]) == default
    assert detect(c, album.a1, Attributes=["DEFAULT"]) == default
    assert detect(c, album.a1, Attributes=["DEFAULT", "DEFAULT"]) == default


@pytest.mark.parametrize("attributes", [["ALL"], ["DEFAULT", "ALL"], ["AGE_RANGE", "SMILE"]])
def test_df05_attributes_beyond_them_are_no_error(
    c: Any, album: Album, attributes: list[str]
) -> None:
    """Lost: samples that ask for ALL read other boxes and points than before."""
    (default,) = detect(c, album.a1)
    (face,) = detect(c, album.a1, Attributes=attributes)
    assert {name: face[name] for name in DEFAULT - {"Landmarks"}} == {
        name: default[name] for name in DEFAULT - {"Landmarks"}
    }
    assert face["Landmarks"][:5] == default["Landmarks"]


def test_df07_no_orientation_correction(c: Any, album: Album) -> None:
    """Lost: clients turn boxes that are upright already."""
    answer = c.detect_faces(Image={"Bytes": album.a1})
    assert set(answer) == {"FaceDetails", "ResponseMetadata"}


def test_df08_largest_first(c: Any, album: Album) -> None:
    """Lost: `FaceDetails[0]` is somebody in the background."""
    faces = detect(c, album.group)
    areas = [face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"] for face in faces]
    assert len(faces) == GROUP_FACES
    assert areas == sorted(areas, reverse=True)
    assert faces[0]["BoundingBox"]["Left"] < 0.2  # where A is


def test_df08_at_most_a_hundred(c: Any, album: Album) -> None:
    """Lost: a crowd takes a worker for as long as it likes."""
    assert len(detect(c, album.crowd)) == 100


def test_df10_ranges(c: Any, album: Album) -> None:
    """Lost: clients that store these numbers in columns with bounds."""
    for face in detect(c, album.group):
        assert all(-180 <= angle <= 180 for angle in face["Pose"].values())
        assert all(0 <= value <= 100 for value in face["Quality"].values())
        assert 50 <= face["Confidence"] <= 100


def test_df12_same_bytes_same_answer(c: Any, album: Album) -> None:
    """Lost: caches and tests of users; over HTTP the models really run twice."""
    assert detect(c, album.group) == detect(c, album.group)


def test_boxes_of_faces_cut_by_the_border_are_not_clamped(c: Any, album: Album) -> None:
    """Lost: a face at the border gets a box that is not where the face is."""
    whole = album.pixels("obama.jpg")
    (inside,) = detect(c, album.a1)
    cut_at = int((inside["BoundingBox"]["Left"] + inside["BoundingBox"]["Width"] * 0.2) * 910)
    (cut,) = detect(c, pictures.jpeg(whole[:, cut_at:]))
    assert cut["BoundingBox"]["Left"] <= 0.02
    assert cut["BoundingBox"]["Width"] > 0


def test_brightness_and_sharpness_follow_the_picture(c: Any, album: Album) -> None:
    """Lost: users cannot tell dark or blurred photos by Quality."""
    pixels = album.small_pixels
    versions = (pixels, pictures.blurred(pixels, 2), pictures.darkened(pixels, 0.4))
    plain, blurred, dark = (detect(c, pictures.png(version))[0]["Quality"] for version in versions)
    assert blurred["Sharpness"] < plain["Sharpness"] - 10
    assert dark["Brightness"] < plain["Brightness"] - 20


def test_pose_follows_the_picture(c: Any, album: Album) -> None:
    """Lost: Roll says nothing, or has the wrong sign between two turned photos."""
    pixels = album.small_pixels
    left, right = (
        detect(c, pictures.jpeg(pictures.rotated(pixels, degrees)))[0]["Pose"]["Roll"]
        for degrees in (20, -20)
    )
    assert abs(left - right) == pytest.approx(40, abs=12)
