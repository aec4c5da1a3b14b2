"""Processes that die between the log, S3 and the engine; what is left is put right.

Who dies before a call has done what who dies after the call before it has: one is enough.
"""

import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from lineament.domain.collections import Collection
from lineament.domain.engine import Kind, Row, VectorEngine
from lineament.domain.faces import Vector
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep, living
from lineament.storage.loading import Load
from lineament.storage.orphans import erase_orphans
from lineament.storage.placement import Placement, mend
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS, Tenure
from tests.gallery.distance import Sole
from tests.gallery.tables import PlainEngine
from tests.storage.conftest import on_the_faster
from tests.storage.engines import engine_agrees, to
from tests.storage.inhabited import LATER, change_user
from tests.storage.snapshotting import AT_ONCE, DyingClients, objects, people
from tests.storage.unruly import DyingEngine
from tests.storage.world import Crash, ids_of, make_faces, now, stored_items

pytestmark = [pytest.mark.usefixtures("stays_healthy"), on_the_faster]
KINDS: tuple[Kind, ...] = ("faces", "users")
Call = Callable[..., Any]


def dies(work: Callable[[], object]) -> bool:
    """Run what may die on the way; tell whether it did."""
    try:
        work()
    except Crash:
        return True
    return False


def change(tables: Tables, collection: Collection, faces: list[str]) -> list[str]:
    """Change what the engine holds; return the faces that have gone."""
    more, vectors = make_faces(2)
    store = DynamoFaceStore(tables)
    store.add(now(tables, collection), more, vectors)
    change_user(tables, collection, "associate", "ben", *ids_of(more))
    change_user(tables, collection, "disassociate", "ada", faces[0])
    store.remove(now(tables, collection), [faces[0], faces[2]])
    return [faces[0], faces[2]]


def settled(tables: Tables, store: SnapshotStore, engine: VectorEngine) -> None:
    """Keep house until nothing is left to wait for."""
    later = 0.0
    for wait in (0.0, LOST_SECONDS, LATE_SECONDS, LATE_SECONDS):
        later += wait + 2
        keep_house(tables, store, to(engine), partial(ahead_by, later))


def ahead_by(seconds: float) -> float:
    return time.time() + seconds


def keep_house(
    tables: Tables, store: SnapshotStore, placement: Placement, clock: Callable[[], float]
) -> None:
    for collection in living(tables):
        compact(tables, store, collection, AT_ONCE, clock, placement)
    done = housekeep(
        tables,
        grace=LATER,
        sweep_interval=0,
        clock=clock,
        snapshots=store,
        placement=placement,
    )
    assert not done.failed


def rows_of(engine: VectorEngine, generation: str) -> dict[Kind, dict[Row, Vector]]:
    """Return everything that an engine has of a generation."""
    return {
        kind: {
            row: vector
            for rows, vectors in engine.table(generation, kind).blocks()
            for row, vector in zip(rows, vectors, strict=True)
        }
        for kind in KINDS
    }


def holds_the_snapshot(
    store: SnapshotStore, engine: VectorEngine, collection: Collection, gone: list[str]
) -> None:
    """Assert that the engine has exactly the rows of the published snapshot, and none of `gone`."""
    published = store.published(collection.generation)
    assert published is not None
    assert (published.engine, published.writer, published.recheck) == (engine.name, "", 0.0)
    plain = PlainEngine()
    load = Load(plain, store.read(collection.generation, published.object_key))
    load.put(Sole())  # type: ignore[arg-type]
    wanted, there = (rows_of(each, collection.generation) for each in (plain, engine))
    for kind in KINDS:
        assert there[kind].keys() == wanted[kind].keys()
        for row, vector in wanted[kind].items():
            assert np.array_equal(there[kind][row], vector)
    left = {row[0].hex() for row in there["faces"]}
    assert not left & {face_id.replace("-", "") for face_id in gone}


def delete_all(tables: Tables, store: SnapshotStore, engine: PlainEngine) -> None:
    """Delete every collection, and assert that nothing of any is left anywhere."""
    for collection in list(living(tables)):
        assert DynamoCollectionStore(tables).delete(now(tables, collection))
    keep_house(tables, store, to(engine), time.time)
    assert (engine.generations(), objects(store)) == (set(), {})


def ends_well(
    tables: Tables,
    store: SnapshotStore,
    engine: PlainEngine,
    made: list[tuple[Collection, list[str]]],
) -> None:
    """Assert that after housekeeping all answers are right, and the engine holds nothing else."""
    settled(tables, store, engine)
    for collection, gone in made:
        engine_agrees(tables, store, engine, collection)
        holds_the_snapshot(store, engine, collection, gone)


@pytest.mark.parametrize("first", [False, True], ids=["later", "first"])
def test_compaction_cut_at_any_call(tables: Tables, store: SnapshotStore, *, first: bool) -> None:
    """Lost: after a crash searches miss faces, or an engine keeps removed ones for ever."""
    engine, made = PlainEngine(), []
    for step in itertools.count():
        collection, faces = people(tables, f"people{step}")
        if not first:
            assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
        made.append((collection, change(tables, collection, faces)))
        dying = DyingClients(tables, store, step, after=True)
        placement, seen = to(DyingEngine(engine, dying)), now(tables, collection)
        died = dies(partial(compact, dying.tables, dying.store, seen, AT_ONCE, placement=placement))
        engine_agrees(tables, store, engine, collection)
        if not died:
            break
    assert dying.calls > 15
    ends_well(tables, store, engine, made)
    assert len(objects(store)) == len(made)
    delete_all(tables, store, engine)


