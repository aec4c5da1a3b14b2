"""RecognizeCelebrities, GetCelebrityInfo. Source: SPEC.md B.20, F."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineament.domain.faces import FaceEngine
from tests import pictures
from tests.conformance import declared
from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.asking import refused
from tests.conformance.conftest import BuildApplication, Wire, random_account
from tests.conformance.deploying import deployed
from tests.conformance.famous import KNOWN_ID, URLS, Famous, famous_deployment
from tests.profiles import SECOND

NOT_FOUND = "ResourceNotFoundException"
COMPARED = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality", "Emotions", "Smile"}
LARGEST = 64


@pytest.fixture(scope="module")
def famous(
    wire: Wire,
    build: BuildApplication,
    engine: FaceEngine,
    album: Album,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Famous]:
    folder = tmp_path_factory.mktemp("famous")
    with famous_deployment(wire, build, engine, album, folder) as there:
        yield there


def recognized(c: Any, image: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return both lists."""
    answer = c.recognize_celebrities(Image={"Bytes": image})
    del answer["ResponseMetadata"]
    assert set(answer) == {"CelebrityFaces", "UnrecognizedFaces"}
    for face in answer["CelebrityFaces"]:
        assert set(face) == {"Id", "Name", "Urls", "Face", "MatchConfidence", "KnownGender"}
    return answer["CelebrityFaces"], answer["UnrecognizedFaces"]


def boxes(faces: list[dict[str, Any]]) -> list[dict[str, float]]:
    return [face["BoundingBox"] for face in faces]


def test_cb01_without_a_gallery_nobody_is_named(c: Any, album: Album) -> None:
    """Lost: applications that ask break where the operator has imported nobody."""
    named, others = recognized(c, album.group)
    assert named == []
    found = c.detect_faces(Image={"Bytes": album.group}, Attributes=["EMOTIONS", "SMILE"])
    assert others == found["FaceDetails"]
    assert len(others) == GROUP_FACES
    assert all(set(face) == COMPARED for face in others)
    assert recognized(c, album.nobody) == ([], [])
    for unknown in (KNOWN_ID, "", "a" * 5000):
        refused(c.get_celebrity_info, NOT_FOUND, Id=unknown)


@declared.EYES
def test_cb01_a_celebrity_is_named_on_another_photo(famous: Famous, album: Album) -> None:
    """Lost: what the operation is for."""
    (face,), others = recognized(famous.c, album.a1)
    assert others == []
    assert face["Id"] == KNOWN_ID
    assert face["Name"] == "Person A"
    assert face["Urls"] == URLS
    assert face["KnownGender"] == {"Type": "Male"}
    assert 99 <= face["MatchConfidence"] <= 100
    assert set(face["Face"]) == COMPARED
    (b,), _ = recognized(famous.c, album.b1)
    assert re.fullmatch("[0-9A-Za-z]{8}", b["Id"])
    assert (b["Name"], b["Urls"], b["KnownGender"]) == ("Person B", [], {"Type": "Unlisted"})


@declared.EYES
def test_cb01_each_face_is_in_one_list(famous: Famous, album: Album) -> None:
    """Lost: faces counted twice, or not at all."""
    named, others = recognized(famous.c, album.group)
    assert [face["Id"] for face in named] == [famous.a]
    found = famous.c.detect_faces(Image={"Bytes": album.group})["FaceDetails"]
    assert boxes([named[0]["Face"], *others]) == boxes(found)  # A is the largest


@declared.EYES
def test_cb01_a_collage_names_everybody(famous: Famous, album: Album) -> None:
    """Lost: a second celebrity, or the second photo of one."""
    one = album.pixels("obama.jpg")
    for other, ids in ((album.pixels("biden.jpg"), {famous.a, famous.b}), (one, {famous.a})):
        collage = pictures.jpeg(pictures.beside(one, other))
        named, others = recognized(famous.c, collage)
        assert (len(named), others) == (2, [])
        assert {face["Id"] for face in named} == ids
        found = boxes([face["Face"] for face in named])
        areas = [box["Width"] * box["Height"] for box in found]
        assert areas == sorted(areas, reverse=True)


@declared.EYES
def test_cb01_what_is_known_of_an_id(famous: Famous) -> None:
    """Lost: applications that keep ids and ask for names later."""
    told = famous.c.get_celebrity_info(Id=KNOWN_ID)
    del told["ResponseMetadata"]
    assert told == {"Name": "Person A", "Urls": URLS, "KnownGender": {"Type": "Male"}}
    told = famous.c.get_celebrity_info(Id=famous.b)
    assert (told["Name"], told["Urls"]) == ("Person B", [])
    for unknown in (KNOWN_ID.lower(), "", "a" * 5000):
        refused(famous.c.get_celebrity_info, NOT_FOUND, Id=unknown)
    refused(famous.c.get_celebrity_info, "ValidationException", Id="no-id")


def test_cb01_only_the_largest_faces_are_told(c: Any, album: Album) -> None:
    """Lost: an answer longer than AWS's, from applications' fixed tables."""
    named, others = recognized(c, album.crowd)
    assert (named, len(others)) == ([], LARGEST)
    found = c.detect_faces(Image={"Bytes": album.crowd})["FaceDetails"]
    assert len(found) > LARGEST
    assert boxes(others) == boxes(found[:LARGEST])


@declared.EYES
def test_the_operator_decides_how_sure_a_name_is(
    famous: Famous, build: BuildApplication, album: Album, tmp_path: Path
) -> None:
    """Lost: the setting that keeps names off strangers, and the one that keeps emotions untold."""
    settings = {"celebrity_threshold": "100", "attributes_off": "EMOTIONS"}
    with deployed(famous.wire, build, tmp_path / "log", table=famous.table, **settings) as strict:
        c = strict.client(random_account())
        named, (other,) = recognized(c, album.a1)
        assert named == []
        assert set(other) == COMPARED - {"Emotions"}
        assert c.get_celebrity_info(Id=KNOWN_ID)["Name"] == "Person A"


@declared.EYES
def test_a_gallery_of_another_face_model_is_told(
    famous: Famous, build: BuildApplication, album: Album, tmp_path: Path
) -> None:
    """Lost: vectors of two models are compared, and anybody's name comes out."""
    with deployed(
        famous.wire, build, tmp_path / "log", table=famous.table, profile=SECOND
    ) as other:
        c = other.client(random_account())
        image = {"Bytes": album.small}
        told = refused(c.recognize_celebrities, "InvalidParameterException", Image=image)
        assert "import it again" in told
        assert c.get_celebrity_info(Id=KNOWN_ID)["Name"] == "Person A"


@pytest.mark.parametrize("key", ["celebrities", "123456789012"])
@declared.EYES
def test_nobody_reaches_the_gallery(famous: Famous, key: str) -> None:
    """Lost: any caller can add a face to a public figure, or read who is in the gallery."""
    for region in ("us-east-1", "all"):
        c = famous.wire.client(key, region)
        assert c.list_collections()["CollectionIds"] == []
        refused(c.describe_collection, NOT_FOUND, CollectionId="celebrities")
        refused(c.list_users, NOT_FOUND, CollectionId="celebrities")
        refused(c.delete_collection, NOT_FOUND, CollectionId="celebrities")
