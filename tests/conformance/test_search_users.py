"""US*: SearchUsers, SearchUsersByImage; users in SearchFaces. SPEC.md F, B.8, B.9, B.15, B.16."""

from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.asking import STORED_FACE, refused
from tests.conformance.conftest import Wire, random_account
from tests.conformance.enrolling import UNKNOWN, Enrolled, enrol, index, members

PARAMETER = "InvalidParameterException"
NOT_FOUND = "ResourceNotFoundException"
STATUSES = {"ACTIVE", "UPDATING"}
"""Of users who can be found."""


@pytest.fixture(scope="module")
def e(wire: Wire, album: Album) -> Enrolled:
    """Return a collection that is only read: ada is A, bob is B, a face of A is nobody's.

    The user empty has no face. The last face of `a` is the one that is nobody's.
    """
    c = wire.client(random_account())
    c.create_collection(CollectionId="people")
    enrolled = enrol(c, "people", album)
    enrolled.create("bob", "empty", "ada")
    enrolled.associate("ada", enrolled.a[0])
    enrolled.associate("bob", enrolled.b)
    return enrolled


def search(e: Enrolled, **asked: Any) -> dict[str, Any]:
    """Call SearchUsers."""
    answer: dict[str, Any] = e.c.search_users(CollectionId=e.id, **asked)
    return answer


def by_image(e: Enrolled, image: bytes, **more: Any) -> dict[str, Any]:
    """Call SearchUsersByImage by bytes."""
    answer: dict[str, Any] = e.c.search_users_by_image(
        CollectionId=e.id, Image={"Bytes": image}, **more
    )
    return answer


def names(answer: dict[str, Any]) -> list[str]:
    """Return the UserIds of the matches, best first."""
    for match in answer["UserMatches"]:
        assert set(match) == {"Similarity", "User"}
        assert set(match["User"]) == {"UserId", "UserStatus"}
        assert match["User"]["UserStatus"] in STATUSES
    return [match["User"]["UserId"] for match in answer["UserMatches"]]


def test_us17_neither_or_both_ids(e: Enrolled) -> None:
    """Lost: a search for the wrong thing is answered as if it were meant."""
    refused(e.c.search_users, PARAMETER, CollectionId=e.id)
    asked = {"UserId": "ada", "FaceId": e.a[0]}
    refused(e.c.search_users, PARAMETER, CollectionId=e.id, **asked)


def test_us18_by_user_id(e: Enrolled) -> None:
    """Lost: the best match of everybody is themselves, so that no double is ever found."""
    answer = search(e, UserId="ada", UserMatchThreshold=0)
    assert set(members(answer)) == {"UserMatches", "FaceModelVersion", "SearchedUser"}
    assert answer["SearchedUser"] == {"UserId": "ada"}
    assert names(answer) == ["bob"]
    assert names(search(e, UserId="ada", UserMatchThreshold=0, MaxUsers=1)) == ["bob"]
    assert names(search(e, UserId="ada")) == []


def test_us18_doubles(c: Any, collection: str, album: Album) -> None:
    """Lost: one person enrolled under two names is not noticed."""
    e = enrol(c, collection, album)
    e.create("ada", "double", "bob")
    for user_id, face_id in (("ada", e.a[0]), ("double", e.a[1]), ("bob", e.b)):
        e.associate(user_id, face_id)
    assert names(search(e, UserId="ada")) == ["double"]
    assert names(search(e, UserId="double")) == ["ada"]
    there, back = (search(e, UserId=user)["UserMatches"][0] for user in ("ada", "double"))
    assert there["Similarity"] == pytest.approx(back["Similarity"], abs=0.001)


def test_us19_by_face_id(e: Enrolled) -> None:
    """Lost: whose face is this, and who looks like a face that is nobody's?"""
    answer = search(e, FaceId=e.a[0])
    assert set(members(answer)) == {"UserMatches", "FaceModelVersion", "SearchedFace"}
    assert answer["SearchedFace"] == {"FaceId": e.a[0]}
    assert names(answer) == ["ada"]
    assert answer["UserMatches"][0]["Similarity"] > 99.9
    free = search(e, FaceId=e.a[1])
    assert names(free) == ["ada"]
    assert 80 <= free["UserMatches"][0]["Similarity"] <= 100
    assert names(search(e, FaceId=e.b)) == ["bob"]


def test_us19_unknown_face(e: Enrolled, c: Any, collection: str) -> None:
    """Lost: a face deleted meanwhile, or another collection's, looks like nobody."""
    refused(e.c.search_users, PARAMETER, CollectionId=e.id, FaceId=UNKNOWN)
    refused(c.search_users, PARAMETER, CollectionId=collection, FaceId=e.a[0])


def test_us18_unknown_user(e: Enrolled, c: Any, collection: str) -> None:
    """Lost: a person deleted meanwhile, or another collection's, looks like nobody."""
    refused(e.c.search_users, NOT_FOUND, CollectionId=e.id, UserId="nobody")
    refused(c.search_users, NOT_FOUND, CollectionId=collection, UserId="ada")


