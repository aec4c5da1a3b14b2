"""LF04, LF08: the faces of users in ListFaces, DeleteFaces, IndexFaces. SPEC.md F, B.6, B.7."""

from typing import Any

import pytest

from tests.conformance.album import Album
from tests.conformance.asking import STORED_FACE, refused
from tests.conformance.enrolling import UNKNOWN, Enrolled, enrol, index


@pytest.fixture
def e(c: Any, collection: str, album: Album) -> Enrolled:
    """Return a collection of faces, with the users ada and bob."""
    enrolled = enrol(c, collection, album)
    enrolled.create("ada", "bob")
    return enrolled


def test_lf04_user_id_of_listed_faces(e: Enrolled) -> None:
    """Lost: whose face is it, and which faces does a person have?"""
    e.create("nobody")
    e.associate("ada", *e.a)
    e.associate("bob", e.b)
    for face in e.c.list_faces(CollectionId=e.id)["Faces"]:
        assert set(face) == STORED_FACE | {"UserId"}
        assert face["UserId"] == ("bob" if face["FaceId"] == e.b else "ada")
    e.disassociate("ada", e.a[1])
    for user_id, faces in (("ada", [e.a[0]]), ("bob", [e.b]), ("nobody", []), ("unknown", [])):
        answer = e.c.list_faces(CollectionId=e.id, UserId=user_id)
        assert [face["FaceId"] for face in answer["Faces"]] == faces
        assert all(face["UserId"] == user_id for face in answer["Faces"])
        assert answer["FaceModelVersion"]
    (free,) = e.c.list_faces(CollectionId=e.id, FaceIds=[e.a[1]])["Faces"]
    assert set(free) == STORED_FACE


def test_lf04_user_and_face_ids_together(e: Enrolled) -> None:
    """Lost: a client that asks which of its faces are a person's gets somebody else's."""
    e.associate("ada", *e.a)
    e.associate("bob", e.b)
    asked = {"CollectionId": e.id, "UserId": "ada"}
    answer = e.c.list_faces(**asked, FaceIds=[e.b, e.a[1], UNKNOWN])
    assert [face["FaceId"] for face in answer["Faces"]] == [e.a[1]]
    assert e.c.list_faces(**asked, FaceIds=[e.b])["Faces"] == []


def test_lf04_pages_of_a_users_faces(e: Enrolled) -> None:
    """Lost: of a person with many faces, some are never listed; a token crosses to another's."""
    e.associate("ada", *e.a)
    asked = {"CollectionId": e.id, "MaxResults": 1}
    first = e.c.list_faces(**asked, UserId="ada")
    second = e.c.list_faces(**asked, UserId="ada", NextToken=first["NextToken"])
    found = [face["FaceId"] for page in (first, second) for face in page["Faces"]]
    assert found == sorted(e.a)
    assert "NextToken" not in second
    for other in ({}, {"UserId": "bob"}):
        refused(
            e.c.list_faces,
            "InvalidPaginationTokenException",
            **asked,
            **other,
            NextToken=first["NextToken"],
        )


def test_lf08_associated_face_is_not_deleted(e: Enrolled) -> None:
    """Lost: tidying up faces makes people unknown."""
    e.associate("ada", e.a[0])
    answer = e.c.delete_faces(CollectionId=e.id, FaceIds=[e.a[0], UNKNOWN, e.b])
    assert answer["DeletedFaces"] == [e.b]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": e.a[0], "UserId": "ada", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
        {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    assert e.owners() == {e.a[0]: "ada"}
    assert e.c.describe_collection(CollectionId=e.id)["FaceCount"] == 2
    (failed,) = e.associate("bob", e.b)["UnsuccessfulFaceAssociations"]
    assert failed["Reasons"] == ["FACE_NOT_FOUND"]


@pytest.mark.parametrize("how", ["disassociate", "delete user"])
def test_lf08_a_face_let_go_can_be_deleted(e: Enrolled, how: str) -> None:
    """Lost: a person who asked to be forgotten cannot be."""
    e.associate("ada", *e.a)
    if how == "disassociate":
        e.disassociate("ada", *e.a)
    else:
        e.c.delete_user(CollectionId=e.id, UserId="ada")
    answer = e.c.delete_faces(CollectionId=e.id, FaceIds=list(e.a))
    assert answer["DeletedFaces"] == list(e.a)
    assert answer["UnsuccessfulFaceDeletions"] == []
    assert e.c.describe_collection(CollectionId=e.id)["FaceCount"] == 1


def test_indexing_an_associated_photo_again(e: Enrolled, album: Album) -> None:
    """Lost: a retry of IndexFaces takes a person's face away, or doubles it."""
    e.associate("ada", *e.a)
    assert index(e.c, e.id, album.a2, "A") == [e.a[0]]
    assert e.owners() == dict.fromkeys(e.a, "ada")
    assert e.c.describe_collection(CollectionId=e.id)["FaceCount"] == 3
