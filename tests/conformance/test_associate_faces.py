"""US*: AssociateFaces, DisassociateFaces. Source: SPEC.md F, B.13, B.14."""

from typing import Any

import pytest

from tests.conformance.album import Album
from tests.conformance.asking import VALIDATION, refused
from tests.conformance.enrolling import UNKNOWN, Enrolled, enrol, index, members

NOT_FOUND = "ResourceNotFoundException"
OTHER_USER = "ASSOCIATED_TO_A_DIFFERENT_USER"
USER_FACES = 100
"""The most that a user can have."""


@pytest.fixture
def e(c: Any, collection: str, album: Album) -> Enrolled:
    """Return a collection of faces, with the users ada and bob."""
    enrolled = enrol(c, collection, album)
    enrolled.create("ada", "bob")
    return enrolled


def face_ids(listed: list[dict[str, Any]]) -> list[str]:
    """Return the FaceIds of a list of an answer."""
    return [face["FaceId"] for face in listed]


def test_us05_two_faces_of_one_person(e: Enrolled) -> None:
    """Lost: a person cannot be given their faces."""
    answer = members(e.associate("ada", *e.a))
    assert answer == {
        "AssociatedFaces": [{"FaceId": face_id} for face_id in e.a],
        "UnsuccessfulFaceAssociations": [],
        "UserStatus": "UPDATING",
    }
    assert e.users() == {**e.users(), "ada": "ACTIVE", "bob": "CREATED"}
    assert e.owners() == dict.fromkeys(e.a, "ada")
    assert e.c.describe_collection(CollectionId=e.id)["FaceCount"] == 3


def test_us05_one_after_the_other(e: Enrolled) -> None:
    """Lost: a second photo of a person whom the service knows already."""
    e.associate("ada", e.a[0])
    answer = members(e.associate("ada", e.a[1]))
    assert face_ids(answer["AssociatedFaces"]) == [e.a[1]]
    assert answer["UserStatus"] == "UPDATING"
    assert set(e.owners()) == set(e.a)


def test_us06_again(e: Enrolled) -> None:
    """Lost: a repeated call tells of an error, or has the face twice."""
    e.associate("ada", e.a[0])
    answer = members(e.associate("ada", e.a[0]))
    assert answer == {
        "AssociatedFaces": [],
        "UnsuccessfulFaceAssociations": [],
        "UserStatus": "ACTIVE",
    }
    answer = e.associate("ada", e.a[0], e.a[1])
    assert face_ids(answer["AssociatedFaces"]) == [e.a[1]]
    assert answer["UnsuccessfulFaceAssociations"] == []


def test_us06_repeated_in_one_call(e: Enrolled) -> None:
    """Lost: a list with a face twice counts it twice."""
    answer = e.associate("ada", e.a[0], UNKNOWN, e.a[0], UNKNOWN, e.a[1])
    assert face_ids(answer["AssociatedFaces"]) == list(e.a)
    assert face_ids(answer["UnsuccessfulFaceAssociations"]) == [UNKNOWN]
    answer = e.disassociate("ada", e.a[1], UNKNOWN, e.a[1], UNKNOWN)
    assert face_ids(answer["DisassociatedFaces"]) == [e.a[1]]
    assert face_ids(answer["UnsuccessfulFaceDisassociations"]) == [UNKNOWN]


def test_us07_stranger(e: Enrolled) -> None:
    """Lost: by a slip somebody else's face opens a person's doors."""
    e.associate("ada", *e.a)
    for asked in ({}, {"UserMatchThreshold": 75}):
        answer = e.associate("ada", e.b, **asked)
        assert answer["AssociatedFaces"] == []
        (failed,) = answer["UnsuccessfulFaceAssociations"]
        assert set(failed) == {"FaceId", "Confidence", "Reasons"}
        assert (failed["FaceId"], failed["Reasons"]) == (e.b, ["LOW_MATCH_CONFIDENCE"])
        assert 0 <= failed["Confidence"] < 75
        assert answer["UserStatus"] == "ACTIVE"
    assert e.b not in e.owners()


def test_us07_confidence_is_the_similarity_of_searches(e: Enrolled) -> None:
    """Lost: no threshold can be chosen by what the failure told."""
    e.associate("ada", *e.a)
    (failed,) = e.associate("ada", e.b)["UnsuccessfulFaceAssociations"]
    found = e.c.search_users(CollectionId=e.id, FaceId=e.b, UserMatchThreshold=0)
    (match,) = found["UserMatches"]
    assert failed["Confidence"] == pytest.approx(match["Similarity"], abs=0.001)
    (failed,) = e.associate("ada", e.b, UserMatchThreshold=failed["Confidence"] + 0.01)[
        "UnsuccessfulFaceAssociations"
    ]
    assert e.associate("ada", e.b, UserMatchThreshold=failed["Confidence"])["AssociatedFaces"]


