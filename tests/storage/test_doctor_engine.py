"""`lineament doctor` reads every row of an engine and compares it with the published snapshot."""

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lineament.domain.collections import Collection
from lineament.domain.engine import EngineUnavailable, Kind, VectorEngine
from lineament.domain.raw_ids import ID_TYPE
from lineament.domain.snapshots import Snapshot
from lineament.gallery.milvus import MilvusEngine
from lineament.storage import keys
from lineament.storage.compaction import compact
from lineament.storage.doctor.engine import engine_findings
from lineament.storage.doctor.engine_rows import Seen, wanted_rows
from lineament.storage.doctor.findings import BROKEN, KINDS, PENDING, WASTE
from lineament.storage.doctor.walk import Pace, Wanted
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.placement import NOWHERE, Placement
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, Tenure
from tests.gallery.tables import PlainEngine
from tests.storage.engines import held, row_of, to
from tests.storage.inhabited import LATER, change_user
from tests.storage.snapshotting import AT_ONCE, NO_GROWTH, people
from tests.storage.unruly import HookedEngine, HookedTable, ahead, item, on_engine
from tests.storage.world import ids_of, make_faces, now

STRANGER = "00000000-0000-4000-8000-00000000abcd"
ALL = Wanted()
Told = dict[str, list[str]]


def told(
    tables: Tables,
    store: SnapshotStore,
    engine: VectorEngine | None,
    clock: Callable[[], float] = time.time,
    wanted: Wanted = ALL,
) -> Told:
    pace = Pace(pause=0.02, clock=clock)
    placement = NOWHERE if engine is None else Placement(engine)
    found = engine_findings(tables, store, placement, wanted, pace)
    return {each.kind: list(each.ids) for each in found}


def user_of(store: SnapshotStore, collection: Collection) -> str:
    """Return the key of the only user that has a template."""
    members = store.read(collection.generation, item(store, collection).object_key).membership
    (key,) = {user.key for user in members.users.values() if user.faces}
    return key


@pytest.mark.parametrize("kind", ["faces", "users"])
@pytest.mark.parametrize("name", ["plain", "milvus"])
def test_lost_and_strange_rows_are_told(
    tables: Tables, store: SnapshotStore, tmp_path: Path, name: str, kind: Kind
) -> None:
    """Lost: faces that an engine has lost are not found any more, and nobody learns it."""
    engine: VectorEngine = PlainEngine()
    if name == "milvus":
        engine = MilvusEngine(str(tmp_path / "lite.db"), "", lambda: "tests")
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    assert told(tables, store, engine) == {}
    table = engine.table(collection.generation, kind)
    rows, vectors = next(iter(table.blocks()))
    if name == "plain":
        rows = next(iter([[row for block in table.rows() for row in block]]))
        vectors = np.stack([table.get(rows)[row] for row in rows])
    gone = faces[2] if kind == "faces" else user_of(store, collection)
    (lost,) = [row for row in rows if row[0].hex() == gone.replace("-", "")]
    table.remove([lost])
    table.put([row_of(STRANGER, 1), (lost[0], lost[1] + 1)], vectors[[0, 0]])
    expected = {"engine-row-missing": [gone], "engine-row-kept": sorted([gone, STRANGER])}
    if kind == "users":
        expected = {"engine-table-missing": ["users"], "engine-row-kept": sorted([gone, STRANGER])}
    assert told(tables, store, engine) == expected
    table.put([lost], -vectors[[rows.index(lost)]])
    del expected["engine-row-missing" if kind == "faces" else "engine-table-missing"]
    assert told(tables, store, engine) == {"engine-row-differs": [gone], **expected}
    assert told(tables, store, engine, wanted=Wanted(collection="others")) == {}
    assert KINDS["engine-row-missing"][0] == KINDS["engine-row-differs"][0] == BROKEN
    assert KINDS["engine-row-kept"][0] == WASTE


