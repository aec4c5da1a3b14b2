"""Every operation of the API, by boto3."""

from typing import Any

import pytest

from tests.infra.world import STAR

NO_FACE = "11111111-2222-3333-4444-555555555555"


def with_collections(c: Any) -> None:
    """Do every operation on collections."""
    arn = c.create_collection(CollectionId="a", Tags={"k": "v"})["CollectionArn"]
    c.create_collection(CollectionId="b")
    with pytest.raises(c.exceptions.ResourceAlreadyExistsException):
        c.create_collection(CollectionId="b")
    first = c.list_collections(MaxResults=1)
    c.list_collections(NextToken=first["NextToken"])
    c.describe_collection(CollectionId="a")
    c.tag_resource(ResourceArn=arn, Tags={"l": "w"})
    c.untag_resource(ResourceArn=arn, TagKeys=["l"])
    c.list_tags_for_resource(ResourceArn=arn)
    c.delete_collection(CollectionId="a")


def with_faces_and_users(c: Any, images: str, photo: bytes, version: str | None) -> None:
    """Do every operation on faces and users of a collection."""
    place = {"S3Object": {"Bucket": images, "Name": "p.jpg"}}
    versioned = {"Bucket": images, "Name": "versioned.jpg", "Version": version}
    records = c.index_faces(CollectionId="b", Image={"Bytes": photo})["FaceRecords"]
    c.index_faces(CollectionId="b", Image=place)  # the same picture, from a place now
    other = c.index_faces(CollectionId="b", Image={"S3Object": versioned})["FaceRecords"]
    one, two = records[0]["Face"]["FaceId"], other[0]["Face"]["FaceId"]
    c.list_faces(CollectionId="b")
    c.search_faces(CollectionId="b", FaceId=one)
    c.search_faces_by_image(CollectionId="b", Image=place)
    c.create_user(CollectionId="b", UserId="u", ClientRequestToken="t")
    c.create_user(CollectionId="b", UserId="u", ClientRequestToken="t")
    with pytest.raises(c.exceptions.ConflictException):  # whose token is let go
        c.create_user(CollectionId="b", UserId="u", ClientRequestToken="again")
    c.associate_faces(CollectionId="b", UserId="u", FaceIds=[one, two])
    c.list_users(CollectionId="b")
    c.search_users(CollectionId="b", UserId="u")
    c.search_users_by_image(CollectionId="b", Image=place)
    c.disassociate_faces(CollectionId="b", UserId="u", FaceIds=[one])
    c.delete_faces(CollectionId="b", FaceIds=[one])
    c.delete_user(CollectionId="b", UserId="u")


def refused(c: Any) -> None:
    """Do what fails after it has claimed a request token, which is let go then."""
    nobody = {"CollectionId": "b", "UserId": "nobody", "ClientRequestToken": "refused"}
    for call, asked in (
        (c.delete_user, {}),
        (c.associate_faces, {"FaceIds": [NO_FACE]}),
        (c.disassociate_faces, {"FaceIds": [NO_FACE]}),
    ):
        with pytest.raises(c.exceptions.ResourceNotFoundException):
            call(**nobody, **asked)


def with_places(c: Any, images: str, version: str | None) -> None:
    """Have every operation that takes pictures read a version of one, and miss one."""
    place = {"S3Object": {"Bucket": images, "Name": "versioned.jpg", "Version": version}}
    missing = {"S3Object": {"Bucket": images, "Name": "missing"}}
    for call, pictures, more in (
        (c.compare_faces, ("SourceImage", "TargetImage"), {}),
        (c.detect_faces, ("Image",), {}),
        (c.index_faces, ("Image",), {"CollectionId": "b"}),
        (c.recognize_celebrities, ("Image",), {}),
        (c.search_faces_by_image, ("Image",), {"CollectionId": "b"}),
        (c.search_users_by_image, ("Image",), {"CollectionId": "b"}),
    ):
        call(**dict.fromkeys(pictures, place), **more)
        with pytest.raises(c.exceptions.InvalidS3ObjectException):
            call(**dict.fromkeys(pictures, missing), **more)


def with_pictures(c: Any, images: str) -> None:
    """Do every operation on pictures alone, and search collections that are met cold."""
    place = {"S3Object": {"Bucket": images, "Name": "p.jpg"}}
    c.detect_faces(Image=place)
    c.compare_faces(SourceImage=place, TargetImage=place)
    c.recognize_celebrities(Image=place)
    assert c.get_celebrity_info(Id=STAR)["Name"] == "A Star"
    for name in ("cold", "lost"):
        assert c.search_faces_by_image(CollectionId=name, Image=place)["FaceMatches"] == []


def with_rules(c: Any, images: str) -> None:
    """Meet every rule that is looked up: consent, another's word, searches for one person."""
    place = {"S3Object": {"Bucket": images, "Name": "p.jpg"}}
    c.create_collection(CollectionId="consented", Tags={"lineament:consent": "required"})
    c.create_collection(CollectionId="controlled", Tags={"lineament:dual-control": "required"})
    c.create_collection(CollectionId="watched", Tags={"rk:use-case": "missing-persons"})
    refused = c.exceptions.AccessDeniedException
    with pytest.raises(refused):
        c.index_faces(CollectionId="consented", Image=place, ExternalImageId="nobody")
    (record,) = c.index_faces(CollectionId="watched", Image=place)["FaceRecords"]
    face, user = record["Face"]["FaceId"], {"CollectionId": "watched", "UserId": "u"}
    c.create_user(**user)
    c.associate_faces(**user, FaceIds=[face])
    for call, whom in (
        (c.search_faces, {"FaceId": face}),
        (c.search_faces_by_image, {"Image": place}),
        (c.search_users, {"UserId": "u"}),
        (c.search_users_by_image, {"Image": place}),
    ):
        call(CollectionId="watched", **whom)
        with pytest.raises(refused):
            call(CollectionId="controlled", **whom)


def with_expired_faces(c: Any, images: str) -> None:
    """Meet a user's face that has expired: its picture again, and another face for its user."""
    places = [{"S3Object": {"Bucket": images, "Name": name}} for name in ("p.jpg", "versioned.jpg")]
    assert c.list_faces(CollectionId="expired")["Faces"] == []
    assert c.index_faces(CollectionId="expired", Image=places[0])["FaceRecords"]
    (record,) = c.index_faces(CollectionId="lapsed", Image=places[1])["FaceRecords"]
    c.associate_faces(CollectionId="lapsed", UserId="ada", FaceIds=[record["Face"]["FaceId"]])
