"""The declared engine: what a test says is what the service finds, and the limits stay AWS's."""

from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest

from lineament.testing import (
    DeclarationError,
    Face,
    Faces,
    UndeclaredPicture,
    mock_rekognition,
)
from lineament.testing.drawing import draw
from lineament.testing.engine import DIMENSIONS
from lineament.testing.face import EMOTIONS
from lineament.testing.likeness import Likeness
from lineament.testing.service import declared_model
from tests import pictures

ABOVE = 0.05
"""What docs/testing.md allows an answer to be above what was declared."""


def compare(c: Any, source: bytes, target: bytes, threshold: float = 0) -> list[float]:
    answer = c.compare_faces(
        SourceImage={"Bytes": source}, TargetImage={"Bytes": target}, SimilarityThreshold=threshold
    )
    return [match["Similarity"] for match in answer["FaceMatches"]]


@pytest.mark.parametrize("percent", [0, 1, 19.9, 50, 79.9, 80, 80.1, 95, 99, 99.9, 100])
def test_similarities_are_those_declared(c: Any, faces: Faces, percent: float) -> None:
    """Lost: code that decides at 80 cannot be tested at 79.9 and 80.1."""
    faces.similarity("alice", "bob", percent)
    alice, bob = faces.picture("alice"), faces.picture("bob")
    (similarity,) = compare(c, alice, bob)
    assert percent <= similarity <= percent + ABOVE
    assert len(compare(c, alice, bob, percent)) == 1, "a threshold that is reached is a match"
    c.create_collection(CollectionId="people")
    (first, other) = (
        c.index_faces(CollectionId="people", Image={"Bytes": image})["FaceRecords"][0]["Face"]
        for image in (alice, bob)
    )
    for answer in (
        c.search_faces(CollectionId="people", FaceId=first["FaceId"], FaceMatchThreshold=percent),
        c.search_faces_by_image(
            CollectionId="people", Image={"Bytes": alice}, FaceMatchThreshold=percent
        ),
    ):
        similarities = {m["Face"]["FaceId"]: m["Similarity"] for m in answer["FaceMatches"]}
        assert percent <= similarities[other["FaceId"]] <= percent + ABOVE


def test_same_person_and_strangers(c: Any, faces: Faces) -> None:
    """Lost: a label is no person: photos of one are not alike, or everybody is."""
    one, two, stranger = faces.picture("alice"), faces.picture("alice"), faces.picture("bob")
    assert one != two
    assert compare(c, one, two) == [100]
    assert 0 < compare(c, one, stranger)[0] < 2
    aged = faces.picture(Face("alice", similarity=85))
    assert compare(c, one, aged) == [pytest.approx(85, abs=ABOVE)]
    assert compare(c, two, aged) == compare(c, aged, one)
    assert compare(c, aged, aged) == [100]
    assert compare(c, aged, stranger)[0] < 2


def test_many_people_keep_their_similarities() -> None:
    """Lost: what is declared of two people changes when a third is seen."""
    faces = Faces()
    faces.open()
    wanted = {("a", "b"): 90.0, ("b", "c"): 85.0, ("a", "d"): 30.0, ("c", "d"): 79.9}
    for (one, other), percent in wanted.items():
        faces.similarity(one, other, percent)
    model = declared_model("default")
    likeness = Likeness(faces, model.calibration, model.dimensions)
    vectors = {name: likeness.vector(Face(name), b"", 0) for name in "abcd"}
    vectors |= {name: likeness.vector(Face(name), b"", 0) for name in map(str, range(600))}
    for (one, other), percent in wanted.items():
        cosine = float(vectors[one] @ vectors[other])
        assert percent <= model.calibration.similarity(cosine) <= percent + ABOVE
    stacked = np.stack(list(vectors.values()))
    assert np.allclose(np.linalg.norm(stacked, axis=1), 1, atol=1e-6)
    exact = stacked[:DIMENSIONS]
    others = exact[4:] @ exact.T - np.eye(len(exact))[4:]
    assert np.abs(others).max() < 1e-6, "strangers are at right angles while there is room"
    faces.similarity("late", "a", 50)
    with pytest.raises(DeclarationError, match="late comes too late"):
        likeness.vector(Face("late"), b"", 0)
    crowded = stacked @ stacked.T - np.eye(len(stacked))
    assert model.calibration.similarity(float(crowded[DIMENSIONS:].max())) < 10