@pytest.mark.parametrize("harm", [np.nan, 0.01, 1.0], ids=["nan", "near", "wider"])
def test_vectors_that_are_not_the_snapshots(
    tables: Tables, store: SnapshotStore, harm: float
) -> None:
    """Lost: a face that scores as another would, or that no comparison finds."""
    engine, collection, faces = on_engine(tables, store)
    rows = engine.table(collection.generation, "faces").held
    assert rows is not None
    bad = rows[row_of(faces[1], 1)].copy()
    bad[0] += harm
    rows[row_of(faces[1], 1)] = np.append(bad, bad[0]) if harm == 1.0 else bad
    assert told(tables, store, engine) == {"engine-row-differs": [faces[1]]}


def test_the_last_places_of_floats_are_no_difference(tables: Tables, store: SnapshotStore) -> None:
    """Lost: on a processor that rounds otherwise every face is told to be wrong."""
    engine, collection, _ = on_engine(tables, store)
    for kind in ("faces", "users"):
        rows = engine.table(collection.generation, kind).held
        assert rows
        rows.update({row: np.nextafter(vector, 2, dtype="f4") for row, vector in rows.items()})
    assert told(tables, store, engine) == {}


def test_tables_that_are_gone(tables: Tables, store: SnapshotStore) -> None:
    """Lost: an engine that came back without its disk, while all else looks well."""
    engine, collection, _ = on_engine(tables, store)
    engine.drop(collection.generation)
    assert told(tables, store, engine) == {"engine-table-missing": ["faces", "users"]}
    housekeep(tables, grace=LATER, snapshots=store, placement=to(engine))
    assert told(tables, store, engine) == {}


def test_tables_of_nobody(tables: Tables, store: SnapshotStore) -> None:
    """Lost: vectors in an engine that nothing knows of, of deleted collections too."""
    engine, _, _ = on_engine(tables, store)
    in_memory, _ = people(tables, "others")
    assert compact(tables, store, now(tables, in_memory), AT_ONCE)
    for generation in ("f00", in_memory.generation):
        engine.table(generation, "faces").make(4)
    found = engine_findings(tables, store, Placement(engine), ALL, Pace(pause=0.02))
    assert {(each.kind, each.generation, each.place.collection) for each in found} == {
        ("engine-table-kept", "f00", ""),
        ("engine-table-kept", in_memory.generation, "others"),
    }
    assert Tenure.take(tables.faces, in_memory.generation, engine.name)  # Somebody moves it there.
    engine.drop("f00")
    assert told(tables, store, engine) == {}


@pytest.mark.parametrize("call", ["faces.blocks", "users.blocks"])
def test_compaction_between_the_reads(tables: Tables, store: SnapshotStore, call: str) -> None:
    """Lost: the doctor calls a collection broken of which a snapshot was just made."""
    plain, collection, faces = on_engine(tables, store)
    more, vectors = make_faces(1)

    def work() -> None:
        DynamoFaceStore(tables).add(now(tables, collection), more, vectors)
        change_user(tables, collection, "associate", "ada", *ids_of(more))
        DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
        assert compact(tables, store, now(tables, collection), NO_GROWTH, placement=to(plain))

    engine = HookedEngine(plain, call, work)
    assert told(tables, store, engine) == {}
    assert engine.done
    assert row_of(faces[2], 1) not in held(plain, collection)


