"""DF03-DF06, DF10, IX15: the attributes beyond DEFAULT. Source: SPEC.md F, B.0, B.17."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.conftest import BuildApplication, Wire
from tests.conformance.deploying import deployed

DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
BINARY = {
    "BEARD": "Beard",
    "EYEGLASSES": "Eyeglasses",
    "EYES_OPEN": "EyesOpen",
    "FACE_OCCLUDED": "FaceOccluded",
    "MOUTH_OPEN": "MouthOpen",
    "MUSTACHE": "Mustache",
    "SMILE": "Smile",
    "SUNGLASSES": "Sunglasses",
}
OTHERS = {
    "AGE_RANGE": "AgeRange",
    "EMOTIONS": "Emotions",
    "EYE_DIRECTION": "EyeDirection",
    "GENDER": "Gender",
}
EMOTIONS = {"HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "CALM", "FEAR"}
LANDMARKS = [
    "eyeLeft",
    "eyeRight",
    "mouthLeft",
    "mouthRight",
    "nose",
    "leftEyeBrowLeft",
    "leftEyeBrowRight",
    "leftEyeBrowUp",
    "rightEyeBrowLeft",
    "rightEyeBrowRight",
    "rightEyeBrowUp",
    "leftEyeLeft",
    "leftEyeRight",
    "leftEyeUp",
    "leftEyeDown",
    "rightEyeLeft",
    "rightEyeRight",
    "rightEyeUp",
    "rightEyeDown",
    "noseLeft",
    "noseRight",
    "mouthUp",
    "mouthDown",
    "leftPupil",
    "rightPupil",
    "upperJawlineLeft",
    "midJawlineLeft",
    "chinBottom",
    "midJawlineRight",
    "upperJawlineRight",
]


def detect(c: Any, image: bytes, *attributes: str) -> list[dict[str, Any]]:
    """Return FaceDetails."""
    found: list[dict[str, Any]] = c.detect_faces(
        Image={"Bytes": image}, Attributes=list(attributes)
    )["FaceDetails"]
    return found


def test_df03_all_has_every_member(c: Any, album: Album) -> None:
    """Lost: samples that read each member of an ALL answer without asking whether it is there."""
    (face,) = detect(c, album.a1, "ALL")
    assert set(face) == DEFAULT | set(BINARY.values()) | set(OTHERS.values())
    assert [mark["Type"] for mark in face["Landmarks"]] == LANDMARKS


def test_df03_landmarks_lie_where_they_should(c: Any, album: Album) -> None:
    """Lost: a brow that is drawn below an eye, a jaw inside the mouth."""
    (face,) = detect(c, album.a1, "ALL")
    at = {mark["Type"]: (mark["X"], mark["Y"]) for mark in face["Landmarks"]}
    across = ["leftEyeLeft", "leftPupil", "leftEyeRight", "rightEyeLeft", "rightPupil"]
    across.append("rightEyeRight")
    assert [at[name][0] for name in across] == sorted(at[name][0] for name in across)
    down = ["leftEyeBrowUp", "leftEyeUp", "leftEyeDown", "noseLeft", "mouthUp", "mouthDown"]
    down.append("chinBottom")
    assert [at[name][1] for name in down] == sorted(at[name][1] for name in down)
    assert at["upperJawlineLeft"][0] < at["midJawlineLeft"][0] < at["chinBottom"][0]
    assert at["chinBottom"][0] < at["midJawlineRight"][0] < at["upperJawlineRight"][0]


@pytest.mark.parametrize(("name", "member"), sorted({**BINARY, **OTHERS}.items()))
def test_df04_one_attribute_brings_one_member(c: Any, album: Album, name: str, member: str) -> None:
    """Lost: whoever asks for one attribute pays for all, or does not get it."""
    (face,) = detect(c, album.small, name)
    assert set(face) == DEFAULT | {member}
    assert len(face["Landmarks"]) == 5


def test_df05_default_and_all_is_all(c: Any, album: Album) -> None:
    """Lost: samples that pass both get half of it."""
    assert detect(c, album.small, "DEFAULT", "ALL") == detect(c, album.small, "ALL")
    assert detect(c, album.small, "ALL", "SMILE", "SMILE") == detect(c, album.small, "ALL")


def test_df06_emotions_are_sorted(c: Any, album: Album) -> None:
    """Lost: tutorials take Emotions[0] for the strongest."""
    for face in detect(c, album.group, "EMOTIONS"):
        confidences = [emotion["Confidence"] for emotion in face["Emotions"]]
        assert confidences == sorted(confidences, reverse=True)
        assert sum(confidences) == pytest.approx(100, abs=1)
        assert {emotion["Type"] for emotion in face["Emotions"]} == EMOTIONS
        assert len(confidences) == len(EMOTIONS)


def test_df10_ranges(c: Any, album: Album) -> None:
    """Lost: clients that store these numbers in columns with bounds."""
    for face in detect(c, album.group, "ALL"):
        age = face["AgeRange"]
        assert isinstance(age["Low"], int)
        assert 0 <= age["Low"] <= age["High"] <= 120
        for member in (*BINARY.values(), "Gender"):
            assert 50 <= face[member]["Confidence"] <= 100
        assert face["Gender"]["Value"] in {"Male", "Female"}
        if "EyeDirection" in face:
            assert all(-180 <= face["EyeDirection"][angle] <= 180 for angle in ("Yaw", "Pitch"))
            assert 0 <= face["EyeDirection"]["Confidence"] <= 100


def test_attributes_tell_people_apart(c: Any, album: Album) -> None:
    """Lost: an answer that is the same for all; three women and three men sit at the table."""
    at_table = detect(c, album.read("t1.jpg"), "GENDER", "AGE_RANGE")
    genders = [face["Gender"]["Value"] for face in at_table]
    assert genders.count("Female") == genders.count("Male") == 3
    for face in at_table:
        assert face["AgeRange"]["Low"] < 45
        assert face["AgeRange"]["High"] > 20


def test_ix15_details_of_indexed_and_of_unindexed_faces(
    c: Any, album: Album, collection: str
) -> None:
    """Lost: whoever keeps the attributes of faces asks for them in a second call."""
    answer = c.index_faces(
        CollectionId=collection,
        Image={"Bytes": album.group},
        MaxFaces=2,
        DetectionAttributes=["ALL"],
    )
    assert len(answer["FaceRecords"]) == 2
    assert len(answer["UnindexedFaces"]) == GROUP_FACES - 2
    for each in (*answer["FaceRecords"], *answer["UnindexedFaces"]):
        assert set(BINARY.values()) < set(each["FaceDetail"])
        assert len(each["FaceDetail"]["Landmarks"]) == 30


def test_sensitive_attributes_can_be_switched_off(
    wire: Wire, build: BuildApplication, account: str, album: Album, tmp_path: Path
) -> None:
    """Lost: an operator who must not judge gender, age or emotion cannot run the service."""
    off = "GENDER,EMOTIONS,AGE_RANGE"
    with deployed(wire, build, tmp_path / "log", attributes_off=off) as discreet:
        c = discreet.client(account)
        (face,) = detect(c, album.small, "ALL")
        assert not {"Gender", "Emotions", "AgeRange"} & set(face)
        assert {"Smile", "EyeDirection"} < set(face)
        (face,) = detect(c, album.small, "GENDER")
        assert set(face) == DEFAULT
