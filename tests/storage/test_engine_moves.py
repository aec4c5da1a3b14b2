"""Collections that are moved, deleted or damaged while a process works on their engine."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from lineament.cli.relocating import Outcome, Relocation
from lineament.errors import LineamentError
from lineament.gallery import generation
from lineament.gallery.distant import DistantFaces
from lineament.gallery.memory import MemoryGallery
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due, compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.loading import Load
from lineament.storage.placement import mend
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS, Tenure
from tests.gallery.tables import PlainEngine
from tests.storage.engines import engine_agrees, held, row_of, to
from tests.storage.inhabited import LATER, change_user
from tests.storage.snapshotting import AT_ONCE, NO_GROWTH, objects, people
from tests.storage.unruly import HookedEngine, again, ahead, item, later_mended, on_engine
from tests.storage.world import ids_of, make_faces, now

pytestmark = pytest.mark.usefixtures("stays_healthy")


def test_compaction_in_memory_while_a_move_engages(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a collection that was moved to an engine is in memory again, and its rows are old."""
    engine, (collection, _) = PlainEngine(), people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    published = item(store, collection)
    tenure = Tenure.take(tables.faces, collection.generation, engine.name)
    assert tenure is not None
    load = Load(engine, store.read(collection.generation, published.object_key))
    load.put(tenure)
    more, vectors = make_faces(1)
    DynamoFaceStore(tables).add(now(tables, collection), more, vectors)
    assert compact(tables, store, now(tables, collection), AT_ONCE)  # published first
    assert not tenure.engage(published.object_key, engine.name)
    assert item(store, collection).engine == ""
    engine_agrees(tables, store, engine, collection)
    published = item(store, collection)
    load = Load(engine, store.read(collection.generation, published.object_key))
    load.put(tenure)
    DynamoFaceStore(tables).remove(now(tables, collection), ids_of(more))
    slow = again(tables, store)
    whole = slow.write

    def write(snapshot: Any) -> str:
        assert tenure.engage(published.object_key, engine.name)  # engaged first
        return whole(snapshot)

    slow.write = write  # type: ignore[method-assign]
    assert not compact(tables, slow, now(tables, collection), NO_GROWTH)
    assert item(store, collection).engine == engine.name
    load.clear(tenure)
    tenure.finish()
    engine_agrees(tables, store, engine, collection)
    assert compact(tables, store, now(tables, collection), NO_GROWTH, placement=to(engine))
    assert row_of(more[0].face_id, 5) not in held(engine, collection)
    assert isinstance(engine_agrees(tables, store, engine, collection).faces, DistantFaces)