def test_snapshots_faster_than_they_are_read(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a collection that changes all the time is told to have lost rows."""
    plain, collection, _ = on_engine(tables, store)

    class Restless(HookedEngine):
        def meet(self, call: str) -> None:
            if call == "faces.blocks":
                DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
                assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(plain))

    engine = Restless(plain, "", lambda: None)
    assert told(tables, store, engine) == {"collection-busy": []}


def test_a_load_that_goes_on(tables: Tables, store: SnapshotStore) -> None:
    """Lost: each load is called waste while it is made; or what is lost is not told meanwhile."""
    engine, collection, faces = on_engine(tables, store)
    tenure = Tenure.take(tables.faces, collection.generation, engine.name)
    assert tenure is not None
    table = engine.table(collection.generation, "faces")
    table.put([row_of(STRANGER, 9)], table.get([row_of(faces[0], 1)])[row_of(faces[0], 1)][None])
    assert told(tables, store, engine) == {}
    table.remove([row_of(faces[0], 1)])
    assert told(tables, store, engine) == {"engine-row-missing": [faces[0]]}
    assert told(tables, store, engine, ahead(LATE_SECONDS + 2)) == {
        "engine-writer-lost": [],
        "engine-row-missing": [faces[0]],
    }
    assert KINDS["engine-writer-lost"][0] == WASTE


def test_a_row_that_the_listing_passed_over(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a listing that skips a row while others are written is taken for a loss."""
    plain, _, _ = on_engine(tables, store)

    class Skipping(HookedEngine):
        def table(self, generation: str, kind: Kind) -> HookedTable:
            table = super().table(generation, kind)
            table.__dict__["blocks"] = lambda: list(table._table.blocks())[1:]
            return table

    assert told(tables, store, Skipping(plain, "", lambda: None)) == {}


def test_an_engine_that_settings_do_not_name(tables: Tables, store: SnapshotStore) -> None:
    """Lost: the doctor says healthy of what it has not looked at."""
    engine, _, _ = on_engine(tables, store)
    other = PlainEngine()
    other.name = "another"
    assert (
        told(tables, store, None) == told(tables, store, other) == {"engine-unlooked": ["milvus"]}
    )
    assert told(tables, store, engine) == {}
    assert KINDS["engine-unlooked"][0] == PENDING


def test_nothing_is_written(tables: Tables, store: SnapshotStore) -> None:
    """Lost: the doctor changes what it looks at, and hides what it should tell."""
    engine, collection, faces = on_engine(tables, store)
    engine.table(collection.generation, "faces").remove([row_of(faces[0], 1)])
    before = tables.faces.get(keys.snapshot_key(collection.generation))
    rows = held(engine, collection)
    assert told(tables, store, engine)
    assert tables.faces.get(keys.snapshot_key(collection.generation)) == before
    assert held(engine, collection) == rows


def test_an_unreadable_snapshot_stops_nothing(tables: Tables, store: SnapshotStore) -> None:
    """Lost: one damaged object keeps all other collections from being looked at."""
    engine, collection, _ = on_engine(tables, store)
    store._objects.erase([item(store, collection).object_key])
    other, faces = people(tables, "others")
    assert compact(tables, store, now(tables, other), AT_ONCE, placement=to(engine))
    engine.table(other.generation, "faces").remove([row_of(faces[0], 1)])
    assert told(tables, store, engine) == {"engine-row-missing": faces[:1]}


def test_a_silent_engine_is_an_error(tables: Tables, store: SnapshotStore) -> None:
    """Lost: an engine that is down passes for a whole one."""
    plain, _, _ = on_engine(tables, store)

    def silent() -> None:
        raise EngineUnavailable("down")

    with pytest.raises(EngineUnavailable):
        told(tables, store, HookedEngine(plain, "faces.blocks", silent))


def test_memory_beside_the_snapshot() -> None:
    """Lost: the doctor needs another machine for a collection than its servers do."""
    count, random = 200_000, np.random.default_rng(1)
    ids = np.frombuffer(random.bytes(16 * count), ID_TYPE)
    halves = random.normal(size=(count, 4)).astype(np.float16)
    empty = Snapshot.empty("f00")
    snapshot = replace(empty, seq=1, ids=ids, marks=np.ones(count, np.int64), halves=halves)
    table = PlainEngine().table("f00", "faces")
    table.make(4)
    tracemalloc.start()
    try:
        seen = Seen()
        rows = wanted_rows(snapshot)["faces"]
        rows.look_through("faces", table, seen)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen.no_table == ["faces"]
    assert peak < 24 * count
