"""A process may die at any write: what was acknowledged stays, what was not is all or nothing."""

import itertools
from typing import Any

import pytest

from lineament.storage import keys
from lineament.storage import purge as purging
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.sweep import Swept, sweep
from tests.storage.counting import Units
from tests.storage.world import (
    SCOPE,
    Crash,
    CrashingClient,
    HookedClient,
    ids_of,
    make_collection,
    make_faces,
    now,
    stored_items,
    stored_vectors,
    through,
    view,
)

pytestmark = pytest.mark.usefixtures("stays_healthy")
LATER = -5.0
"""A grace that makes even what was just written old enough."""


def crashing(tables: Tables, at: int, *, after: bool) -> tuple[Tables, CrashingClient]:
    client = CrashingClient(tables.control.client, at, after=after)
    return through(tables, client), client


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_index_faces_cut_at_any_write(tables: Tables, step: int, *, after: bool) -> None:
    """Else half of a photo's faces appear, or faces that were told to be stored vanish."""
    collection = make_collection(tables)
    before, before_vectors = make_faces(2)
    DynamoFaceStore(tables).add(now(tables, collection), before, before_vectors)
    faces, vectors = make_faces(30)  # two batches of items, a number, the entry
    dying, client = crashing(tables, step, after=after)
    with pytest.raises(Crash):
        DynamoFaceStore(dying).add(now(tables, collection), faces, vectors)
    assert client.writes >= step + 1
    committed = step == 3 and after
    seen = view(tables, collection)
    assert [face_id in seen for face_id in ids_of(faces)] == [committed] * 30
    assert all(face_id in seen for face_id in ids_of(before))

    sweep(tables, now(tables, collection), LATER)
    assert len(stored_items(tables, "FACE#")) == len(view(tables, collection))

    DynamoFaceStore(tables).add(now(tables, collection), faces, vectors)  # the client's retry
    seen = view(tables, collection)
    assert len(seen) == 32
    assert len(DynamoFaceStore(tables).records(collection, seen.page(None, 99))) == 32


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_delete_faces_cut_at_any_write(tables: Tables, *, after: bool) -> None:
    """Else a crash leaves vectors of deleted faces behind for ever, or takes other faces along."""
    for step in itertools.count():
        collection = make_collection(tables, f"people-{step}")
        faces, vectors = make_faces(6)
        for part in (slice(0, 3), slice(3, 6)):
            DynamoFaceStore(tables).add(now(tables, collection), faces[part], vectors[part])
        gone, kept = ids_of(faces)[1:5], [faces[0].face_id, faces[5].face_id]
        dying, _ = crashing(tables, step, after=after)
        try:
            DynamoFaceStore(dying).remove(now(tables, collection), gone)
        except Crash:
            finished = False
        else:
            finished = True
        seen = view(tables, collection)
        committed = step > 1 or (step == 1 and after)
        assert [face_id in seen for face_id in gone] == [not committed] * 4
        assert all(face_id in seen for face_id in kept)
        if finished:
            assert sweep(tables, collection, LATER) == Swept(0, 0)
            break
        sweep(tables, collection, LATER)
        left = len(seen)
        assert len(stored_items(tables, f"FACE#{collection.generation}")) == left
        assert stored_vectors(tables, collection.generation) == left
        assert sweep(tables, collection, LATER) == Swept(0, 0)
    assert step >= 6


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_create_collection_cut_at_any_write(tables: Tables, step: int, *, after: bool) -> None:
    """Else a name is neither there nor free after a crash."""
    dying, _ = crashing(tables, step, after=after)
    with pytest.raises(Crash):
        make_collection(dying)
    found = DynamoCollectionStore(tables).find(SCOPE, "people")
    assert (found is not None) == (step == 2 and after)
    collection = found or make_collection(tables)
    faces, vectors = make_faces(1)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    assert len(view(tables, collection)) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_purge_cut_at_any_write(tables: Tables, *, after: bool) -> None:
    """Else faces of a deleted collection stay in the table for ever."""
    for step in itertools.count():
        collection = make_collection(tables)
        faces, vectors = make_faces(2)
        DynamoFaceStore(tables).add(collection, faces, vectors)
        assert DynamoCollectionStore(tables).delete(collection)
        dying, client = crashing(tables, step, after=after)
        try:
            purge(dying, None, LATER)
        except Crash:
            purge(tables, None, LATER)
        assert stored_items(tables, "") == []
        assert DynamoCollectionStore(tables).page(collection.scope, None, 10) == []
        if client.writes <= step:
            break
    assert step >= 4


def test_a_purge_that_stopped_goes_on_where_it_was(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a log that takes longer than a function may run is never erased, and is paid for."""
    monkeypatch.setattr(purging, "_BATCH", 3)
    collection = make_collection(tables)
    for _ in range(10):
        DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    assert DynamoCollectionStore(tables).delete(collection)

    def die(_operation: str, params: dict[str, Any]) -> None:
        if params.get("ExpressionAttributeValues", {}).get(":left") == {"N": "4"}:
            raise Crash

    with pytest.raises(Crash):
        purge(through(tables, HookedClient(tables.faces.client, die)), None, LATER)
    assert len(stored_items(tables, "LOG#")) == 4
    tables.faces.put(keys.snapshot_key(collection.generation))
    units = Units.of(tables)
    assert purge(tables, None, LATER).failed == 1  # Without a bucket, what is in it stays.
    around, noted = 2, 3  # Around it: number 0, and the try to drop the tombstone.
    assert units.written == around + 7 + noted
    assert stored_items(tables, "LOG#") == []
    units.written = 0
    assert purge(tables, None, LATER).failed == 1
    assert units.written == around
    tables.faces.delete_many([keys.snapshot_key(collection.generation)])
    assert purge(tables, None, LATER).generations == 1
    assert stored_items(tables, "") == []
