"""Many callers at once, over two processes of one deployment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lineament.dispatch import Dispatcher
from tests.conformance import transports
from tests.property.engine import picture

pytestmark = pytest.mark.usefixtures("stays_healthy")
WORKERS = 8
FACES = [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]


def at_once(clients: list[Any], work: Callable[[Any], Any]) -> list[Any]:
    """Do the same with each client at the same moment, and return the results."""
    start = threading.Barrier(len(clients))

    def go(client: Any) -> Any:
        start.wait()
        return work(client)

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(go, clients))


@pytest.fixture
def clients(processes: list[Dispatcher], request: pytest.FixtureRequest) -> list[Any]:
    """Return clients of one account, on both processes in turn."""
    account = f"{abs(hash(request.node.name)) % 10**12:012d}"
    return [
        transports.client(processes[number % 2].handle, None, account) for number in range(WORKERS)
    ]


@pytest.mark.parametrize("round_", range(5))
def test_one_photo_indexed_by_eight_at_once_is_stored_once(clients: list[Any], round_: int) -> None:
    """Lost: an app that is clicked twice, or a retry that overtakes, doubles a person."""
    c = clients[0]
    name = f"once{round_}"
    c.create_collection(CollectionId=name)
    image = {"Bytes": picture(FACES)}

    def index(client: Any) -> tuple[str, ...]:
        answer = client.index_faces(CollectionId=name, Image=image, ExternalImageId="x")
        return tuple(record["Face"]["FaceId"] for record in answer["FaceRecords"])

    (ids,) = set(at_once(clients, index))
    assert len(set(ids)) == len(FACES)
    for client in clients[:2]:
        assert client.describe_collection(CollectionId=name)["FaceCount"] == len(FACES)
        listed = client.list_faces(CollectionId=name)["Faces"]
        assert [face["FaceId"] for face in listed] == sorted(ids)
        found = client.search_faces(CollectionId=name, FaceId=ids[0], FaceMatchThreshold=0)
        assert len(found["FaceMatches"]) == len(FACES) - 1


def test_eight_photos_indexed_at_once_are_all_there(clients: list[Any]) -> None:
    """Lost: two people enrolled in the same moment, one is gone."""
    c = clients[0]
    c.create_collection(CollectionId="all")
    place = {id(client): number for number, client in enumerate(clients)}

    def index(client: Any) -> list[str]:
        found = []
        for photo in range(5):
            label = f"{place[id(client)]}-{photo}"
            answer = client.index_faces(
                CollectionId="all", Image={"Bytes": picture(FACES, label)}, ExternalImageId=label
            )
            ids = [record["Face"]["FaceId"] for record in answer["FaceRecords"]]
            listed = client.list_faces(CollectionId="all", FaceIds=ids)["Faces"]
            assert [face["FaceId"] for face in listed] == sorted(ids)
            found += ids
        return found

    expected = sorted(face_id for ids in at_once(clients, index) for face_id in ids)
    assert len(set(expected)) == WORKERS * 5 * len(FACES)
    for client in clients[:2]:
        faces = client.list_faces(CollectionId="all", MaxResults=4096)["Faces"]
        assert [face["FaceId"] for face in faces] == expected


@pytest.mark.parametrize("round_", range(8))
def test_indexing_while_the_collection_is_deleted(clients: list[Any], round_: int) -> None:
    """Lost: a 500 in the middle of a reset, or faces of the old collection in the new one."""
    c = clients[0]
    name = f"gone{round_}"
    c.create_collection(CollectionId=name)
    deleter = clients[-1]

    def work(client: Any) -> str:
        if client is deleter:
            for photo in range(round_):
                client.detect_faces(Image={"Bytes": picture(FACES, f"{photo}")})
            client.delete_collection(CollectionId=name)
            client.create_collection(CollectionId=name)
            return "deleted"
        for photo in range(4):
            try:
                client.index_faces(CollectionId=name, Image={"Bytes": picture(FACES, f"{photo}")})
                client.search_faces_by_image(CollectionId=name, Image={"Bytes": picture(FACES[:1])})
                client.list_faces(CollectionId=name)
            except client.exceptions.ResourceNotFoundException:
                return "not found"
        return "indexed"

    outcomes = at_once(clients, work)
    assert outcomes[-1] == "deleted"
    c.delete_collection(CollectionId=name)
    c.create_collection(CollectionId=name)
    for client in clients[:2]:
        assert client.describe_collection(CollectionId=name)["FaceCount"] == 0
        assert client.list_faces(CollectionId=name)["Faces"] == []


def test_one_name_created_by_eight_at_once_is_created_once(clients: list[Any]) -> None:
    """Lost: the second create empties the collection that the first has filled."""

    def create(client: Any) -> str:
        try:
            client.create_collection(CollectionId="name")
        except client.exceptions.ResourceAlreadyExistsException:
            return "exists"
        return "created"

    assert sorted(at_once(clients, create)) == ["created"] + ["exists"] * (WORKERS - 1)


def test_faces_deleted_by_eight_at_once(clients: list[Any]) -> None:
    """Lost: deleting twice in the same moment is a 500, or brings the count below zero."""
    c = clients[0]
    c.create_collection(CollectionId="shrink")
    records = c.index_faces(CollectionId="shrink", Image={"Bytes": picture(FACES)})["FaceRecords"]
    ids = [record["Face"]["FaceId"] for record in records]

    def delete(client: Any) -> list[str]:
        answer = client.delete_faces(CollectionId="shrink", FaceIds=ids)
        failed = [face["FaceId"] for face in answer["UnsuccessfulFaceDeletions"]]
        assert sorted(answer["DeletedFaces"] + failed) == sorted(ids)
        return list(answer["DeletedFaces"])

    deleted = at_once(clients, delete)
    assert {face_id for found in deleted for face_id in found} == set(ids)
    for client in clients[:2]:
        assert client.describe_collection(CollectionId="shrink")["FaceCount"] == 0
        assert client.list_faces(CollectionId="shrink")["Faces"] == []
