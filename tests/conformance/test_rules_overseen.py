"""Rules that somebody else has to agree to, over each transport: what a client reads."""

from typing import Any

import pytest

from tests.conformance.album import Album
from tests.conformance.asking import refused
from tests.conformance.enrolling import index, members

DENIED = "AccessDeniedException"
WATCHED = {"rk:use-case": "missing-persons", "lineament:purpose": "the missing of the flood"}
A_DAY = 20
"""LINEAMENT_SEARCHES_PER_PERSON where nobody has set it."""


@pytest.fixture
def arn(c: Any, album: Album) -> str:
    """Return the ARN of a collection with A in it."""
    arn = c.create_collection(CollectionId="ruled")["CollectionArn"]
    index(c, "ruled", album.a2, "A")
    return str(arn)


def test_consent_is_asked_for(c: Any, arn: str, album: Album) -> None:
    """Lost: a face is indexed of somebody who was never asked."""
    c.tag_resource(ResourceArn=arn, Tags={"lineament:consent": "required"})
    picture = {"CollectionId": "ruled", "Image": {"Bytes": album.b1}}
    assert "ExternalImageId" in refused(c.index_faces, DENIED, **picture)
    message = refused(c.index_faces, DENIED, **picture, ExternalImageId="B")
    assert "lineament:consent" in message
    assert "ExternalImageId B" in message
    assert len(c.list_faces(CollectionId="ruled")["Faces"]) == 1
    c.search_faces_by_image(CollectionId="ruled", Image={"Bytes": album.b1})


def test_dual_control_is_asked_for(c: Any, arn: str, album: Album) -> None:
    """Lost: one person alone looks for somebody, in whatever way they ask."""
    face = c.list_faces(CollectionId="ruled")["Faces"][0]["FaceId"]
    c.create_user(CollectionId="ruled", UserId="a")
    c.tag_resource(ResourceArn=arn, Tags={"lineament:dual-control": "required"})
    image = {"Bytes": album.a1}
    for search, sought in (
        (c.search_faces, {"FaceId": face}),
        (c.search_faces_by_image, {"Image": image}),
        (c.search_users, {"UserId": "a"}),
        (c.search_users_by_image, {"Image": image}),
    ):
        message = refused(search, DENIED, CollectionId="ruled", **sought)
        assert "lineament:dual-control" in message
    assert "dual-control" in refused(
        c.untag_resource, DENIED, ResourceArn=arn, TagKeys=["lineament:dual-control"]
    )


def test_the_same_person_again_and_again(c: Any, arn: str) -> None:
    """Lost: somebody is followed by search after search, and no answer ever says stop."""
    c.tag_resource(ResourceArn=arn, Tags=WATCHED)
    face = c.list_faces(CollectionId="ruled")["Faces"][0]["FaceId"]
    for _ in range(A_DAY):
        answer = c.search_faces(CollectionId="ruled", FaceId=face)
        assert set(members(answer)) == {"SearchedFaceId", "FaceMatches", "FaceModelVersion"}
    message = refused(c.search_faces, DENIED, CollectionId="ruled", FaceId=face)
    assert f"{A_DAY} times today" in message
