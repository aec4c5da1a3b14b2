"""SPEC.md F, IndexFaces, ListFaces and DeleteFaces."""

from typing import Any

import pytest

from tests.conformance.photos import A1, B1, GROUP, GROUP_SIZE, NOBODY, image

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def people(c: Any) -> str:
    """Return an empty collection."""
    c.create_collection(CollectionId="people")
    return "people"


def ids_of(answer: dict[str, Any]) -> list[str]:
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def test_ix01_ix05_a_face_is_told_as_stored(c: Any, people: str) -> None:
    """Else a client cannot keep what it needs to find the face again."""
    answer = c.index_faces(CollectionId=people, Image=image(A1), ExternalImageId="a:1")
    (record,) = answer["FaceRecords"]
    face = record["Face"]
    assert face["ExternalImageId"] == "a:1"
    assert set(face) == {"FaceId", "BoundingBox", "ImageId", "Confidence", "ExternalImageId"}
    assert set(record["FaceDetail"]) == {
        "BoundingBox",
        "Confidence",
        "Landmarks",
        "Pose",
        "Quality",
    }
    assert answer["UnindexedFaces"] == []
    assert answer["FaceModelVersion"]
    plain = c.index_faces(CollectionId=people, Image=image(B1))
    assert "ExternalImageId" not in plain["FaceRecords"][0]["Face"]


def test_ix02_ix04_ix07_ix11_ix12_a_group_twice(c: Any, people: str) -> None:
    """Else a retried IndexFaces doubles everybody."""
    first = c.index_faces(CollectionId=people, Image=image(GROUP), ExternalImageId="g")
    again = c.index_faces(CollectionId=people, Image=image(GROUP), ExternalImageId="g")
    assert len(set(ids_of(first))) == GROUP_SIZE
    assert len({record["Face"]["ImageId"] for record in first["FaceRecords"]}) == 1
    assert ids_of(again) == ids_of(first)
    assert c.describe_collection(CollectionId=people)["FaceCount"] == GROUP_SIZE
    boxes = [record["Face"]["BoundingBox"] for record in first["FaceRecords"]]
    areas = [box["Width"] * box["Height"] for box in boxes]
    assert areas == sorted(areas, reverse=True)
    other = c.index_faces(CollectionId=people, Image=image(GROUP), ExternalImageId="h")
    assert not set(ids_of(other)) & set(ids_of(first))
    assert other["FaceRecords"][0]["Face"]["ImageId"] == first["FaceRecords"][0]["Face"]["ImageId"]


def test_ix06_max_faces_tells_whom_it_left_out(c: Any, people: str) -> None:
    """Else faces vanish without a word."""
    answer = c.index_faces(CollectionId=people, Image=image(GROUP), MaxFaces=1)
    assert len(answer["FaceRecords"]) == 1
    reasons = [face["Reasons"] for face in answer["UnindexedFaces"]]
    assert reasons == [["EXCEEDS_MAX_FACES"]] * (GROUP_SIZE - 1)


def test_ix08_nobody_is_a_success(c: Any, people: str) -> None:
    """Else a batch of photos stops at the first landscape."""
    answer = c.index_faces(CollectionId=people, Image=image(NOBODY))
    assert (answer["FaceRecords"], answer["UnindexedFaces"]) == ([], [])
    assert c.describe_collection(CollectionId=people)["FaceCount"] == 0


@pytest.mark.parametrize("external", ["a/b", "a b", "x" * 256])
def test_va07_va09_ill_formed_members(c: Any, people: str, external: str) -> None:
    """Else ids come about that later calls refuse."""
    with pytest.raises(c.exceptions.ClientError, match="'externalImageId' failed"):
        c.index_faces(CollectionId=people, Image=image(A1), ExternalImageId=external)
    with pytest.raises(c.exceptions.ClientError, match="enum value set"):
        c.index_faces(CollectionId=people, Image=image(A1), QualityFilter="BOGUS")


def test_ix16_lf01_lf02_lf03_listing_is_complete_and_immediate(c: Any, people: str) -> None:
    """Else indexed faces are missing from the list."""
    indexed = c.index_faces(CollectionId=people, Image=image(GROUP))
    expected = sorted(ids_of(indexed))
    pages = list(
        c.get_paginator("list_faces").paginate(
            CollectionId=people, PaginationConfig={"PageSize": 1}
        )
    )
    faces = [face for page in pages for face in page["Faces"]]
    assert [face["FaceId"] for face in faces] == expected
    assert all(page["FaceModelVersion"] == indexed["FaceModelVersion"] for page in pages)
    assert all(face["IndexFacesModelVersion"] and face["ImageId"] for face in faces)
    some = c.list_faces(CollectionId=people, FaceIds=[expected[2], UNKNOWN])["Faces"]
    assert [face["FaceId"] for face in some] == [expected[2]]


def test_lf06_lf07_deleting(c: Any, people: str) -> None:
    """Else a person who asked to be forgotten is found again."""
    (face_id,) = ids_of(c.index_faces(CollectionId=people, Image=image(A1)))
    answer = c.delete_faces(CollectionId=people, FaceIds=[face_id, face_id, UNKNOWN])
    assert answer["DeletedFaces"] == [face_id]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]}
    ]
    assert c.describe_collection(CollectionId=people)["FaceCount"] == 0
    found = c.search_faces_by_image(CollectionId=people, Image=image(A1), FaceMatchThreshold=0)
    assert found["FaceMatches"] == []
    with pytest.raises(c.exceptions.InvalidParameterException):
        c.search_faces(CollectionId=people, FaceId=face_id)
