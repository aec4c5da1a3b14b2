"""A process whose knowledge is a moment old: others change users between its two readings."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lineament.context import Scope
from lineament.dispatch import Dispatcher
from lineament.domain.collections import Collection
from lineament.domain.ports import CollectionStore
from tests.conformance import transports
from tests.property.engine import picture

pytestmark = pytest.mark.usefixtures("stays_healthy")
ID = "people"


class Interrupted:
    """A CollectionStore after whose reading something happens, once."""

    def __init__(self, store: CollectionStore) -> None:
        self._store = store
        self.meanwhile: Callable[[], object] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def find(self, scope: Scope, collection_id: str) -> Collection | None:
        found = self._store.find(scope, collection_id)
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return found


@pytest.fixture
def late(processes: list[Dispatcher]) -> tuple[Any, Any, Interrupted]:
    """Return a client, one on a process that can be interrupted, and what interrupts."""
    account = str(random.SystemRandom().randrange(10**11, 10**12))
    services = processes[1].services
    store = Interrupted(services.collections)
    second = replace(processes[1], services=replace(services, collections=store))
    first, other = (
        transports.client(process.handle, None, account) for process in (processes[0], second)
    )
    first.create_collection(CollectionId=ID)
    return first, other, store


ASKED: dict[str, dict[str, Any]] = {
    "list_users": {},
    "list_faces": {},
    "search_faces": {"FaceId": 1, "FaceMatchThreshold": 0},
    "search_users": {"FaceId": 1, "UserMatchThreshold": 0},
    "search_users_by_image": {"Image": True, "UserMatchThreshold": 0},
    "associate_faces": {"UserId": "bob", "FaceIds": 0},
    "disassociate_faces": {"UserId": "bob", "FaceIds": 0},
    "delete_faces": {"FaceIds": 0},
}
"""Calls that tell of users or of whose a face is; numbers stand for faces."""


@pytest.mark.parametrize("made_again", [False, True])
@pytest.mark.parametrize("operation", ASKED)
def test_a_user_deleted_a_moment_ago_is_not_told_without_a_name(
    late: tuple[Any, Any, Interrupted], operation: str, made_again: bool
) -> None:
    """Lost: a client gets an empty UserId, which no other call takes."""
    c, other, store = late
    image = {"Bytes": picture([[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]])}
    records = c.index_faces(CollectionId=ID, Image=image)["FaceRecords"]
    ids = [record["Face"]["FaceId"] for record in records]
    for user_id, face_id in zip(("ada", "bob"), ids, strict=True):
        c.create_user(CollectionId=ID, UserId=user_id)
        c.associate_faces(CollectionId=ID, UserId=user_id, FaceIds=[face_id])
    asked = dict(ASKED[operation])
    if "FaceId" in asked:
        asked["FaceId"] = ids[asked["FaceId"]]
    if "FaceIds" in asked:
        asked["FaceIds"] = [ids[asked["FaceIds"]]]
    if "Image" in asked:
        asked["Image"] = image

    def meanwhile() -> None:
        c.delete_user(CollectionId=ID, UserId="ada")
        if made_again:
            c.create_user(CollectionId=ID, UserId="ada")

    store.meanwhile = meanwhile
    getattr(other, operation)(CollectionId=ID, **asked)  # the promises judge the answer
    assert store.meanwhile is None
    listed = other.list_users(CollectionId=ID)["Users"]
    assert sorted(user["UserId"] for user in listed) == (["ada", "bob"] if made_again else ["bob"])