def test_what_cannot_be_is_told(c: Any, faces: Faces) -> None:
    """Lost: similarities that no faces can have are answered with others, silently."""
    faces.similarity("a", "b", 99.9)
    faces.similarity("b", "c", 99.9)
    faces.similarity("a", "c", 5)
    image = faces.picture("a", "b", "c")
    with pytest.raises(DeclarationError, match="as alike to the others as c"):
        compare(c, image, image)
    faces.similarity("d", "e", 50)
    compare(c, faces.picture("d"), faces.picture("e"))
    faces.similarity("d", "e", 60)
    with pytest.raises(DeclarationError, match="and another are was declared after both"):
        compare(c, faces.picture("d"), faces.picture("e"))
    for wrong in (lambda: faces.similarity("a", "a", 3), lambda: faces.similarity("a", "b", 101)):
        with pytest.raises(ValueError, match=r"one person|0 to 100"):
            wrong()


def test_pictures_are_known_by_bytes_file_key_and_place(
    c: Any, faces: Faces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: the application reads its photo in another way than the test declared it."""
    monkeypatch.chdir(tmp_path)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="photos")
    blank = {name: draw(name, 0) for name in ("file", "path", "key", "other")}
    Path("alice.jpg").write_bytes(blank["file"])
    (tmp_path / "bob.png").write_bytes(blank["path"])
    faces.declare("alice.jpg", person="alice")
    faces.declare(tmp_path / "bob.png", person="bob")
    faces.declare("in/carol.jpg", person="carol")
    faces.declare("s3://photos/in/carol.jpg", Face("dora"), Face("emil"))
    faces.declare(blank["other"], *[Face(f"p{n}") for n in range(3)])
    for bucket, key, image in (
        ("photos", "alice.jpg", blank["other"]),
        ("photos", "in/carol.jpg", blank["key"]),
    ):
        s3.put_object(Bucket=bucket, Key=key, Body=image)

    def count(**image: Any) -> int:
        return len(c.detect_faces(Image=image)["FaceDetails"])

    assert count(Bytes=blank["file"]) == 1
    assert count(Bytes=blank["path"]) == 1
    assert count(Bytes=blank["other"]) == 3
    assert count(S3Object={"Bucket": "photos", "Name": "alice.jpg"}) == 1, "the key before bytes"
    assert count(S3Object={"Bucket": "photos", "Name": "in/carol.jpg"}) == 2, "the place before key"
    faces.declare(f"{'deep/' * 180}x.jpg", person="alice")
    with pytest.raises(FileNotFoundError):
        faces.declare(tmp_path / "nobody.jpg", person="alice")
    with pytest.raises(TypeError, match="of which person"):
        faces.declare("alice.jpg", similarity=3)


def test_undeclared_pictures_are_refused_by_name(c: Any) -> None:
    """Lost: a test passes because a picture that it forgot shows nobody."""
    image = draw("nobody knows", 1)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="in/x.jpg", Body=image)
    c.create_collection(CollectionId="people")
    with pytest.raises(UndeclaredPicture, match=r"s3://photos/in/x\.jpg holds \(160x160 px"):
        c.index_faces(
            CollectionId="people", Image={"S3Object": {"Bucket": "photos", "Name": "in/x.jpg"}}
        )
    with pytest.raises(UndeclaredPicture, match="given as Bytes"):
        compare(c, image, image)
    assert c.list_collections()["CollectionIds"] == ["people"], "told once, not to the next call"


def test_undeclared_pictures_may_show_nobody() -> None:
    """Lost: a test that only uploads must declare what it does not ask about."""
    with mock_rekognition(undeclared="no faces"):
        image = draw("nobody knows", 1)
        c = boto3.client("rekognition")
        assert c.detect_faces(Image={"Bytes": image})["FaceDetails"] == []


def test_faces_are_what_was_declared(c: Any, faces: Faces) -> None:
    """Lost: an application's rules on boxes, quality and attributes cannot be tested."""
    about: dict[str, Any] = {
        "box": (0.1, 0.2, 0.3, 0.4),
        "confidence": 71.0,
        "brightness": 33.0,
        "sharpness": 44.0,
        "pose": (1.0, 2.0, 3.0),
        "attributes": {
            "Smile": True,
            "Beard": (True, 61.0),
            "AgeRange": (4, 8),
            "Gender": "Male",
            "Emotions": {"HAPPY": 80.0},
            "EyeDirection": (10.0, -5.0),
        },
    }
    image = faces.picture(Face("alice", **about))
    (told,) = c.detect_faces(Image={"Bytes": image}, Attributes=["ALL"])["FaceDetails"]
    assert told["BoundingBox"] == pytest.approx(
        {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
    )
    assert told["Confidence"] == 71
    assert told["Quality"] == {"Brightness": 33, "Sharpness": 44}
    assert told["Pose"] == {"Roll": 1, "Yaw": 2, "Pitch": 3}
    assert told["Smile"] == {"Value": True, "Confidence": 99}
    assert told["Beard"] == {"Value": True, "Confidence": 61}
    assert told["EyesOpen"]["Value"]
    assert not told["Sunglasses"]["Value"]
    assert told["AgeRange"] == {"Low": 4, "High": 8}
    assert told["Gender"]["Value"] == "Male"
    assert told["Emotions"][0] == {"Type": "HAPPY", "Confidence": 80}
    assert sum(each["Confidence"] for each in told["Emotions"]) == pytest.approx(100)
    assert told["EyeDirection"] == {"Yaw": 10, "Pitch": -5, "Confidence": 99}
    assert len({mark["Type"] for mark in told["Landmarks"]}) == 30
    for mark in told["Landmarks"]:
        assert 0.1 <= mark["X"] <= 0.4
        assert 0.2 <= mark["Y"] <= 0.6


def test_the_quality_filter_judges_declared_faces(c: Any, faces: Faces) -> None:
    """Lost: an application's answer to unindexed faces is never run."""
    c.create_collection(CollectionId="people")
    image = faces.picture(
        Face("sharp"), Face("blurred", sharpness=3), Face("turned", pose=(0, 85, 0))
    )
    answer = c.index_faces(CollectionId="people", Image={"Bytes": image})
    assert len(answer["FaceRecords"]) == 1
    reasons = [set(face["Reasons"]) for face in answer["UnindexedFaces"]]
    assert {"LOW_SHARPNESS"} <= reasons[0]
    assert {"EXTREME_POSE"} <= reasons[1]


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("people", [0, 1, 2, 7, 100])
def test_pictures_are_valid_and_have_room(c: Any, faces: Faces, kind: str, people: int) -> None:
    """Lost: pictures of the kit's own are refused, or their faces filtered."""
    image = faces.picture(*[f"p{n}" for n in range(people)], kind=kind)
    assert image != faces.picture(*[f"p{n}" for n in range(people)], kind=kind)
    assert len(image) < 200_000
    details = c.detect_faces(Image={"Bytes": image})["FaceDetails"]
    assert len(details) == people
    c.create_collection(CollectionId="people")
    answer = c.index_faces(CollectionId="people", Image={"Bytes": image}, QualityFilter="HIGH")
    assert len(answer["FaceRecords"]) == people
    sizes = [face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"] for face in details]
    assert sizes == sorted(sizes, reverse=True)
    assert all(0 <= f["BoundingBox"]["Left"] <= 1 - f["BoundingBox"]["Width"] for f in details)


def test_pictures_that_the_real_engine_refuses_are_refused(c: Any, faces: Faces) -> None:
    """Lost: a test passes with pictures that the service would not take."""
    small, wide = faces.picture("a", width=79), faces.picture("a", width=10_001, height=80)
    good = faces.picture("alice", kind="png")
    bad = {
        "InvalidParameterException": small,
        "ImageTooLargeException": wide,
        "InvalidImageFormatException": good[:-40],
    }
    for code, image in bad.items():
        faces.declare(image, person="alice")
        with pytest.raises(getattr(c.exceptions, code)) as caught:
            c.detect_faces(Image={"Bytes": image})
        assert not isinstance(caught.value, DeclarationError)
    for image in filter(None, pictures.not_pictures(pictures.scenery(100, 100)).values()):
        faces.declare(image, person="alice")
        with pytest.raises(c.exceptions.InvalidImageFormatException):
            c.detect_faces(Image={"Bytes": image})
    with pytest.raises(ValueError, match="neither jpeg nor png"):
        faces.picture(kind="gif")


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"person": ""}, "needs a person"),
        ({"similarity": 101}, "similarity=101"),
        ({"confidence": -1}, "confidence=-1"),
        ({"box": (0, 0, 0, 1)}, "width and height"),
        ({"attributes": {"Smiles": True}}, "Smiles is no attribute"),
        ({"attributes": {"Gender": "Man"}}, "neither Female nor Male"),
        ({"attributes": {"Emotions": {"HAPPY": 80, "SAD": 30}}}, "sum to at most 100"),
        ({"attributes": {"Emotions": {"GLAD": 80}}}, "are known"),
        ({"attributes": {"Emotions": dict.fromkeys(EMOTIONS, 10)}}, "sum to at most 100"),
    ],
)
def test_wrong_faces_are_refused_where_they_are_declared(about: dict[str, Any], told: str) -> None:
    """Lost: a slip in a test is an error inside a request, or an answer that AWS cannot give."""
    with pytest.raises(ValueError, match=told):
        Face(**{"person": "alice", **about})
