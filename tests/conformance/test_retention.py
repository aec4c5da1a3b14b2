"""PO*: faces that have expired, to the caller. SPEC.md D.3; issue 7, Retention."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from lineament.gallery.memory import MemoryGallery
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from tests.conformance import transports
from tests.conformance.album import Album
from tests.conformance.asking import refused
from tests.conformance.conftest import BuildApplication
from tests.conformance.enrolling import Enrolled, enrol, index

DAY = 86_400
ID = "kept-for-days"


@dataclass
class Clock:
    """Epoch seconds, as a test says."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Kept:
    """A collection of a deployment whose time a test turns."""

    e: Enrolled
    arn: str
    clock: Clock

    def expire(self) -> None:
        """Let everything that is there expire."""
        self.e.c.tag_resource(ResourceArn=self.arn, Tags={"lineament:retention-days": "1"})
        self.clock.now += DAY

    def count(self) -> int:
        return int(self.e.c.describe_collection(CollectionId=ID)["FaceCount"])


@pytest.fixture
def kept(build: BuildApplication, album: Album) -> Iterator[Kept]:
    """Return a collection of two faces of A, which are ada's, and one of B."""
    clock = Clock()
    made = build(clock=clock, table="retention")
    collections = DynamoCollectionStore(made.tables, clock)
    log = DynamoChangeLog(made.tables)
    services = replace(
        made.services,
        collections=collections,
        faces=DynamoFaceStore(made.tables, clock=clock),
        gallery=MemoryGallery(log, 1 << 30, collections.latest, clock=clock),
    )
    made._dispatcher = replace(made._dispatcher, services=services)
    c = transports.client(made.handle, None, "123456789012", "us-east-1")
    arn = c.create_collection(CollectionId=ID)["CollectionArn"]
    enrolled = enrol(c, ID, album)
    enrolled.create("ada")
    enrolled.associate("ada", *enrolled.a)
    yield Kept(enrolled, f"arn:{arn.removeprefix('arn:')}", clock)
    c.delete_collection(CollectionId=ID)


def test_no_operation_tells_of_expired_faces(kept: Kept, album: Album) -> None:
    """Lost: somebody whose time in a collection is over is still found by one way or another."""
    e, c = kept.e, kept.e.c
    image = {"Bytes": album.a1}
    anywhere: dict[str, Any] = {"CollectionId": ID, "FaceMatchThreshold": 0.0}
    users: dict[str, Any] = {"CollectionId": ID, "UserMatchThreshold": 0.0}
    assert len(c.search_faces_by_image(Image=image, **anywhere)["FaceMatches"]) == 3
    assert len(c.search_users_by_image(Image=image, **users)["UserMatches"]) == 1
    kept.expire()
    new = index(c, ID, album.group, "group")
    assert kept.count() == len(new)
    faces = [
        match["Face"] for match in c.search_faces_by_image(Image=image, **anywhere)["FaceMatches"]
    ]
    faces += [match["Face"] for match in c.search_faces(FaceId=new[0], **anywhere)["FaceMatches"]]
    faces += c.list_faces(CollectionId=ID)["Faces"]
    assert {face["FaceId"] for face in faces} == set(new)
    assert c.list_faces(CollectionId=ID, FaceIds=[e.b])["Faces"] == []
    assert c.list_faces(CollectionId=ID, UserId="ada")["Faces"] == []
    assert c.search_users_by_image(Image=image, **users)["UserMatches"] == []
    assert c.search_users(FaceId=new[0], **users)["UserMatches"] == []
    assert e.users() == {"ada": "CREATED"}
    for search in (c.search_faces, c.search_users):
        refused(search, "InvalidParameterException", CollectionId=ID, FaceId=e.b)
    (lost,) = c.delete_faces(CollectionId=ID, FaceIds=[e.b])["UnsuccessfulFaceDeletions"]
    assert lost["Reasons"] == ["FACE_NOT_FOUND"]
    for face_id in (e.a[0], e.b):
        (lost,) = e.associate("ada", face_id)["UnsuccessfulFaceAssociations"]
        assert (lost["Reasons"], "UserId" in lost) == (["FACE_NOT_FOUND"], False)


def test_a_picture_indexed_again_is_a_new_face(kept: Kept, album: Album) -> None:
    """Lost: who is enrolled anew after their time comes back as part of what they left."""
    e, c = kept.e, kept.e.c
    kept.expire()
    assert index(c, ID, album.a2, "A") == [e.a[0]], "the same picture, the same FaceId"
    (face,) = c.list_faces(CollectionId=ID)["Faces"]
    assert "UserId" not in face
    assert e.users() == {"ada": "CREATED"}
    kept.clock.now += DAY - 1
    assert kept.count() == 1
    kept.clock.now += 1
    assert kept.count() == 0


def test_expired_faces_take_no_room_in_a_user(
    kept: Kept, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a user counts as full of faces that nobody sees."""
    monkeypatch.setattr("lineament.domain.users.FACES_PER_USER", 2)
    monkeypatch.setattr("lineament.handlers.membership.FACES_PER_USER", 2)
    e, c = kept.e, kept.e.c
    kept.expire()
    (a2,), (a3,) = index(c, ID, album.a2, "again"), index(c, ID, album.a3, "again")
    answer = e.associate("ada", a2, a3)
    assert {each["FaceId"] for each in answer["AssociatedFaces"]} == {a2, a3}
    assert set(e.owners()) == {a2, a3}
