"""Snapshots while processes die, race each other, and while collections are deleted."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineament.storage import keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due, compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.snapshots import SnapshotStore
from tests.storage.conftest import on_the_faster
from tests.storage.inhabited import LATER
from tests.storage.snapshotting import (
    AT_ONCE,
    NO_GROWTH,
    REGION,
    DyingClients,
    begin_upload,
    cold,
    cold_start_agrees,
    every_key,
    objects,
    people,
    put_object,
    uploads,
)
from tests.storage.world import (
    Crash,
    RepeatingClient,
    ids_of,
    make_faces,
    now,
    stored_items,
    through,
)

pytestmark = pytest.mark.usefixtures("stays_healthy")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_compaction_cut_at_any_call(tables: Tables, store: SnapshotStore, *, after: bool) -> None:
    """Lost: a crash leaves readers without faces, or deleted vectors in S3, for ever."""
    for step in range(100):
        collection, faces = people(tables)
        assert compact(tables, store, now(tables, collection), AT_ONCE)
        DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
        dying = DyingClients(tables, store, step, after=after)
        try:
            compact(dying.tables, dying.store, now(tables, collection), NO_GROWTH)
        except Crash:
            finished = False
        else:
            finished = True
        cold_start_agrees(tables, store, collection)
        compact(tables, store, now(tables, collection), NO_GROWTH)
        (left,) = objects(store).values()
        assert bytes.fromhex(faces[2].replace("-", "")) not in left
        cold_start_agrees(tables, store, collection)
        assert DynamoCollectionStore(tables).delete(now(tables, collection))
        purge(tables, None, LATER, snapshots=store)
        if finished:
            break
    assert finished
    assert dying.calls > 10


@on_the_faster
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_purge_cut_at_any_call(tables: Tables, store: SnapshotStore, *, after: bool) -> None:
    """Lost: faces of a deleted collection stay in S3 or in the table for ever."""
    for step in range(100):
        collection, _ = people(tables)
        assert compact(tables, store, now(tables, collection), AT_ONCE)
        orphan = keys.snapshot_object(tables.control.name, collection.generation, 99, "of-a-crash")
        put_object(store, orphan, b"vectors")
        begin_upload(store, orphan)
        assert DynamoCollectionStore(tables).delete(now(tables, collection))
        dying = DyingClients(tables, store, step, after=after)
        try:
            purge(dying.tables, None, LATER, snapshots=dying.store)
        except Crash:
            finished = False
        else:
            finished = True
        assert purge(tables, None, LATER, snapshots=store).failed == 0
        assert (stored_items(tables, ""), objects(store)) == ([], {})
        assert uploads(tables, store) == []
        if finished:
            break
    assert finished
    assert dying.calls > 20


def test_compactors_and_readers_at_once(tables: Tables, store: SnapshotStore) -> None:
    """Lost: two servers at once lose a snapshot, or a reader starts without some faces."""
    collection, faces = people(tables)
    stop = threading.Event()

    def keep_compacting() -> int:
        made = 0
        while not stop.is_set():
            made += compact(tables, store, now(tables, collection), AT_ONCE)
        return made

    def keep_reading() -> int:
        read = 0
        while not stop.is_set():
            cold_start = cold(DynamoChangeLog(tables), now(tables, collection), store)
            assert faces[0] in cold_start
            read += 1
        return read

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work) for work in (keep_compacting, keep_compacting, keep_reading)]
        try:
            for _ in range(8):
                added, vectors = make_faces(2)
                DynamoFaceStore(tables).add(now(tables, collection), added, vectors)
                DynamoFaceStore(tables).remove(now(tables, collection), ids_of(added[:1]))
        finally:
            stop.set()
        first, second, read = [each.result() for each in running]
    assert first + second > 1
    assert read > 1
    published = store.published(collection.generation)
    assert published is not None
    assert not published.damaged
    compact(tables, store, now(tables, collection), NO_GROWTH)
    store.tidy(collection.generation)
    assert len(objects(store)) == 1
    cold_start_agrees(tables, store, collection)


def test_snapshots_of_nobody_are_erased(tables: Tables, store: SnapshotStore) -> None:
    """Lost: what a process wrote as its collection was purged, and it crashed, stays for ever."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    kept = objects(store)
    others = "othertable/snapshots/f00/000000000009-1"
    for key in (keys.snapshot_object(tables.control.name, "f00", 9, "1"), others):
        put_object(store, key, b"vectors")
    done = housekeep(tables, grace=LATER, sweep_interval=0, snapshots=store)
    assert not done.failed
    assert objects(store) == kept
    assert others in every_key(store)


def test_nothing_is_taken_for_nobodys_beside_an_unreadable_collection(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: one broken item, and housekeeping erases the snapshot of the collection it was."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    kept = objects(store)
    key = keys.collection_key(collection.scope, collection.collection_id)
    item = tables.control.get(key)
    assert item is not None
    tables.control.put({**item, "garbage": {"S": "broken"}})
    done = housekeep(tables, grace=LATER, sweep_interval=0, snapshots=store)
    assert done.failed_snapshots == 1
    assert objects(store) == kept
    tables.control.put(item)


def test_a_snapshot_finished_after_its_collection_was_purged_is_erased(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: a compaction that was slow brings back vectors of a deleted collection."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    late = store.newest(collection.generation)
    assert late is not None
    assert DynamoCollectionStore(tables).delete(now(tables, collection))
    assert purge(tables, None, LATER, snapshots=store).failed == 0
    assert not store.publish(late)
    assert (stored_items(tables, ""), objects(store)) == ([], {})


def test_writes_that_arrive_twice_publish_once(tables: Tables, store: SnapshotStore) -> None:
    """Lost: after an answer that got lost, the published object is erased as one that lost."""
    collection, faces = people(tables)
    twice = through(tables, RepeatingClient(tables.control.client))
    repeating = SnapshotStore(twice, store._objects.bucket, REGION, store._objects._clients)
    assert compact(twice, repeating, now(tables, collection), Due(interval=-1, growth=1))
    DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
    late = Due(interval=-1, growth=1_000_000)  # a claim that comes twice counts no more at once
    assert compact(twice, repeating, now(tables, collection), late)
    assert len(objects(store)) == 1
    assert store.newest(collection.generation) is not None
    cold_start_agrees(tables, store, collection)
