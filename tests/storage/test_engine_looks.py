"""An engine is looked through once a week without a reason; who hangs drops nothing of others."""

from functools import partial

import pytest

from lineament.cli.comparing import Ask
from lineament.cli.relocating import Outcome, Relocation
from lineament.domain.engine import EngineUnavailable
from lineament.storage import keys
from lineament.storage.compaction import compact
from lineament.storage.doctor.engine import engine_findings
from lineament.storage.doctor.findings import BROKEN
from lineament.storage.doctor.walk import Pace, Wanted
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.loading import Load
from lineament.storage.placement import CHECKED_SECONDS, mend
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS, Tenure, TenureLost
from tests.storage.engines import engine_agrees, held, row_of, to
from tests.storage.snapshotting import AT_ONCE
from tests.storage.unruly import Work, ahead, item, on_engine
from tests.storage.world import make_faces, now

pytestmark = pytest.mark.usefixtures("stays_healthy")
SOON, WEEK = CHECKED_SECONDS - 60, CHECKED_SECONDS + 2


def test_a_lost_row_is_back_within_a_week(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a face that an engine has lost is never found again, as nothing looks for it."""
    engine, collection, faces = on_engine(tables, store)
    generation = collection.generation
    rows = held(engine, collection)
    engine.table(generation, "faces").remove([row_of(faces[0], 1)])
    engine.table(generation, "users").remove(
        [row for block in engine.table(generation, "users").rows() for row in block]
    )
    assert not mend(tables, store, to(engine), generation, ahead(SOON))
    assert mend(tables, store, to(engine), generation, ahead(WEEK))
    assert held(engine, collection) == rows
    engine_agrees(tables, store, engine, collection)
    assert not mend(tables, store, to(engine), generation, ahead(WEEK + SOON))
    assert mend(tables, store, to(engine), generation, ahead(WEEK + WEEK))


def test_an_engine_that_is_away_costs_no_reading(
    tables: Tables, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: while Milvus is away, every server reads and writes gigabytes of S3 each minute."""
    engine, collection, faces = on_engine(tables, store)
    asked: list[str] = []
    monkeypatch.setattr(store, "read", lambda *_: asked.append("read"))
    monkeypatch.setattr(store, "write", lambda *_: asked.append("write"))
    for name in ("generations", "table", "drop"):
        monkeypatch.setattr(engine, name, _away)
    DynamoFaceStore(tables).remove(now(tables, collection), faces[3:])
    for seconds in (LOST_SECONDS, WEEK):
        with pytest.raises(EngineUnavailable):
            mend(tables, store, to(engine), collection.generation, ahead(seconds))
        with pytest.raises(EngineUnavailable):
            compact(tables, store, now(tables, collection), AT_ONCE, ahead(seconds), to(engine))
    assert asked == []
    monkeypatch.undo()
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    engine_agrees(tables, store, engine, collection)


def _away(*_args: object) -> None:
    raise EngineUnavailable("away")


def test_compactions_do_not_put_the_look_off(tables: Tables, store: SnapshotStore) -> None:
    """Lost: in a collection that changes daily a lost row is lost for ever."""
    engine, collection, faces = on_engine(tables, store)
    first = item(store, collection).checked
    engine.table(collection.generation, "faces").remove([row_of(faces[0], 1)])
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    clock = ahead(SOON)
    newest = now(tables, collection)
    assert compact(tables, store, newest, AT_ONCE, clock, placement=to(engine))
    assert item(store, collection).checked == first > 0
    assert mend(tables, store, to(engine), collection.generation, ahead(WEEK))
    assert row_of(faces[0], 1) in held(engine, collection)


def test_an_item_of_an_earlier_release(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a collection that rests since an upgrade is never looked through."""
    engine, collection, _ = on_engine(tables, store)
    stored = tables.faces.get(keys.snapshot_key(collection.generation)) or {}
    del stored["checked"]
    tables.faces.put(stored)
    assert mend(tables, store, to(engine), collection.generation)
    assert not mend(tables, store, to(engine), collection.generation)


def test_a_mender_that_hung_drops_nothing(tables: Tables, store: SnapshotStore) -> None:
    """Lost: tables that a collection was moved to while a mender hung, and its faces with them."""
    engine, collection, faces = on_engine(tables, store)
    generation = collection.generation
    tenure = Tenure.take(tables.faces, generation, engine.name)
    assert tenure is not None
    tenure.disengage()
    tenure.finish(recheck=LATE_SECONDS)

    def others_move_it_there() -> None:
        mover = Tenure.take(tables.faces, generation, engine.name, ahead(LATE_SECONDS * 2))
        assert mover is not None
        snapshot = store.read(generation, item(store, collection).object_key)
        Load(engine, snapshot).put(mover)
        assert mover.engage(item(store, collection).object_key, engine.name)
        mover.finish()

    mender = Hanging(store, others_move_it_there)
    hung = ahead(LATE_SECONDS * 2 - LOST_SECONDS - 2)
    with pytest.raises(TenureLost):
        mend(tables, mender, to(engine), generation, hung)  # type: ignore[arg-type]
    assert row_of(faces[0], 1) in held(engine, collection)
    engine_agrees(tables, store, engine, collection)


@pytest.mark.parametrize("harm", ["lost", "another"])
def test_the_cure_that_the_doctor_names(tables: Tables, store: SnapshotStore, harm: str) -> None:
    """Lost: who does as the doctor says has wrong vectors afterwards as before."""
    engine, collection, faces = on_engine(tables, store)
    table, row = engine.table(collection.generation, "faces"), row_of(faces[0], 1)
    vector = table.get([row])[row]
    table.remove([row])
    if harm == "another":
        table.put([row], -vector[None])
    look = partial(engine_findings, tables, store, to(engine), Wanted(), Pace(pause=0.02))
    assert [each.severity for each in look()] == [BROKEN]
    mover, outcome = Relocation(tables, store, engine, 4, lambda *_told: None), Outcome()
    mover.to_memory(now(tables, collection), [Ask(9, -1.0)], outcome)
    assert outcome.state == "moved"
    assert mend(tables, store, to(engine), collection.generation, ahead(LATE_SECONDS + 2))
    assert engine.generations() == set()
    mover.to_engine(now(tables, collection), [Ask(9, -1.0)], outcome)
    assert outcome.state == "moved"
    assert look() == []
    engine_agrees(tables, store, engine, collection)


class Hanging:
    """Snapshots as a mender reads them that hangs after its second look at the item."""

    def __init__(self, store: SnapshotStore, work: Work) -> None:
        self._store, self._work, self._looks = store, work, 0

    def published(self, generation: str) -> Published | None:
        found = self._store.published(generation)
        self._looks += 1
        if self._looks == 2:
            self._work()
        return found
