"""LF*: ListFaces, DeleteFaces. Source: SPEC.md F, B.6, B.7."""

from typing import Any

from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.asking import STORED_FACE, refused
from tests.conformance.conftest import People

UNKNOWN = "00000000-0000-4000-8000-000000000000"
TOKEN = "InvalidPaginationTokenException"


def everybody(people: People) -> list[str]:
    """Return all FaceIds of the collection, ascending."""
    return sorted(face_id for found in people.faces.values() for face_id in found)


def test_lf01_every_face_once(people: People) -> None:
    """Lost: an audit of who is stored."""
    answer = people.c.list_faces(CollectionId=people.id)
    faces = answer["Faces"]
    assert [face["FaceId"] for face in faces] == everybody(people)
    assert set(answer) - {"ResponseMetadata"} == {"Faces", "FaceModelVersion"}
    for face in faces:
        assert set(face) == STORED_FACE
        assert face["FaceId"] in people.faces[face["ExternalImageId"]]


def test_lf01_stored_members_are_those_told_when_indexing(
    c: Any, collection: str, album: Album
) -> None:
    """Lost: an app that kept the answer of IndexFaces finds other boxes later."""
    indexed = c.index_faces(CollectionId=collection, Image={"Bytes": album.group})
    told = {record["Face"]["FaceId"]: record["Face"] for record in indexed["FaceRecords"]}
    for face in c.list_faces(CollectionId=collection)["Faces"]:
        before = told[face["FaceId"]]
        assert face["ImageId"] == before["ImageId"]
        assert "ExternalImageId" not in face
        assert abs(face["Confidence"] - before["Confidence"]) < 1e-4
        for side, value in before["BoundingBox"].items():
            assert abs(face["BoundingBox"][side] - value) < 1e-5


def test_lf02_pages(people: People) -> None:
    """Lost: faces are skipped or repeated, or a loop never ends."""
    for size in (1, 2, 8, 9, 10):
        pages = list(
            people.c.get_paginator("list_faces").paginate(
                CollectionId=people.id, PaginationConfig={"PageSize": size}
            )
        )
        found = [face["FaceId"] for page in pages for face in page["Faces"]]
        assert found == everybody(people)
        assert all(len(page["Faces"]) <= size for page in pages)
        assert all(page["FaceModelVersion"] for page in pages)
        assert ["NextToken" in page for page in pages] == [True] * (len(pages) - 1) + [False]
        assert len(pages) == -(-len(found) // size)


def test_lf02_empty_token_and_empty_collection(c: Any, collection: str) -> None:
    """Lost: samples that send the empty token first, and apps on their first day."""
    answer = c.list_faces(CollectionId=collection, NextToken="")
    assert answer["Faces"] == []
    assert "NextToken" not in answer
    assert answer["FaceModelVersion"]


def test_lf03_filter_by_face_ids(people: People) -> None:
    """Lost: a client cannot ask what became of the faces that it knows."""
    some = people.faces["group"][2:5]
    asked = {"CollectionId": people.id, "FaceIds": [*some, UNKNOWN, some[0]]}
    found = people.c.list_faces(**asked)["Faces"]
    assert [face["FaceId"] for face in found] == sorted(some)
    first = people.c.list_faces(**asked, MaxResults=2)
    second = people.c.list_faces(**asked, MaxResults=2, NextToken=first["NextToken"])
    pages = [face["FaceId"] for page in (first, second) for face in page["Faces"]]
    assert pages == sorted(some)
    assert "NextToken" not in second
    only = people.c.list_faces(CollectionId=people.id, FaceIds=[UNKNOWN])
    assert only["Faces"] == []


def test_lf03_token_belongs_to_its_filter(people: People) -> None:
    """Lost: a token used with another filter skips faces without a word."""
    one, two = people.faces["group"][:3], people.faces["group"][3:6]
    asked = {"CollectionId": people.id, "MaxResults": 1}
    token = people.c.list_faces(**asked, FaceIds=one)["NextToken"]
    refused(people.c.list_faces, TOKEN, **asked, FaceIds=two, NextToken=token)
    refused(people.c.list_faces, TOKEN, **asked, NextToken=token)


def test_lf06_deleting(c: Any, collection: str, album: Album) -> None:
    """Lost: a person who asked to be forgotten is found again."""
    image = {"Bytes": album.group}
    records = c.index_faces(CollectionId=collection, Image=image)["FaceRecords"]
    found = [record["Face"]["FaceId"] for record in records]
    gone, left = [found[3], found[0]], sorted({*found} - {found[3], found[0]})
    answer = c.delete_faces(CollectionId=collection, FaceIds=gone)
    assert answer["DeletedFaces"] == gone
    assert answer["UnsuccessfulFaceDeletions"] == []
    assert c.describe_collection(CollectionId=collection)["FaceCount"] == GROUP_FACES - 2
    listed = c.list_faces(CollectionId=collection)["Faces"]
    assert [face["FaceId"] for face in listed] == left
    matches = c.search_faces_by_image(CollectionId=collection, Image=image, FaceMatchThreshold=0)[
        "FaceMatches"
    ]
    assert sorted(match["Face"]["FaceId"] for match in matches) == left
    refused(c.search_faces, "InvalidParameterException", CollectionId=collection, FaceId=gone[0])
    others = c.search_faces(CollectionId=collection, FaceId=left[0], FaceMatchThreshold=0)
    assert len(others["FaceMatches"]) == len(left) - 1


def test_lf07_unknown_and_repeated_ids(c: Any, collection: str, album: Album) -> None:
    """Lost: one unknown id keeps all the others from being deleted."""
    image = {"Bytes": album.small}
    records = c.index_faces(CollectionId=collection, Image=image)["FaceRecords"]
    face_id = records[0]["Face"]["FaceId"]
    ids = [UNKNOWN, face_id, face_id, UNKNOWN]
    answer = c.delete_faces(CollectionId=collection, FaceIds=ids)
    assert answer["DeletedFaces"] == [face_id]
    failed = [{"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]}]
    assert answer["UnsuccessfulFaceDeletions"] == failed
    again = c.delete_faces(CollectionId=collection, FaceIds=[face_id])
    assert again["DeletedFaces"] == []
    assert again["UnsuccessfulFaceDeletions"] == [
        {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
    ]


def test_lf07_faces_of_another_collection_stay(people: People, c: Any, collection: str) -> None:
    """Lost: an id of another collection, or account, deletes there."""
    ids = people.faces["A"]
    answer = c.delete_faces(CollectionId=collection, FaceIds=ids)
    assert answer["DeletedFaces"] == []
    listed = people.c.list_faces(CollectionId=people.id, FaceIds=ids)["Faces"]
    assert [face["FaceId"] for face in listed] == ids