def test_us20_by_image(e: Enrolled, album: Album) -> None:
    """Lost: the main job: a photo never indexed finds its person, and no stranger."""
    answer = by_image(e, album.a1)
    assert set(members(answer)) == {
        "UserMatches",
        "FaceModelVersion",
        "SearchedFace",
        "UnsearchedFaces",
    }
    assert names(answer) == ["ada"]
    assert answer["UnsearchedFaces"] == []
    assert names(by_image(e, album.b1)) == ["bob"]
    assert names(by_image(e, album.read("astronaut.png"))) == []


def test_us20_searched_face(e: Enrolled, album: Album) -> None:
    """Lost: an app cannot draw whom it searched for, or gets members that AWS never sends."""
    (face,) = e.c.detect_faces(Image={"Bytes": album.a1})["FaceDetails"]
    told = {name: face[name] for name in ("BoundingBox", "Confidence")}
    assert by_image(e, album.a1)["SearchedFace"] == {"FaceDetail": told}
    stranger = by_image(e, album.read("astronaut.png"))
    assert set(stranger["SearchedFace"]["FaceDetail"]) == {"BoundingBox", "Confidence"}


def test_us20_image_from_s3(e: Enrolled, s3: Any, bucket: str, album: Album) -> None:
    """Lost: a photo in S3 finds others than the same bytes sent along."""
    s3.put_object(Bucket=bucket, Key="us20.jpg", Body=album.a3)
    image = {"S3Object": {"Bucket": bucket, "Name": "us20.jpg"}}
    answer = e.c.search_users_by_image(CollectionId=e.id, Image=image)
    assert answer["UserMatches"] == by_image(e, album.a3)["UserMatches"]


def test_us20_a_photo_and_its_face_score_alike(e: Enrolled, album: Album) -> None:
    """Lost: one threshold means two things."""
    seen = by_image(e, album.a3, UserMatchThreshold=0)["UserMatches"]
    stored = search(e, FaceId=e.a[1], UserMatchThreshold=0)["UserMatches"]
    assert [match["User"] for match in seen] == [match["User"] for match in stored]
    for one, other in zip(seen, stored, strict=True):
        assert one["Similarity"] == pytest.approx(other["Similarity"], abs=0.05)


def test_us21_no_face(e: Enrolled, album: Album) -> None:
    """Lost: unlike SearchFacesByImage, a camera that sees nobody is no error."""
    answer = members(by_image(e, album.nobody))
    assert set(answer) == {"UserMatches", "FaceModelVersion", "UnsearchedFaces"}
    assert (answer["UserMatches"], answer["UnsearchedFaces"]) == ([], [])


def test_us21_no_face_that_passes_the_filter(e: Enrolled, album: Album) -> None:
    """Lost: as above, where the filter took the only face, and why is not told."""
    image = pictures.jpeg(pictures.blurred(album.pixels("obama.jpg"), 11))
    answer = by_image(e, image, QualityFilter="AUTO", UserMatchThreshold=0)
    assert answer["UserMatches"] == []
    assert "SearchedFace" not in answer
    (face,) = answer["UnsearchedFaces"]
    assert set(face) == {"FaceDetails", "Reasons"}
    assert set(face["FaceDetails"]) == {"BoundingBox", "Confidence"}
    assert "LOW_SHARPNESS" in face["Reasons"]
    assert "FACE_NOT_LARGEST" not in face["Reasons"]
    assert "SearchedFace" in by_image(e, image)


def test_us22_group(e: Enrolled, album: Album) -> None:
    """Lost: a bystander is searched for; an app cannot tell who was not looked at."""
    detected = e.c.detect_faces(Image={"Bytes": album.group})["FaceDetails"]
    answer = by_image(e, album.group)
    assert names(answer) == ["ada"]
    assert answer["SearchedFace"]["FaceDetail"]["BoundingBox"] == detected[0]["BoundingBox"]
    assert len(answer["UnsearchedFaces"]) == GROUP_FACES - 1
    for face in answer["UnsearchedFaces"]:
        assert face["Reasons"] == ["FACE_NOT_LARGEST"]
        assert set(face["FaceDetails"]) == {"BoundingBox", "Confidence"}
    told = [face["FaceDetails"]["BoundingBox"] for face in answer["UnsearchedFaces"]]
    assert told == [face["BoundingBox"] for face in detected[1:]]