def test_mending_cut_at_any_call(tables: Tables, store: SnapshotStore) -> None:
    """Lost: two crashes one after the other, and the engine keeps what it should not for ever."""
    engine, made = PlainEngine(), []
    for step in itertools.count():
        collection, faces = people(tables, f"people{step}")
        assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
        made.append((collection, change(tables, collection, faces)))
        clearing = DyingEngine(engine, DyingClients(tables, store, 1 << 30, after=True))
        clearing.table = partial(_without_removal, clearing.table)  # type: ignore[method-assign]
        with pytest.raises(Crash):
            compact(tables, store, now(tables, collection), AT_ONCE, placement=to(clearing))
        dying = DyingClients(tables, store, step, after=True)
        died = dies(_mending(dying, engine, collection, LOST_SECONDS + 2))
        engine_agrees(tables, store, engine, collection)
        if not died:
            break
    assert dying.calls > 7
    ends_well(tables, store, engine, made)


def _without_removal(table: Callable[[str, Kind], Any], generation: str, kind: Kind) -> Any:
    made = table(generation, kind)

    def remove(_rows: object) -> None:
        raise Crash

    made.remove = remove
    return made


def _mending(
    dying: DyingClients, engine: PlainEngine, collection: Collection, ahead: float
) -> Callable[[], object]:
    placement = to(DyingEngine(engine, dying))
    clock = partial(ahead_by, ahead)
    return partial(mend, dying.tables, dying.store, placement, collection.generation, clock)


def test_leaving_the_engine_cut_at_any_call(tables: Tables, store: SnapshotStore) -> None:
    """Lost: vectors of a collection that was moved into memory stay in the engine for ever."""
    engine, made = PlainEngine(), []
    for step in itertools.count():
        collection, _ = people(tables, f"people{step}")
        made.append(collection)
        assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
        tenure = Tenure.take(tables.faces, collection.generation, engine.name)
        assert tenure is not None
        tenure.disengage()
        tenure.finish(recheck=LATE_SECONDS)
        assert not mend(tables, store, to(engine), collection.generation)
        assert collection.generation in engine.generations(), "processes may be asking it still"
        dying = DyingClients(tables, store, step, after=True)
        died = dies(_mending(dying, engine, collection, LATE_SECONDS + 2))
        engine_agrees(tables, store, engine, collection)
        if not died:
            break
    assert dying.calls > 4
    later = LATE_SECONDS
    for wait in (LOST_SECONDS, LATE_SECONDS, LATE_SECONDS):
        later += wait + 2
        keep_house(tables, store, to(engine), partial(ahead_by, later))
    assert engine.generations() == set()
    for collection in made:
        published = store.published(collection.generation)
        assert published is not None
        assert (published.engine, published.held, published.writer) == ("", "", "")
        engine_agrees(tables, store, engine, collection)


def test_purge_cut_at_any_call(tables: Tables, store: SnapshotStore) -> None:
    """Lost: vectors of a deleted collection stay in the engine."""
    engine = PlainEngine()
    for step in itertools.count():
        collection, _ = people(tables)
        assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
        assert DynamoCollectionStore(tables).delete(now(tables, collection))
        dying = DyingClients(tables, store, step, after=True)
        placement = to(DyingEngine(engine, dying))
        died = dies(
            partial(purge, dying.tables, None, LATER, snapshots=dying.store, placement=placement)
        )
        assert not purge(tables, None, LATER, snapshots=store, placement=to(engine)).failed
        assert (stored_items(tables, ""), objects(store)) == ([], {})
        assert engine.generations() == set()
        if not died:
            break
    assert dying.calls > 20


def test_erasing_what_nobody_has_cut_at_any_call(tables: Tables, store: SnapshotStore) -> None:
    """Lost: what a loader left, whose collection was purged meanwhile, stays for ever."""
    collection, _ = people(tables)
    engine = PlainEngine()
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    for step in itertools.count():
        for kind in KINDS:
            engine.table("f00", kind).make(8)
        dying = DyingClients(tables, store, step, after=True)
        dying_engine = DyingEngine(engine, dying)
        died = dies(partial(erase_orphans, dying.tables, dying.store, dying_engine))
        erase_orphans(tables, store, engine)
        assert engine.generations() == {collection.generation}
        if not died:
            break
    assert dying.calls > 3


def test_an_engine_that_lost_its_rows(tables: Tables, store: SnapshotStore) -> None:
    """Lost: an engine begins anew without its disk, and compaction gives it the news alone:
    searches find these, and silently nothing else."""
    engine, (collection, faces) = PlainEngine(), people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    for empty in (False, True):
        engine.drop(collection.generation)
        if empty:
            for kind in KINDS:
                engine.table(collection.generation, kind).make(8)
        more, vectors = make_faces(1)
        DynamoFaceStore(tables).add(now(tables, collection), more, vectors)
        assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
        engine_agrees(tables, store, engine, collection)
        holds_the_snapshot(store, engine, collection, [])
    assert faces[0] in engine_agrees(tables, store, engine, collection)
