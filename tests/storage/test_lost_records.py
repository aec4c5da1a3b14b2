"""A face that an IndexFaces committed and then failed to record: it heals, and never outlives."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, Matrix
from lineament.errors import ProvisionedThroughputExceededException, ResourceNotFoundException
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.sweep import Swept, sweep
from tests.conformance import transports
from tests.property.conftest import build
from tests.property.engine import picture
from tests.storage.world import (
    HookedClient,
    ids_of,
    is_commit,
    make_collection,
    make_faces,
    now,
    stored_items,
    stored_vectors,
    through,
    view,
)

THROTTLED: Any = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {}}
LATER = -5.0


def takes_number(name: str, params: dict[str, Any]) -> bool:
    return name == "update_item" and "ADD" in params["UpdateExpression"]


def puts_record(name: str, params: dict[str, Any]) -> bool:
    return name == "put_item" and params["Item"]["pk"]["S"].startswith("FACE#")


def once_before(
    tables: Tables, moment: Callable[[str, dict[str, Any]], bool], action: Callable[[], object]
) -> Tables:
    """Return the tables through a client that runs `action` ahead of the first such write."""
    done: list[bool] = []

    def hook(name: str, params: dict[str, Any]) -> None:
        if moment(name, params) and not done:
            done.append(True)
            action()

    return through(tables, HookedClient(tables.control.client, hook))


def throttled_after_its_commit(tables: Tables, meanwhile: Callable[[], object]) -> Tables:
    """Return tables whose first writer is passed by `meanwhile`, commits, and can then put nothing.

    The writer after it is not hindered.
    """
    passed: list[bool] = []
    committed: list[bool] = []
    failed: list[bool] = []

    def hook(name: str, params: dict[str, Any]) -> None:
        if takes_number(name, params) and not passed:
            passed.append(True)
            meanwhile()
        if name == "batch_write_item" and committed and not failed:
            failed.append(True)
            raise ClientError(THROTTLED, "BatchWriteItem")
        if is_commit(name, params):
            committed.append(True)

    return through(tables, HookedClient(tables.control.client, hook))


def lose(
    tables: Tables, collection: Collection, faces: list[FaceRecord], vectors: Matrix
) -> Collection:
    """Bring faces into the state after the accident: committed, without records."""

    def index_and_delete() -> None:
        DynamoFaceStore(tables).add(collection, faces, vectors)
        DynamoFaceStore(tables).remove(now(tables, collection), ids_of(faces))

    hindered = throttled_after_its_commit(tables, index_and_delete)
    with pytest.raises(ProvisionedThroughputExceededException):
        DynamoFaceStore(hindered).add(collection, faces, vectors)
    assert set(ids_of(faces)) <= set(view(tables, collection).page(None, 999))
    assert DynamoFaceStore(tables).records(collection, ids_of(faces)) == {}
    return now(tables, collection)


def test_index_faces_sent_again_heals_its_faces(tables: Tables, moto_endpoint: str) -> None:
    """Lost: faces that every IndexFaces acknowledges and no search or list ever shows."""
    photo = {"Image": {"Bytes": picture([[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]])}}
    other = transports.client(build(tables, moto_endpoint).handle, None, "111111111111")
    other.create_collection(CollectionId="c")

    def index_and_delete() -> None:
        records = other.index_faces(CollectionId="c", **photo)["FaceRecords"]
        ids = [record["Face"]["FaceId"] for record in records]
        assert len(other.delete_faces(CollectionId="c", FaceIds=ids)["DeletedFaces"]) == 2

    hindered = throttled_after_its_commit(tables, index_and_delete)
    c = transports.client(build(hindered, moto_endpoint).handle, None, "111111111111")
    try:
        c.index_faces(CollectionId="c", **photo)
    except c.exceptions.ProvisionedThroughputExceededException:
        assert other.describe_collection(CollectionId="c")["FaceCount"] == 2
    for client in (c, other):
        records = client.index_faces(CollectionId="c", **photo)["FaceRecords"]
        ids = [record["Face"]["FaceId"] for record in records]
        listed = client.list_faces(CollectionId="c")["Faces"]
        assert [face["FaceId"] for face in listed] == sorted(ids)
        found = client.search_faces(CollectionId="c", FaceId=ids[0], FaceMatchThreshold=0)
        assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [ids[1]]
    other.delete_faces(CollectionId="c", FaceIds=ids)
    assert stored_items(tables, "FACE#") == []
    assert stored_vectors(tables) == 0


def test_restore_gives_back_what_is_lost_and_nothing_else(tables: Tables) -> None:
    """Lost: healing one face changes another, or shows a face twice."""
    collection = make_collection(tables)
    store = DynamoFaceStore(tables)
    faces, vectors = make_faces(3)
    at = lose(tables, collection, faces[:2], vectors[:2])
    store.add(at, faces[2:], vectors[2:])
    kept = stored_items(tables, "FACE#")
    store.restore(now(tables, collection), faces)
    assert store.records(collection, ids_of(faces)) == {face.face_id: face for face in faces}
    assert kept[0] in stored_items(tables, "FACE#")
    assert view(tables, collection).page(None, 9) == sorted(ids_of(faces))
    assert sweep(tables, collection, LATER) == Swept(0, 0)


@pytest.mark.parametrize(
    "moment", [None, puts_record, takes_number, is_commit], ids=["first", "put", "number", "commit"]
)
def test_a_face_deleted_while_it_is_restored_stays_deleted(
    tables: Tables, moment: Callable[[str, dict[str, Any]], bool] | None
) -> None:
    """Lost: what is known of a deleted person comes back into the database."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    seen = lose(tables, collection, faces, vectors)

    def remove() -> None:
        DynamoFaceStore(tables).remove(now(tables, collection), ids_of(faces))

    if moment is None:
        remove()
    hooked = tables if moment is None else once_before(tables, moment, remove)
    DynamoFaceStore(hooked).restore(seen, faces)
    assert view(tables, collection).page(None, 9) == []
    assert stored_items(tables, "FACE#") == []
    assert stored_vectors(tables) == 0


