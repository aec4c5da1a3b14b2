"""PO*: rules on collections, set by tags. SPEC.md D.3, F; issue 7."""

from typing import Any

import pytest

from tests.conformance.album import GROUP_FACES, Album
from tests.conformance.asking import refused
from tests.conformance.enrolling import index, members

DENIED = "AccessDeniedException"
INVALID = "InvalidParameterException"
POLICE = {"rk:use-case": "law-enforcement", "lineament:purpose": "case 17"}


@pytest.fixture
def arn(c: Any) -> str:
    """Return the ARN of a collection with A, twice, and B in it."""
    arn = c.create_collection(CollectionId="ruled")["CollectionArn"]
    return str(arn)


@pytest.fixture
def album_in(c: Any, arn: str, album: Album) -> str:
    """Return the collection's ARN, with two people in it."""
    for name, picture in (("A", album.a2), ("B", album.b1)):
        index(c, "ruled", picture, name)
    return arn


def found(c: Any, album: Album, **more: Any) -> list[float]:
    """Return the similarities of a search for A."""
    answer = c.search_faces_by_image(
        CollectionId="ruled", Image={"Bytes": album.a1}, FaceMatchThreshold=0, **more
    )
    return [match["Similarity"] for match in answer["FaceMatches"]]


def test_po01_a_search_for_the_police_is_held_to_99(c: Any, album_in: str, album: Album) -> None:
    """Lost: whoever asks for 0 is told of people who merely look alike."""
    assert len(found(c, album)) == 2
    c.tag_resource(ResourceArn=album_in, Tags=POLICE)
    assert all(similarity >= 99 for similarity in found(c, album))
    assert len(found(c, album)) < 2
    face = c.list_faces(CollectionId="ruled")["Faces"][0]["FaceId"]
    answer = c.search_faces(CollectionId="ruled", FaceId=face, FaceMatchThreshold=0)
    assert answer["FaceMatches"] == []
    c.create_user(CollectionId="ruled", UserId="b")
    b = next(f for f in c.list_faces(CollectionId="ruled")["Faces"] if f["ExternalImageId"] == "B")
    c.associate_faces(CollectionId="ruled", UserId="b", FaceIds=[b["FaceId"]])
    a = next(f for f in c.list_faces(CollectionId="ruled")["Faces"] if f["ExternalImageId"] == "A")
    answer = c.search_users(CollectionId="ruled", FaceId=a["FaceId"], UserMatchThreshold=0)
    assert answer["UserMatches"] == []


def test_po01_a_critical_use_needs_a_purpose(c: Any, album_in: str, album: Album) -> None:
    """Lost: a search that nobody has given a reason for."""
    c.tag_resource(ResourceArn=album_in, Tags={"rk:use-case": "missing-persons"})
    message = refused(
        c.search_faces_by_image,
        DENIED,
        CollectionId="ruled",
        Image={"Bytes": album.a1},
    )
    assert "lineament:purpose" in message
    c.tag_resource(ResourceArn=album_in, Tags={"lineament:purpose": "case 17"})
    assert len(found(c, album)) == 2


def test_po02_continuous_searches_are_refused(c: Any) -> None:
    """Lost: a video is searched for somebody, and nobody has authorised it."""
    refused(
        c.start_face_search,
        DENIED,
        CollectionId="ruled",
        Video={"S3Object": {"Bucket": "videos", "Name": "street.mp4"}},
    )


def test_po04_no_rule_no_difference(c: Any, album_in: str, album: Album) -> None:
    """Lost: a collection without rules, or with rules, answers with other members than AWS's."""
    keys = {"SearchedFaceBoundingBox", "SearchedFaceConfidence", "FaceMatches", "FaceModelVersion"}
    for tags in ({"team": "blue"}, POLICE):
        c.tag_resource(ResourceArn=album_in, Tags=tags)
        answer = c.search_faces_by_image(CollectionId="ruled", Image={"Bytes": album.a1})
        assert set(members(answer)) == keys


def test_po01_a_good_face_a_picture_is_enrolled(c: Any, arn: str, album: Album) -> None:
    """Lost: a bystander in the picture becomes a suspect (L13)."""
    assert len(index(c, "ruled", album.group, "all")) == GROUP_FACES
    c.tag_resource(ResourceArn=arn, Tags=POLICE)
    answer = c.index_faces(CollectionId="ruled", Image={"Bytes": album.group})
    assert len(answer["FaceRecords"]) == 1
    reasons = {reason for face in answer["UnindexedFaces"] for reason in face["Reasons"]}
    assert "EXCEEDS_MAX_FACES" in reasons


def test_a_floor_and_a_ceiling_by_tags(c: Any, album_in: str, album: Album) -> None:
    """Lost: a collection's owner cannot bound what others ask of it."""
    c.tag_resource(ResourceArn=album_in, Tags={"lineament:max-results": "1"})
    assert len(found(c, album)) == 1
    c.tag_resource(ResourceArn=album_in, Tags={"lineament:min-similarity": "100"})
    assert found(c, album) == []


def test_attributes_that_a_collection_does_not_tell(c: Any, arn: str, album: Album) -> None:
    """Lost: what a collection was promised never to tell of its people is told."""
    c.tag_resource(ResourceArn=arn, Tags={"lineament:attributes-off": "GENDER EMOTIONS"})
    answer = c.index_faces(
        CollectionId="ruled", Image={"Bytes": album.a1}, DetectionAttributes=["ALL"]
    )
    detail = answer["FaceRecords"][0]["FaceDetail"]
    assert "AgeRange" in detail
    assert not {"Gender", "Emotions"} & set(detail)


def test_callers_tighten_rules_and_never_loosen_them(c: Any, arn: str) -> None:
    """Lost: whoever may tag takes the protection off."""
    tags = {"lineament:min-similarity": "95", "team": "blue", "lineament:purpose": "the door"}
    c.tag_resource(ResourceArn=arn, Tags=tags)
    for looser in (
        {"lineament:min-similarity": "94.9"},
        {"lineament:purpose": "everything"},
    ):
        assert "loosened" in refused(c.tag_resource, DENIED, ResourceArn=arn, Tags=looser)
    keys = ["lineament:min-similarity", "team"]
    assert "min-similarity" in refused(c.untag_resource, DENIED, ResourceArn=arn, TagKeys=keys)
    assert c.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags
    c.tag_resource(ResourceArn=arn, Tags={"lineament:min-similarity": "96"})
    c.untag_resource(ResourceArn=arn, TagKeys=["team"])


@pytest.mark.parametrize(
    "tags",
    [
        {"lineament:min-similarity": "high"},
        {"rk:use-case": "marketing"},
        {"lineament:min-similarty": "99"},
    ],
)
def test_an_unusable_rule_is_refused(c: Any, arn: str, tags: dict[str, str]) -> None:
    """Lost: a mistyped rule is taken, and protects nobody."""
    (key,) = tags
    assert key in refused(c.tag_resource, INVALID, ResourceArn=arn, Tags=tags)
    assert key in refused(c.create_collection, INVALID, CollectionId="new", Tags=tags)
    assert c.list_collections()["CollectionIds"] == ["ruled"]
