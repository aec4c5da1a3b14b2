"""Several processes at one engine: compactors, movers, the purge, and readers among them."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from lineament.domain.collections import Collection
from lineament.domain.engine import EngineUnavailable, Kind
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
from lineament.storage.published import Published
from lineament.storage.purge import purge
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS, Tenure
from tests.gallery.tables import PlainEngine
from tests.storage.engines import distant, engine_agrees, held, row_of, to
from tests.storage.inhabited import LATER, change_user
from tests.storage.snapshotting import AT_ONCE, NO_GROWTH, objects, people
from tests.storage.world import ids_of, make_faces, now

pytestmark = pytest.mark.usefixtures("stays_healthy")
Work = Callable[[], object]


class HookedEngine:
    """An engine as a process sees it to which something happens just before one kind of call."""

    name = PlainEngine.name

    def __init__(self, engine: PlainEngine, call: str, work: Work) -> None:
        self._engine, self._call, self._work = engine, call, work
        self.done = False

    def table(self, generation: str, kind: Kind) -> "HookedTable":
        return HookedTable(self, self._engine.table(generation, kind), kind)

    def drop(self, generation: str) -> None:
        self._engine.drop(generation)

    def generations(self) -> set[str]:
        return self._engine.generations()

    def meet(self, call: str) -> None:
        if call == self._call and not self.done:
            self.done = True
            self._work()


class HookedTable:
    def __init__(self, engine: HookedEngine, table: Any, kind: Kind) -> None:
        self._engine, self._table, self._kind, self.widest = engine, table, kind, table.widest

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._table, name)

        def work(*args: object) -> Any:
            self._engine.meet(f"{self._kind}.{name}")
            return method(*args)

        return work


class HookedStore(SnapshotStore):
    """Snapshots as a process sees them to which something happens after it has read the item."""

    work: Work = staticmethod(lambda: None)
    tidies = True

    def published(self, generation: str) -> Published | None:
        found = super().published(generation)
        work, self.work = self.work, lambda: None
        work()
        return found

    def tidy(self, generation: str) -> None:
        if self.tidies:
            super().tidy(generation)


def again(tables: Tables, store: SnapshotStore) -> HookedStore:
    """Return the same snapshots as another process reaches them."""
    clients = store._objects._clients
    return HookedStore(tables, store._objects._name, "us-east-1", clients)


def ahead(seconds: float) -> Callable[[], float]:
    return lambda: time.time() + seconds


def on_engine(tables: Tables, store: SnapshotStore) -> tuple[PlainEngine, Collection, list[str]]:
    engine, (collection, faces) = PlainEngine(), people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    return engine, collection, faces


def item(store: SnapshotStore, collection: Collection) -> Published:
    found = store.published(collection.generation)
    assert found is not None
    return found


def later_mended(
    tables: Tables, store: SnapshotStore, engine: PlainEngine, collection: Collection
) -> None:
    """Look through the engine as housekeeping does once late writers have come to their end."""
    clock = ahead(LOST_SECONDS + LATE_SECONDS + 4)
    assert mend(tables, store, to(engine), collection.generation, clock)


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
