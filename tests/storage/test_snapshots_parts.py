"""Snapshots that are longer than what S3 takes in one request, and what is left of such uploads."""

import io
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from lineament.domain.folding import Folding
from lineament.domain.raw_ids import from_block
from lineament.domain.snapshot_format import encode
from lineament.domain.snapshots import Snapshot
from lineament.errors import ServiceUnavailable
from lineament.storage import keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.orphans import erase_orphans
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.snapshots import SnapshotStore
from tests.storage.inhabited import LATER
from tests.storage.snapshotting import DyingClients, objects, uploads
from tests.storage.world import Crash, make_collection, now

SMALL = 5 << 20
"""The shortest part that S3 takes."""
FACES = 24_000
"""Of 128 components: two parts."""


def large(generation: str, seq: int) -> Snapshot:
    rng = np.random.default_rng(seq)
    halves = rng.normal(size=(FACES, 128)).astype(np.float16)
    ids = from_block(rng.bytes(16 * FACES))
    members = Folding(generation).finish().membership
    return Snapshot(generation, seq, ids, np.full(FACES, seq), halves, members)


def in_parts(store: SnapshotStore) -> SnapshotStore:
    """Have a store take 5 MiB for too much."""
    store._objects._single = store._objects._part = SMALL
    return store


def test_a_body_in_parts_is_the_body(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a collection of more than 15 million faces never gets a snapshot, or a wrong one."""
    snapshot = large(make_collection(tables).generation, 5)
    assert store.claim(snapshot.generation, 0, 0)
    assert in_parts(store).publish(snapshot)
    (body,) = objects(store).values()
    assert body == b"".join(bytes(piece) for piece in encode(snapshot))
    assert uploads(tables, store) == []
    read = store.newest(snapshot.generation)
    assert read is not None
    assert read.halves.tobytes() == snapshot.halves.tobytes()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("cleaner", ["next", "purge", "orphans"])
def test_an_upload_cut_at_any_call_is_ended(
    tables: Tables, store: SnapshotStore, cleaner: str, *, after: bool
) -> None:
    """Lost: parts that a crash left, vectors of deleted faces, stay in S3 and cost for ever."""
    left_uploads = 0
    for step in range(100):
        collection = make_collection(tables)
        generation = collection.generation
        assert store.claim(generation, 0, 0)
        dying = DyingClients(tables, store, step, after=after)
        try:
            in_parts(dying.store).publish(large(generation, 5))
        except Crash:
            finished = False
        else:
            finished = True
        left_uploads += len(uploads(tables, store))
        if cleaner == "next":
            assert store.publish(large(generation, 6))
            store.tidy(generation)
            assert len(objects(store)) == 1
            assert uploads(tables, store) == []
        if cleaner == "orphans":
            tables.faces.delete_many([keys.snapshot_key(generation)])
            tables.control.delete_many(
                [keys.collection_key(collection.scope, collection.collection_id)]
            )
            waiting = bool(objects(store) or uploads(tables, store))
            assert erase_orphans(tables, store) == waiting
        else:
            assert DynamoCollectionStore(tables).delete(now(tables, collection))
            assert purge(tables, None, LATER, snapshots=store).failed == 0
        assert (objects(store), uploads(tables, store)) == ({}, [])
        if finished:
            break
    assert finished
    assert dying.calls >= 6
    assert left_uploads >= 3


class Refusing:
    """Clients whose S3 refuses some operation."""

    def __init__(self, store: SnapshotStore, operation: str) -> None:
        self._client = store._objects._clients.client("us-east-1")
        self._refused = operation

    def client(self, _region: str) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        if name != self._refused:
            return getattr(self._client, name)

        def refuse(**params: Any) -> None:
            body = params.get("Body", io.BytesIO())
            body.read()
            raise ClientError({"Error": {"Code": "AccessDenied"}}, name)

        return refuse


@pytest.mark.parametrize("operation", ["upload_part", "complete_multipart_upload"])
def test_a_refused_upload_is_ended_at_once(
    tables: Tables, store: SnapshotStore, operation: str
) -> None:
    """Lost: each failed try leaves gigabytes in S3 until a later one succeeds."""
    snapshot = large(make_collection(tables).generation, 5)
    assert store.claim(snapshot.generation, 0, 0)
    store._objects._clients = Refusing(store, operation)  # type: ignore[assignment]
    with pytest.raises(ServiceUnavailable):
        in_parts(store).publish(snapshot)
    assert (objects(store), uploads(tables, store)) == ({}, [])


def test_who_may_not_list_uploads_begins_none(tables: Tables, store: SnapshotStore) -> None:
    """Lost: rights that sufficed before stop all purges, or parts are left that nobody may see."""
    collection = make_collection(tables)
    snapshot = large(collection.generation, 5)
    assert store.claim(snapshot.generation, 0, 0)
    clients = store._objects._clients
    store._objects._clients = Refusing(store, "list_multipart_uploads")  # type: ignore[assignment]
    assert store.publish(snapshot)
    store.tidy(snapshot.generation)
    with pytest.raises(ServiceUnavailable):
        in_parts(store).publish(large(collection.generation, 6))
    assert DynamoCollectionStore(tables).delete(now(tables, collection))
    assert purge(tables, None, LATER, snapshots=store).failed == 0
    store._objects._clients = clients
    assert (objects(store), uploads(tables, store)) == ({}, [])