def test_a_face_restored_while_it_is_deleted_stays_deleted(tables: Tables) -> None:
    """Lost: the same, where the deletion looked for records before there were any."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    seen = lose(tables, collection, faces, vectors)
    hooked = once_before(tables, takes_number, lambda: DynamoFaceStore(tables).restore(seen, faces))
    DynamoFaceStore(hooked).remove(seen, ids_of(faces))
    assert view(tables, collection).page(None, 9) == []
    assert stored_items(tables, "FACE#") == []


def test_a_face_indexed_again_while_it_is_deleted_leaves_no_record(tables: Tables) -> None:
    """Lost: a second upload of the photo at that moment keeps the record until a sweep."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    hooked = once_before(
        tables, takes_number, lambda: DynamoFaceStore(tables).add(collection, faces, vectors)
    )
    DynamoFaceStore(hooked).remove(now(tables, collection), ids_of(faces))
    assert view(tables, collection).page(None, 9) == []
    assert stored_items(tables, "FACE#") == []
    assert stored_vectors(tables) == 0


def test_a_face_deleted_and_indexed_again_while_it_is_restored_is_whole(tables: Tables) -> None:
    """Lost: healing takes the record of the same photo indexed anew."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    seen = lose(tables, collection, faces, vectors)

    def again() -> None:
        DynamoFaceStore(tables).remove(now(tables, collection), ids_of(faces))
        DynamoFaceStore(tables).add(now(tables, collection), faces, vectors)

    for moment in (puts_record, takes_number, is_commit):
        DynamoFaceStore(once_before(tables, moment, again)).restore(seen, faces)
        assert view(tables, collection).page(None, 9) == sorted(ids_of(faces))
        assert len(DynamoFaceStore(tables).records(collection, ids_of(faces))) == 2
        assert stored_vectors(tables) == 2


def test_restoring_into_a_deleted_collection_leaves_nothing(tables: Tables) -> None:
    """Lost: a late retry writes into a table that the purge has emptied."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    seen = lose(tables, collection, faces, vectors)
    DynamoCollectionStore(tables).delete(seen)
    with pytest.raises(ResourceNotFoundException):
        DynamoFaceStore(tables).restore(seen, faces)
    assert stored_items(tables, "FACE#") == []


def test_deleting_a_face_without_a_record_erases_its_vector(tables: Tables) -> None:
    """Lost: the vector of a deleted person stays until a sweep."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    DynamoFaceStore(tables).remove(lose(tables, collection, faces, vectors), ids_of(faces))
    assert stored_vectors(tables) == 0


def test_both_vectors_of_a_photo_indexed_twice_at_once_are_erased(tables: Tables) -> None:
    """Lost: the second one stays until a sweep where the collection was busy in between."""
    collection = make_collection(tables)
    store = DynamoFaceStore(tables)
    faces, vectors = make_faces(1)
    store.add(collection, faces, vectors)
    for _ in range(12):
        store.add(now(tables, collection), *make_faces(1))
    store.add(collection, faces, vectors)  # had read the collection before the first one
    store.remove(now(tables, collection), ids_of(faces))
    assert stored_vectors(tables) == len(stored_items(tables, "FACE#")) == 12
