"""Snapshots of a log: made when due, read by who starts cold, erased with what they hold."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineament.domain.collections import Collection
from lineament.errors import LineamentError
from lineament.storage import keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due, compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.snapshots import SnapshotStore
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import (
    AT_ONCE,
    DyingClients,
    cold,
    cold_start_agrees,
    make_store,
    objects,
    put_object,
)
from tests.storage.world import (
    Crash,
    ids_of,
    make_collection,
    make_faces,
    now,
    stored_items,
)

pytestmark = pytest.mark.usefixtures("stays_healthy")
LATER = -5.0
NO_GROWTH = Due(interval=0, growth=1_000_000)


@pytest.fixture
def store(tables: Tables, moto_endpoint: str) -> SnapshotStore:
    return make_store(tables, moto_endpoint)


def people(tables: Tables) -> tuple[Collection, list[str]]:
    """Make a collection with four faces, of which two are ada's, and a user without faces."""
    collection = make_collection(tables)
    faces, vectors = make_faces(4)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    change_user(tables, collection, "create", "ada")
    change_user(tables, collection, "create", "ben")
    change_user(tables, collection, "associate", "ada", *ids_of(faces[:2]))
    return collection, ids_of(faces)


def test_a_cold_start_reads_the_snapshot_and_the_log_after_it(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: a process that starts reads the whole log again, or sees other faces than the rest."""
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    snapshot = store.newest(collection.generation)
    assert snapshot is not None
    assert snapshot.seq == now(tables, collection).seq
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(3))
    DynamoFaceStore(tables).remove(now(tables, collection), faces[3:])
    change_user(tables, collection, "disassociate", "ada", faces[0])
    cold_start_agrees(tables, store, collection)
    read: list[int] = []

    class Log(DynamoChangeLog):
        def changes(self, generation: str, after: int, upto: int) -> list:  # type: ignore[type-arg]
            read.extend(range(after + 1, upto + 1))
            return super().changes(generation, after, upto)

    cold(Log(tables), now(tables, collection), store)
    assert read == [snapshot.seq + 1, snapshot.seq + 2, snapshot.seq + 3]


def test_a_snapshot_is_made_when_the_log_has_grown(tables: Tables, store: SnapshotStore) -> None:
    """Lost: every round of housekeeping writes all vectors of a collection again, or never."""
    collection, _ = people(tables)
    due = Due(interval=0, growth=4)
    assert compact(tables, store, now(tables, collection), due)
    assert not compact(tables, store, now(tables, collection), due)
    for _ in range(3):
        DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
        assert not compact(tables, store, now(tables, collection), due)
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    assert compact(tables, store, now(tables, collection), due)
    assert len(objects(store)) == 1
    cold_start_agrees(tables, store, collection)


def test_claims_keep_others_from_the_same_work(tables: Tables, store: SnapshotStore) -> None:
    """Lost: ten servers write the same snapshot ten times a minute; or a dead one blocks all."""
    collection, _ = people(tables)
    due = Due(interval=600, growth=1)
    assert store.claim(collection.generation, 600, 1_000_000)
    at = now(tables, collection)
    assert not compact(tables, store, at, due, lambda: 1_000_599)
    assert compact(tables, store, at, due, lambda: 1_000_600)


@pytest.mark.parametrize("what", ["face", "user"])
def test_what_is_removed_leaves_the_snapshot(
    tables: Tables, store: SnapshotStore, what: str
) -> None:
    """Lost: the vector of a deleted face, or a deleted user's name, stays in S3 for ever."""
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    assert not compact(tables, store, now(tables, collection), NO_GROWTH)
    if what == "face":
        DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
    else:
        change_user(tables, collection, "delete", "ben")
    (old,) = objects(store)
    assert compact(tables, store, now(tables, collection), NO_GROWTH)
    (new,) = objects(store)
    assert new != old
    assert (bytes.fromhex(faces[2].replace("-", "")) in objects(store)[new]) == (what == "user")
    assert (b"ben" in objects(store)[new]) == (what == "face")
    assert not compact(tables, store, now(tables, collection), NO_GROWTH)
    cold_start_agrees(tables, store, collection)


def test_a_removal_that_is_still_being_written_is_not_overlooked(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: a face whose deletion was on its way while housekeeping looked stays in S3."""
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    removal = now(tables, collection).seq + 1
    DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
    entry = tables.faces.get(keys.log_key(collection.generation, removal))
    assert entry is not None
    tables.faces.delete_many([keys.log_key(collection.generation, removal)])
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    assert not compact(tables, store, now(tables, collection), NO_GROWTH)
    tables.faces.put(entry)
    assert compact(tables, store, now(tables, collection), NO_GROWTH)


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


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_purge_cut_at_any_call(tables: Tables, store: SnapshotStore, *, after: bool) -> None:
    """Lost: faces of a deleted collection stay in S3 or in the table for ever."""
    for step in range(100):
        collection, _ = people(tables)
        assert compact(tables, store, now(tables, collection), AT_ONCE)
        orphan = keys.snapshot_object(collection.generation, 99, "of-a-crash")
        put_object(store, orphan, b"vectors")
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


@pytest.mark.parametrize("harm", ["cut", "flipped", "missing", "foreign"])
def test_a_useless_snapshot_is_passed_over_and_made_again(
    tables: Tables, store: SnapshotStore, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: one bad object in S3 and no server can search the collection any more."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    ((key, body),) = objects(store).items()
    if harm == "missing":
        store._erase([key])
    else:
        middle = len(body) // 2
        flipped = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        bad = {"cut": body[:-40], "flipped": flipped, "foreign": b"<html>"}[harm]
        put_object(store, key, bad)
    cold_start_agrees(tables, store, collection)
    assert "the log is read instead" in caplog.text
    assert compact(tables, store, now(tables, collection), NO_GROWTH)
    assert store.newest(collection.generation) is not None
    assert list(objects(store)) != [key]
    assert len(objects(store)) == 1
    assert not compact(tables, store, now(tables, collection), NO_GROWTH)


def test_a_bucket_that_is_not_there_stops_no_search(
    tables: Tables, store: SnapshotStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: a deployment whose S3 is down cannot start, though DynamoDB has everything."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    lost = SnapshotStore(tables, "no-such-bucket-here", "us-east-1", store._clients)
    cold_start_agrees(tables, lost, collection)
    assert "NoSuchBucket" in caplog.text
    published = store.published(collection.generation)
    assert published is not None
    assert published.usable
    with pytest.raises(LineamentError):
        compact(tables, lost, now(tables, collection), Due(0, 0))


def test_housekeeping_compacts_and_purges(tables: Tables, store: SnapshotStore) -> None:
    """Lost: nobody makes snapshots, nobody erases those of deleted collections."""
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    DynamoFaceStore(tables).remove(now(tables, collection), faces[3:])
    done = housekeep(tables, grace=LATER, sweep_interval=0, snapshots=store)
    assert (done.made_snapshots, done.failed_snapshots, done.failed) == (1, 0, False)
    assert DynamoCollectionStore(tables).delete(now(tables, collection))
    without = housekeep(tables, grace=LATER, sweep_interval=0)
    assert (without.failed_purges, without.purged_generations) == (1, 0)
    done = housekeep(tables, grace=LATER, sweep_interval=0, snapshots=store)
    assert (done.purged_generations, done.failed) == (1, False)
    assert (stored_items(tables, ""), objects(store)) == ([], {})