def test_a_move_to_memory_while_a_compactor_hangs(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a collection that was moved into memory is back in an engine that has no table."""
    engine, collection, _ = on_engine(tables, store)
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))

    def leave() -> None:
        assert Tenure.take(tables.faces, collection.generation, engine.name) is None
        clock = ahead(LOST_SECONDS + 2)
        tenure = Tenure.take(tables.faces, collection.generation, engine.name, clock)
        assert tenure is not None
        tenure.disengage()
        tenure.finish(recheck=LATE_SECONDS)

    hung = HookedEngine(engine, "faces.put", leave)
    assert not compact(tables, store, now(tables, collection), AT_ONCE, placement=to(hung))
    assert item(store, collection).engine == ""
    engine_agrees(tables, store, engine, collection)
    later_mended(tables, store, engine, collection)
    assert engine.generations() == set()
    assert item(store, collection).held == ""
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    assert engine.generations() == set(), "it stays where it was moved to"


@pytest.mark.parametrize("call", ["faces.make", "faces.put", "faces.settle", "users.make"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_a_purge_during_a_load(
    tables: Tables, store: SnapshotStore, call: str, *, first: bool
) -> None:
    """Lost: vectors of a deleted collection stay in the engine or in S3 for ever."""
    engine, (collection, _) = PlainEngine(), people(tables)
    if not first:
        assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
        DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    known = now(tables, collection)

    def purged() -> None:
        assert DynamoCollectionStore(tables).delete(known)
        assert not purge(tables, None, LATER, snapshots=store, placement=to(engine)).failed

    hooked = HookedEngine(engine, call, purged)
    with suppress(LineamentError):
        assert not compact(tables, store, known, AT_ONCE, placement=to(hooked))
    assert hooked.done
    done = housekeep(tables, grace=LATER, sweep_interval=0, snapshots=store, placement=to(engine))
    assert not done.failed
    assert (engine.generations(), objects(store)) == (set(), {})


def test_processes_stay_on_the_engine_when_s3_lost_the_snapshot(
    tables: Tables, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: one bad object, and every server reads into memory what was put into an engine since
    it does not fit there."""
    engine, collection, faces = on_engine(tables, store)
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    monkeypatch.setattr(generation, "_LOOK_SECONDS", 0.0)
    gallery = MemoryGallery(DynamoChangeLog(tables, 0.0), 1 << 30, snapshots=store, engine=engine)
    assert isinstance(gallery.sync(now(tables, collection)).faces, DistantFaces)
    store._objects.erase(list(objects(store)))
    assert store.newest(collection.generation) is None
    assert not item(store, collection).usable
    more, vectors = make_faces(1)
    DynamoFaceStore(tables).add(now(tables, collection), more, vectors)
    view = gallery.sync(now(tables, collection))
    assert isinstance(view.faces, DistantFaces)
    assert view.page(None, 9) == sorted([*faces, *ids_of(more)])
    assert compact(tables, store, now(tables, collection), NO_GROWTH, placement=to(engine))
    assert isinstance(engine_agrees(tables, store, engine, collection).faces, DistantFaces)


def test_who_lacks_the_setting_keeps_nobody_from_compacting(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: one server without the engine's setting, and removed faces stay in all snapshots."""
    engine, collection, faces = on_engine(tables, store)
    DynamoFaceStore(tables).remove(now(tables, collection), faces[3:])
    clock = ahead(601)
    with pytest.raises(LineamentError, match="LINEAMENT_MILVUS_URI"):
        compact(tables, store, now(tables, collection), Due(), clock)
    assert compact(tables, store, now(tables, collection), Due(), clock, to(engine))
    assert row_of(faces[3], 1) not in held(engine, collection)


def test_a_snapshot_without_marks_is_made_anew_before_it_is_moved(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: a collection whose snapshots began with version 1 is moved to an engine; once one is
    folded from the log, its faces have other rows, and running processes find none."""
    engine, (collection, faces) = PlainEngine(), people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    old = store.read(collection.generation, item(store, collection).object_key)
    unmarked = replace(old, marks=np.zeros_like(old.marks))
    assert store.publish(unmarked, item(store, collection).object_key)
    outcome = Outcome()
    mover = Relocation(tables, store, engine, 1, lambda *_told: None)
    mover.to_engine(now(tables, collection), [], outcome)
    assert outcome.state == "moved"
    assert held(engine, collection) == {row_of(face_id, 1) for face_id in faces}
    assert isinstance(engine_agrees(tables, store, engine, collection).faces, DistantFaces)


def test_housekeeping_puts_again_what_an_engine_lost(tables: Tables, store: SnapshotStore) -> None:
    """Lost: an engine lost its disk, and searches fail, or find nothing, until a face changes."""
    engine, collection, faces = on_engine(tables, store)
    for empty in (False, True):
        engine.drop(collection.generation)
        if empty:
            for kind in ("faces", "users"):
                engine.table(collection.generation, kind).make(8)
        keep = partial(housekeep, tables, grace=LATER, sweep_interval=0, snapshots=store)
        assert not keep(placement=to(engine)).failed
        assert held(engine, collection) == {row_of(face_id, 1) for face_id in faces}
        engine_agrees(tables, store, engine, collection)
        assert (item(store, collection).writer, item(store, collection).recheck) == ("", 0.0)
        assert not mend(tables, store, to(engine), collection.generation)


def test_an_empty_collection_has_lost_nothing(tables: Tables, store: SnapshotStore) -> None:
    """Lost: housekeeping writes to the engine in each round for a collection without faces."""
    engine, collection, faces = on_engine(tables, store)
    change_user(tables, collection, "disassociate", "ada", *faces[:2])
    DynamoFaceStore(tables).remove(now(tables, collection), faces)
    assert compact(tables, store, now(tables, collection), NO_GROWTH, placement=to(engine))
    assert not mend(tables, store, to(engine), collection.generation)
