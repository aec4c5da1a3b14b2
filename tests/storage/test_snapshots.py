"""Snapshots of a log: made when due, read by who starts cold, erased with what they hold."""

import pytest

from lineament.errors import LineamentError
from lineament.storage import keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due, compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from tests.storage.inhabited import LATER, change_user
from tests.storage.snapshotting import (
    AT_ONCE,
    NO_GROWTH,
    cold,
    cold_start_agrees,
    objects,
    people,
    put_object,
)
from tests.storage.world import (
    make_faces,
    now,
    stored_items,
)

pytestmark = pytest.mark.usefixtures("stays_healthy")


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


@pytest.mark.parametrize("harm", ["cut", "flipped", "missing", "foreign"])
def test_a_useless_snapshot_is_passed_over_and_made_again(
    tables: Tables, store: SnapshotStore, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: one bad object in S3 and no server can search the collection any more."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    ((key, body),) = objects(store).items()
    if harm == "missing":
        store._objects.erase([key])
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
    lost = SnapshotStore(tables, "no-such-bucket-here", "us-east-1", store._objects._clients)
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
