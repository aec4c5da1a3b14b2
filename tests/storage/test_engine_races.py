"""Several processes at one engine: compactors, loaders that hang, and views from before."""

import time
from dataclasses import replace
from typing import Any

import pytest

from lineament.domain.collections import Collection
from lineament.domain.engine import EngineUnavailable
from lineament.errors import LineamentError
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS, Tenure
from tests.storage.engines import distant, engine_agrees, finds_the_same, held, row_of, to
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import AT_ONCE, NO_GROWTH, cold, objects, same
from tests.storage.unruly import HookedEngine, again, ahead, item, later_mended, on_engine
from tests.storage.world import ids_of, make_faces, now

pytestmark = pytest.mark.usefixtures("stays_healthy")


def test_a_paused_loader_counts_for_nobody(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a process that hung brings back removed faces, or publishes what the engine lacks."""
    engine, collection, faces = on_engine(tables, store)
    more, vectors = make_faces(1)
    DynamoFaceStore(tables).add(now(tables, collection), more, vectors)

    def take_over() -> None:
        DynamoFaceStore(tables).remove(now(tables, collection), ids_of(more))
        change_user(tables, collection, "associate", "ben", faces[2])
        clock = ahead(LOST_SECONDS + 2)
        assert compact(tables, store, now(tables, collection), AT_ONCE, clock, to(engine))

    hung = HookedEngine(engine, "faces.put", take_over)
    assert not compact(tables, store, now(tables, collection), AT_ONCE, placement=to(hung))
    assert hung.done
    assert row_of(more[0].face_id, 5) in held(engine, collection), "the late row is there"
    assert engine_agrees(tables, store, engine, collection).seq == 7
    assert len(objects(store)) == 1
    later_mended(tables, store, engine, collection)
    assert held(engine, collection) == {row_of(face_id, 1) for face_id in faces}
    assert (item(store, collection).writer, item(store, collection).recheck) == ("", 0.0)
    engine_agrees(tables, store, engine, collection)


def test_a_head_is_of_a_snapshot_that_the_engine_holds(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: faces that nobody finds for a minute, where a start meets a move out of the engine."""
    engine, collection, _ = on_engine(tables, store)
    reader = again(tables, store)

    def leave() -> None:
        tenure = Tenure.take(tables.faces, collection.generation, engine.name)
        assert tenure is not None
        tenure.disengage()
        tenure.finish()
        DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
        assert compact(tables, store, now(tables, collection), AT_ONCE)

    reader.work = leave
    view = distant(tables, reader, engine, collection)
    told = cold(DynamoChangeLog(tables, 0.0), replace(collection, seq=view.seq), None)
    same(view, told)
    finds_the_same(view, told)


def test_a_loader_that_is_replaced_stops(tables: Tables, store: SnapshotStore) -> None:
    """Lost: two processes go on writing to one table, each for hours."""
    engine, collection, _ = on_engine(tables, store)
    clock = [0.0]

    def take_over() -> None:
        clock[0] = LOST_SECONDS + 2
        other = Tenure.take(tables.faces, collection.generation, engine.name, ahead(clock[0]))
        assert other is not None
        assert other.replacing

    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    change_user(tables, collection, "associate", "ben", *_last(tables, collection))
    hung = HookedEngine(engine, "faces.settle", take_over)
    with pytest.raises(LineamentError, match="another process"):
        compact(
            tables,
            store,
            now(tables, collection),
            AT_ONCE,
            lambda: time.time() + clock[0],
            to(hung),
        )
    assert item(store, collection).seq == 4
    assert len(objects(store)) == 1


def _last(tables: Tables, collection: Collection) -> list[str]:
    newest = now(tables, collection)
    (change,) = DynamoChangeLog(tables).changes(newest.generation, newest.seq - 1, newest.seq)
    return list(change.added)


def test_a_replaced_writer_is_waited_for_however_the_other_ends(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: rows that a slow writer puts after its successor has looked stay for ever."""
    engine, collection, _ = on_engine(tables, store)
    for recheck in (None, 0.0, LATE_SECONDS * 9):
        assert Tenure.take(tables.faces, collection.generation, engine.name) is not None
        clock = ahead(LOST_SECONDS + 2)
        other = Tenure.take(tables.faces, collection.generation, engine.name, clock)
        assert other is not None
        other.finish(recheck=recheck)
        due = item(store, collection).recheck
        assert due >= int(time.time() + LOST_SECONDS + max(recheck or 0.0, LATE_SECONDS))


def test_a_compactor_whose_base_is_not_the_published_one_looks(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: a face that came and went between two compactors stays in the engine."""
    engine, collection, _ = on_engine(tables, store)
    more, vectors = make_faces(1)

    def other_compacts() -> None:
        DynamoFaceStore(tables).add(now(tables, collection), more, vectors)
        other = again(tables, store)
        other.tidies = False  # It is about to.
        assert compact(tables, other, now(tables, collection), AT_ONCE, placement=to(engine))
        DynamoFaceStore(tables).remove(now(tables, collection), ids_of(more))

    slow = again(tables, store)
    slow.work = other_compacts
    due = replace(now(tables, collection), seq=6)
    assert compact(tables, slow, due, AT_ONCE, placement=to(engine))
    assert row_of(more[0].face_id, 5) not in held(engine, collection)
    engine_agrees(tables, store, engine, collection)


def test_a_compactor_that_is_behind_leaves_nothing(tables: Tables, store: SnapshotStore) -> None:
    """Lost: the slower of two compactors puts removed faces into the engine again."""
    engine, collection, faces = on_engine(tables, store)
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))

    def other_compacts() -> None:
        DynamoFaceStore(tables).remove(now(tables, collection), faces[2:])
        assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))

    slow = again(tables, store)
    whole = slow.write

    def write(snapshot: Any) -> str:
        other_compacts()
        return whole(snapshot)

    slow.write = write  # type: ignore[method-assign]
    before = len(held(engine, collection))
    assert not compact(tables, slow, now(tables, collection), AT_ONCE, placement=to(engine))
    assert len(held(engine, collection)) == before - 1
    assert len(objects(store)) == 1
    assert (item(store, collection).writer, item(store, collection).recheck) == ("", 0.0)
    engine_agrees(tables, store, engine, collection)


def test_a_view_from_before_a_snapshot(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a request that began before a face went away is told wrong things after it has.

    What a later snapshot does not have is found no more, and asked for by its id it is an error
    that clients retry. What is living by then is put, and settled, before anything is removed: a
    request that began before that has ended meanwhile.
    """
    engine, collection, faces = on_engine(tables, store)
    view = distant(tables, store, engine, collection)
    vectors = view.vectors(faces)
    DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
    change_user(tables, collection, "associate", "ada", faces[3])
    order: list[str] = []
    recording = HookedEngine(engine, "", lambda: None)
    recording.meet = order.append  # type: ignore[method-assign,assignment]
    watched = again(tables, store)
    whole = watched.publish
    watched.publish = lambda *args: order.append("publish") or whole(*args)  # type: ignore
    assert compact(tables, watched, now(tables, collection), NO_GROWTH, placement=to(recording))
    steps = ["users.put", "users.settle", "publish", "faces.remove", "users.remove"]
    assert [each for each in order if each in steps] == steps
    left = sorted({*faces} - {faces[2]})
    assert sorted(name for name, _ in view.search(vectors[faces[2]], -1.0, 9)) == left
    assert view.vector(faces[0]) is not None
    with pytest.raises(EngineUnavailable):
        view.vector(faces[2])
    after = engine_agrees(tables, store, engine, collection)
    assert after.vector(faces[2]) is None