def test_us22_largest_that_passes_the_filter(e: Enrolled, album: Album) -> None:
    """Lost: a blurred passer-by close to the camera keeps a sharp person from being found."""
    passer_by = pictures.blurred(album.pixels("obama.jpg"), 9)
    image = pictures.jpeg(pictures.beside(passer_by, album.small_pixels))
    large, small = e.c.detect_faces(Image={"Bytes": image})["FaceDetails"]
    answer = by_image(e, image, QualityFilter="AUTO")
    assert answer["SearchedFace"]["FaceDetail"]["BoundingBox"] == small["BoundingBox"]
    assert names(answer) == ["ada"]
    (left_out,) = answer["UnsearchedFaces"]
    assert left_out["FaceDetails"]["BoundingBox"] == large["BoundingBox"]
    assert "LOW_SHARPNESS" in left_out["Reasons"]
    assert "FACE_NOT_LARGEST" not in left_out["Reasons"]
    everybody = by_image(e, image)
    assert everybody["SearchedFace"]["FaceDetail"]["BoundingBox"] == large["BoundingBox"]
    assert everybody["UnsearchedFaces"][0]["Reasons"] == ["FACE_NOT_LARGEST"]


def test_us24_users_without_faces_are_not_found(e: Enrolled, album: Album) -> None:
    """Lost: a user about whom nothing is known is recognised."""
    assert e.users() == {**e.users(), "ada": "ACTIVE", "bob": "ACTIVE", "empty": "CREATED"}
    for answer in (
        search(e, UserId="ada", UserMatchThreshold=0),
        search(e, FaceId=e.a[0], UserMatchThreshold=0),
        by_image(e, album.a1, UserMatchThreshold=0),
    ):
        assert "empty" not in names(answer)
    answer = search(e, UserId="empty", UserMatchThreshold=0)
    assert (answer["SearchedUser"], answer["UserMatches"]) == ({"UserId": "empty"}, [])


def test_default_threshold_is_80(e: Enrolled, album: Album) -> None:
    """Lost: code that relies on AWS's default finds other people."""
    for call, asked in ((search, {"FaceId": e.a[1]}), (by_image, {"image": album.a3})):
        default = call(e, **asked)["UserMatches"]
        assert call(e, **asked, UserMatchThreshold=80)["UserMatches"] == default


def test_sorted_limited_and_over_the_threshold(e: Enrolled, album: Album) -> None:
    """Lost: UserMatches[0], which apps take, is not the best; the best is cut off."""
    for call, asked in ((search, {"FaceId": e.a[1]}), (by_image, {"image": album.a3})):
        everybody = call(e, **asked, UserMatchThreshold=0)["UserMatches"]
        scores = [match["Similarity"] for match in everybody]
        assert [match["User"]["UserId"] for match in everybody] == ["ada", "bob"]
        assert scores == sorted(scores, reverse=True)
        for limit in (1, 2, 500):
            some = call(e, **asked, UserMatchThreshold=0, MaxUsers=limit)
            assert some["UserMatches"] == everybody[:limit]
        for place, score in enumerate(scores):
            found = call(e, **asked, UserMatchThreshold=score)["UserMatches"]
            assert found == everybody[: place + 1]


def test_equal_similarities_by_user_id(c: Any, collection: str, album: Album) -> None:
    """Lost: with equal scores, who comes first changes from call to call."""
    faces = {name: index(c, collection, album.small, name)[0] for name in "zyx"}
    for name, face_id in faces.items():
        c.create_user(CollectionId=collection, UserId=name)
        c.associate_faces(CollectionId=collection, UserId=name, FaceIds=[face_id])
    asked = {"CollectionId": collection, "FaceId": faces["y"]}
    matches = c.search_users(**asked)["UserMatches"]
    assert len({match["Similarity"] for match in matches}) == 1
    assert [match["User"]["UserId"] for match in matches] == ["x", "y", "z"]
    for limit in (1, 2, 3):
        assert c.search_users(**asked, MaxUsers=limit)["UserMatches"] == matches[:limit]


def test_sf10_user_id_of_a_match(e: Enrolled, album: Album) -> None:
    """Lost: an app that found a face has to ask whose it is, or is told a UserId nobody gave."""
    owner = {e.a[0]: "ada", e.b: "bob", e.a[1]: None}
    by_face = e.c.search_faces(CollectionId=e.id, FaceId=e.a[1], FaceMatchThreshold=0)
    seen = e.c.search_faces_by_image(
        CollectionId=e.id, Image={"Bytes": album.a1}, FaceMatchThreshold=0
    )
    assert (len(by_face["FaceMatches"]), len(seen["FaceMatches"])) == (2, 3)
    for match in by_face["FaceMatches"] + seen["FaceMatches"]:
        face = match["Face"]
        assert face.get("UserId") == owner[face["FaceId"]]
        assert set(face) == STORED_FACE | ({"UserId"} if owner[face["FaceId"]] else set())


def test_searching_makes_nobody(e: Enrolled, album: Album) -> None:
    """Lost: whoever is searched for is enrolled."""
    by_image(e, album.a1)
    assert sorted(e.users()) == ["ada", "bob", "empty"]
    assert e.c.describe_collection(CollectionId=e.id)["FaceCount"] == 3
