"""SPEC.md F, SearchFaces and SearchFacesByImage."""

from typing import Any

import pytest

from tests.conformance.conftest import Wire
from tests.conformance.photos import A1, A2, A3, B1, GROUP, NOBODY, image

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ACCOUNT = {"in-process": "100000000001", "http": "100000000002", "lambda": "100000000003"}


@pytest.fixture(scope="module")
def people(wire: Wire) -> Any:
    """Return a client and the FaceIds of a collection of A1, A2, B1 and the group."""
    client = wire.client(ACCOUNT[wire.name])
    client.create_collection(CollectionId="people")
    for name in (A1, A2, B1, GROUP):
        client.index_faces(
            CollectionId="people", Image=image(name), ExternalImageId=name, QualityFilter="NONE"
        )
    return client


def by_image(client: Any, name: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.search_faces_by_image(
        CollectionId="people", Image=image(name), **more
    )
    return answer


def names(answer: dict[str, Any]) -> list[str]:
    return [match["Face"]["ExternalImageId"] for match in answer["FaceMatches"]]


def face_id(client: Any, name: str) -> str:
    faces = client.list_faces(CollectionId="people")["Faces"]
    return next(str(face["FaceId"]) for face in faces if face["ExternalImageId"] == name)


def test_sf01_sf02_a_face_finds_its_person_and_not_itself(people: Any) -> None:
    """Else the nearest match of everybody is themselves, or a stranger."""
    searched = face_id(people, A1)
    answer = people.search_faces(CollectionId="people", FaceId=searched)
    assert answer["SearchedFaceId"] == searched
    assert names(answer) == [A2]


def test_sf02_ap_a_photo_never_indexed_finds_its_person(people: Any) -> None:
    """Else the service does not do its main job."""
    assert set(names(by_image(people, A3))) == {A1, A2}


def test_sf02_a_stranger_finds_nobody(people: Any) -> None:
    """Else people are falsely matched at the default threshold."""
    answer = by_image(people, "astronaut.png")
    assert answer["FaceMatches"] == []
    assert answer["SearchedFaceConfidence"] > 50
    assert set(answer["SearchedFaceBoundingBox"]) == {"Width", "Height", "Left", "Top"}


def test_sf03_sf04_sf09_sf11_thresholds_and_limits(people: Any) -> None:
    """Else a lower threshold loses matches or changes their scores."""
    runs = {
        threshold: by_image(people, A3, FaceMatchThreshold=threshold)["FaceMatches"]
        for threshold in (0, 0.8, 80, 99)
    }
    everyone = runs[0]
    assert len(everyone) == 9
    scores = [match["Similarity"] for match in everyone]
    assert scores == sorted(scores, reverse=True)
    for threshold, matches in runs.items():
        assert matches == [match for match in everyone if match["Similarity"] >= threshold]
    best = by_image(people, A3, FaceMatchThreshold=0, MaxFaces=1)["FaceMatches"]
    assert best == everyone[:1]


def test_sf05_an_unknown_face_is_told(people: Any) -> None:
    """Else a client takes a typing error for 'no match'."""
    with pytest.raises(people.exceptions.InvalidParameterException) as error:
        people.search_faces(CollectionId="people", FaceId=UNKNOWN)
    message = error.value.response["Error"]["Message"]
    assert message == "faceId was not found in the collection."


def test_sf07_a_picture_without_a_face(people: Any) -> None:
    """Else clients that compare AWS's sentence do not recognise the case."""
    with pytest.raises(people.exceptions.InvalidParameterException) as error:
        by_image(people, NOBODY)
    message = error.value.response["Error"]["Message"]
    assert message == "There are no faces in the image. Should be at least 1."


def test_sf06_sf08_the_largest_face_is_searched(people: Any) -> None:
    """Else a bystander is searched for."""
    largest = people.detect_faces(Image=image(GROUP))["FaceDetails"][0]
    answer = by_image(people, GROUP)
    assert answer["SearchedFaceBoundingBox"] == largest["BoundingBox"]
    assert answer["SearchedFaceConfidence"] == largest["Confidence"]


def test_sf10_sf12_the_indexed_picture_itself(people: Any) -> None:
    """Else duplicates are not recognised as such."""
    best = by_image(people, A1)["FaceMatches"][0]
    assert best["Similarity"] > 99.9
    assert best["Face"]["ExternalImageId"] == A1
    assert best["Face"]["IndexFacesModelVersion"]
    assert "UserId" not in best["Face"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"FaceId": UNKNOWN.upper().replace("0", "A")},
        {"FaceId": "not-a-uuid"},
        {"FaceId": UNKNOWN, "MaxFaces": 4097},
        {"FaceId": UNKNOWN, "FaceMatchThreshold": 100.1},
    ],
)
def test_va04_va05_va06_members_out_of_bounds(people: Any, wrong: dict[str, Any]) -> None:
    """Else limits are found out by trying."""
    with pytest.raises(people.exceptions.ClientError, match="failed to satisfy constraint"):
        people.search_faces(CollectionId="people", **wrong)