def test_us08_threshold_zero(e: Enrolled) -> None:
    """Lost: an operator who knows better, as with a childhood photo, cannot insist."""
    e.associate("ada", *e.a)
    answer = e.associate("ada", e.b, UserMatchThreshold=0)
    assert face_ids(answer["AssociatedFaces"]) == [e.b]
    assert set(e.owners()) == {*e.a, e.b}


def test_us09_face_of_another_user(e: Enrolled) -> None:
    """Lost: a face belongs to two people, or is taken from one without a word."""
    e.associate("ada", e.a[0])
    answer = members(e.associate("bob", e.a[0], e.b, UserMatchThreshold=0))
    assert answer["UnsuccessfulFaceAssociations"] == [
        {"FaceId": e.a[0], "UserId": "ada", "Reasons": [OTHER_USER]}
    ]
    assert face_ids(answer["AssociatedFaces"]) == [e.b]
    assert e.owners() == {e.a[0]: "ada", e.b: "bob"}


def test_us10_unknown_face(e: Enrolled) -> None:
    """Lost: one unknown id keeps all the others from being associated."""
    answer = members(e.associate("ada", UNKNOWN, e.a[0]))
    assert face_ids(answer["AssociatedFaces"]) == [e.a[0]]
    failed = [{"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]}]
    assert answer["UnsuccessfulFaceAssociations"] == failed
    alone = members(e.associate("bob", UNKNOWN))
    assert alone["UnsuccessfulFaceAssociations"] == failed
    assert alone["UserStatus"] == "CREATED"


def test_us10_face_of_another_collection(e: Enrolled, album: Album) -> None:
    """Lost: an id of another collection makes a person of this one."""
    e.c.create_collection(CollectionId="other")
    (face_id,) = index(e.c, "other", album.small, "A")
    (failed,) = e.associate("ada", face_id)["UnsuccessfulFaceAssociations"]
    assert failed["Reasons"] == ["FACE_NOT_FOUND"]


@pytest.mark.parametrize("threshold", [75, 100])
def test_us11_first_face_is_held_to_no_threshold(e: Enrolled, threshold: float) -> None:
    """Lost: nobody can be enrolled: a new user is like no face."""
    answer = e.associate("ada", e.b, UserMatchThreshold=threshold)
    assert face_ids(answer["AssociatedFaces"]) == [e.b]
    assert answer["UnsuccessfulFaceAssociations"] == []


def test_us11_the_others_of_the_first_call_are(e: Enrolled) -> None:
    """Lost: two people enrolled as one with the first call."""
    for user_id, order in (("ada", (e.a[0], e.b, e.a[1])), ("bob", (e.b,))):
        answer = e.associate(user_id, *order)
        assert set(face_ids(answer["AssociatedFaces"])) == set(e.a if user_id == "ada" else [e.b])


def test_us11_a_stranger_who_comes_first_turns_nobody_away(e: Enrolled) -> None:
    """Lost: one wrong or poor photo at the head of a list keeps a person's good ones out."""
    answer = e.associate("ada", UNKNOWN, e.b, *e.a)
    assert face_ids(answer["AssociatedFaces"]) == list(e.a)
    reasons = {f["FaceId"]: f["Reasons"] for f in answer["UnsuccessfulFaceAssociations"]}
    assert reasons == {UNKNOWN: ["FACE_NOT_FOUND"], e.b: ["LOW_MATCH_CONFIDENCE"]}


def test_us11_a_user_without_faces_again_starts_anew(e: Enrolled) -> None:
    """Lost: whoever was enrolled with the wrong photo stays that person for ever."""
    e.associate("ada", e.b)
    e.disassociate("ada", e.b)
    answer = e.associate("ada", *e.a)
    assert face_ids(answer["AssociatedFaces"]) == list(e.a)


def test_us12_a_hundred_faces(c: Any, collection: str, album: Album) -> None:
    """Lost: one user takes any room, or a call that cannot fit is carried out by half."""
    crowd = index(c, collection, album.crowd, "crowd")
    assert len(crowd) == USER_FACES
    (spare,) = index(c, collection, album.small, "spare")
    e = Enrolled(c, collection, (crowd[0], crowd[1]), spare)
    e.create("ada")

    def refuse(*ids: str) -> None:
        before = e.owners()
        message = refused(
            c.associate_faces,
            "ServiceQuotaExceededException",
            CollectionId=collection,
            UserId="ada",
            FaceIds=list(ids),
            UserMatchThreshold=0,
        )
        assert "100" in message
        assert e.owners() == before

    answer = e.associate("ada", *crowd[:99], UserMatchThreshold=0)
    assert face_ids(answer["AssociatedFaces"]) == crowd[:99]
    refuse(crowd[99], spare)
    answer = e.associate("ada", crowd[99], UNKNOWN, UserMatchThreshold=0)
    assert face_ids(answer["AssociatedFaces"]) == [crowd[99]]
    assert len(c.list_faces(CollectionId=collection, UserId="ada")["Faces"]) == USER_FACES
    refuse(spare)
    assert face_ids(e.disassociate("ada", *crowd)["DisassociatedFaces"]) == crowd
    assert face_ids(e.associate("ada", spare)["AssociatedFaces"]) == [spare]


def test_us13_disassociate(e: Enrolled) -> None:
    """Lost: a face given to the wrong person can never be taken back."""
    e.associate("ada", *e.a)
    answer = members(e.disassociate("ada", e.a[0], e.b))
    assert answer == {
        "DisassociatedFaces": [{"FaceId": e.a[0]}],
        "UnsuccessfulFaceDisassociations": [],
        "UserStatus": "UPDATING",
    }
    assert e.users()["ada"] == "ACTIVE"
    assert e.owners() == {e.a[1]: "ada"}
    assert e.c.describe_collection(CollectionId=e.id)["FaceCount"] == 3
    nothing = members(e.disassociate("ada", e.a[0], e.b))
    assert nothing == {
        "DisassociatedFaces": [],
        "UnsuccessfulFaceDisassociations": [],
        "UserStatus": "ACTIVE",
    }


def test_us13_last_face(e: Enrolled) -> None:
    """Lost: a user without a face is still found by the one that was taken away."""
    e.associate("ada", e.a[0])
    answer = e.disassociate("ada", e.a[0])
    assert answer["UserStatus"] == "UPDATING"
    assert e.users()["ada"] == "CREATED"
    found = e.c.search_users(CollectionId=e.id, FaceId=e.a[0], UserMatchThreshold=0)
    assert found["UserMatches"] == []
    assert members(e.disassociate("ada", e.a[0]))["UserStatus"] == "CREATED"


def test_us13_what_cannot_be_disassociated(e: Enrolled) -> None:
    """Lost: one person's face is taken from another; an unknown id stops the call."""
    e.associate("ada", *e.a)
    e.associate("bob", e.b)
    answer = members(e.disassociate("ada", e.b, UNKNOWN, e.a[1]))
    assert answer["DisassociatedFaces"] == [{"FaceId": e.a[1]}]
    assert answer["UnsuccessfulFaceDisassociations"] == [
        {"FaceId": e.b, "UserId": "bob", "Reasons": [OTHER_USER]},
        {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    assert e.owners() == {e.a[0]: "ada", e.b: "bob"}


@pytest.mark.parametrize("operation", ["associate_faces", "disassociate_faces"])
def test_us16_unknown_user(e: Enrolled, operation: str) -> None:
    """Lost: faces vanish into a person who does not exist."""
    asked = {"CollectionId": e.id, "UserId": "nobody", "FaceIds": list(e.a)}
    assert "nobody" in refused(getattr(e.c, operation), NOT_FOUND, **asked)
    assert sorted(e.users()) == ["ada", "bob"]
    assert e.owners() == {}


@pytest.mark.parametrize("operation", ["associate_faces", "disassociate_faces"])
def test_va10_number_of_a_users_face_ids(e: Enrolled, operation: str) -> None:
    """Lost: one call could ask for any amount of work."""
    ids = [f"00000000-0000-4000-8000-{number:012x}" for number in range(101)]
    asked = {"CollectionId": e.id, "UserId": "ada"}
    call = getattr(e.c, operation)
    message = refused(call, VALIDATION, **asked, FaceIds=ids)
    assert "at 'faceIds' failed" in message
    assert "Member must have length less than or equal to 100" in message
    assert refused(call, VALIDATION, **asked, FaceIds=ids[:1] * 101) == message
    assert call(**asked, FaceIds=ids[:100])["UserStatus"] == "CREATED"
