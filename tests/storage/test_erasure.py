"""DeleteFaces and housekeeping leave nothing of a face behind."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from lineament.errors import ResourceNotFoundException
from lineament.storage import purge as purging
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.sweep import sweep
from tests.storage.conftest import on_the_faster
from tests.storage.world import (
    Crash,
    HookedClient,
    ids_of,
    is_commit,
    make_collection,
    make_faces,
    now,
    stored_items,
    stored_vectors,
    through,
    view,
)

LATER = -5.0


def test_removed_faces_leave_no_record_and_no_vector(tables: Tables) -> None:
    """Else a deleted person's vector stays in the database."""
    collection = make_collection(tables)
    store = DynamoFaceStore(tables)
    faces, vectors = make_faces(7)
    for part in (slice(0, 4), slice(4, 7)):
        store.add(now(tables, collection), faces[part], vectors[part])
    gone = ids_of(faces)[1:6]
    store.remove(now(tables, collection), gone)
    assert stored_vectors(tables) == len(stored_items(tables, "FACE#")) == 2
    seen = view(tables, collection)
    assert seen.page(None, 9) == sorted({*ids_of(faces)} - {*gone})
    assert sorted(store.records(collection, ids_of(faces))) == seen.page(None, 9)


def test_vectors_are_found_behind_many_foreign_entries(tables: Tables) -> None:
    """Else a vector outlives its face when the collection was busy while it was indexed."""
    collection = make_collection(tables)
    store = DynamoFaceStore(tables)
    for _ in range(20):
        store.add(now(tables, collection), *make_faces(1))
    faces, vectors = make_faces(2)
    store.add(collection, faces, vectors)  # had read the collection before all of those
    store.remove(now(tables, collection), ids_of(faces))
    assert stored_vectors(tables) == len(stored_items(tables, "FACE#")) == 20


@on_the_faster
def test_4096_faces_go_at_once(tables: Tables) -> None:
    """Else the largest DeleteFaces that the wire allows fails or leaves faces behind."""
    collection = make_collection(tables)
    store = DynamoFaceStore(tables)
    face_ids: list[str] = []
    for _ in range(41):
        faces, vectors = make_faces(100)
        store.add(now(tables, collection), faces, vectors)
        face_ids += ids_of(faces)
    assert len(view(tables, collection)) == 4100
    store.remove(now(tables, collection), face_ids[:4096])
    assert view(tables, collection).page(None, 9) == sorted(face_ids[4096:])
    assert stored_vectors(tables) == len(stored_items(tables, "FACE#")) == 4


def test_a_face_indexed_again_while_it_is_removed_is_whole(tables: Tables) -> None:
    """Else the face is found by a search and then has no record."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    before = now(tables, collection)

    def remove_meanwhile(name: str, params: dict[str, Any]) -> None:
        if name == "update_item" and "ADD" in params["UpdateExpression"]:
            DynamoFaceStore(tables).remove(before, ids_of(faces))

    hooked = through(tables, HookedClient(tables.control.client, remove_meanwhile))
    DynamoFaceStore(hooked).add(collection, faces, vectors)  # read it before they were there
    assert view(tables, collection).page(None, 9) == sorted(ids_of(faces))
    assert len(DynamoFaceStore(tables).records(collection, ids_of(faces))) == 2
    assert stored_vectors(tables) == 2


def test_a_removal_that_is_overtaken_keeps_what_overtook_it(tables: Tables) -> None:
    """Else a slow deletion takes the record of a face that was indexed after it."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    DynamoFaceStore(tables).add(collection, faces, vectors)

    def add_again(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params):
            DynamoFaceStore(tables).add(now(tables, collection), faces, vectors)

    hooked = through(tables, HookedClient(tables.control.client, add_again))
    assert DynamoFaceStore(hooked).remove(now(tables, collection), ids_of(faces)).seq == 2
    assert view(tables, collection).page(None, 9) == sorted(ids_of(faces))
    assert len(DynamoFaceStore(tables).records(collection, ids_of(faces))) == 2
    assert stored_vectors(tables) == 2


def test_a_removal_and_an_addition_that_pass_each_other(tables: Tables) -> None:
    """Else a face whose addition has the later number loses its record to the removal."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    numbered, go_on = threading.Event(), threading.Event()

    def wait_before_commit(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params):
            numbered.set()
            assert go_on.wait(30)

    slow = through(tables, HookedClient(tables.control.client, wait_before_commit))
    before = now(tables, collection)
    with ThreadPoolExecutor(1) as pool:
        removals: list[Future[int]] = []

        def start_removal(name: str, params: dict[str, Any]) -> None:
            # The records of the addition are written; its number is not taken yet.
            if name == "update_item" and "ADD" in params["UpdateExpression"]:
                removals.append(pool.submit(DynamoFaceStore(slow).remove, before, ids_of(faces)))
                assert numbered.wait(30)

        hooked = through(tables, HookedClient(tables.control.client, start_removal))
        assert DynamoFaceStore(hooked).add(collection, faces, vectors) == 3
        go_on.set()
        assert removals[0].result().seq == 2
    assert view(tables, collection).page(None, 9) == sorted(ids_of(faces))
    assert len(DynamoFaceStore(tables).records(collection, ids_of(faces))) == 2
    assert stored_vectors(tables) == 2


@pytest.mark.parametrize("moment", ["update_item", "delete_item"])
def test_a_face_indexed_again_before_it_is_erased_is_kept(tables: Tables, moment: str) -> None:
    """Else erasing a face takes along the same photo indexed anew."""
    collection = make_collection(tables)
    faces, vectors = make_faces(1)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    again: list[int] = []

    def index_again(name: str, params: dict[str, Any]) -> None:
        erasing = "vectors" in str(params.get("UpdateExpression")) or name == "delete_item"
        if name == moment and erasing and not again:
            again.append(DynamoFaceStore(tables).add(now(tables, collection), faces, vectors))

    hooked = through(tables, HookedClient(tables.control.client, index_again))
    DynamoFaceStore(hooked).remove(now(tables, collection), ids_of(faces))
    assert again == [3]
    assert view(tables, collection).page(None, 9) == ids_of(faces)
    assert len(DynamoFaceStore(tables).records(collection, ids_of(faces))) == 1
    assert stored_vectors(tables) == 1


def test_sweep_leaves_young_records_alone(tables: Tables) -> None:
    """Else housekeeping takes the records of a photo that is being indexed."""
    collection = make_collection(tables)
    faces, vectors = make_faces(3)

    def sweep_now(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params):
            assert sweep(tables, collection).records == 0

    hooked = through(tables, HookedClient(tables.control.client, sweep_now))
    DynamoFaceStore(hooked).add(collection, faces, vectors)
    assert len(DynamoFaceStore(tables).records(collection, ids_of(faces))) == 3


def test_purge_waits_for_late_writers(tables: Tables) -> None:
    """Else a writer that was late leaves its vectors in a table that nobody empties again."""
    collection = make_collection(tables)
    DynamoFaceStore(tables).add(collection, *make_faces(2))
    DynamoCollectionStore(tables).delete(collection)
    assert purge(tables).generations == 0
    assert stored_vectors(tables) == 2
    late = purge(tables, clock=lambda: time.time() + 121)
    assert (late.generations, late.faces, late.entries) == (1, 2, 1)
    assert stored_items(tables, "") == []


def test_purge_holds_few_faces_at_once(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: deleting a collection of 20 million faces takes the server a gigabyte."""
    monkeypatch.setattr(purging, "_BATCH", 3)
    collection = make_collection(tables)
    DynamoFaceStore(tables).add(collection, *make_faces(90))
    DynamoCollectionStore(tables).delete(collection)
    most: list[int] = []

    def count(name: str, params: dict[str, Any]) -> None:
        if name == "batch_write_item":
            most.extend(len(each) for each in params["RequestItems"].values())

    hooked = through(tables, HookedClient(tables.control.client, count))
    assert purge(hooked, None, LATER).faces == 90
    assert max(most) == 3, "of the five or six of a shard"


def test_purge_keeps_what_was_made_again(tables: Tables) -> None:
    """Else emptying a deleted collection takes the new one of that name along."""
    for _ in range(3):
        old = make_collection(tables)
        DynamoFaceStore(tables).add(old, *make_faces(2))
        DynamoCollectionStore(tables).delete(old)
    new = make_collection(tables)
    DynamoFaceStore(tables).add(new, *make_faces(5))
    assert purge(tables, new.scope, LATER).faces == 6
    assert len(view(tables, new)) == len(stored_items(tables, "FACE#")) == 5
    assert purge(tables, None, LATER).generations == 0


def test_a_reader_of_a_purged_collection_is_told(tables: Tables) -> None:
    """Else a slow reader fills the emptied log with void entries that stay for ever."""
    collection = make_collection(tables)
    DynamoFaceStore(tables).add(collection, *make_faces(2))
    DynamoCollectionStore(tables).delete(collection)
    purge(tables, None, LATER)
    with pytest.raises(ResourceNotFoundException):
        DynamoChangeLog(tables, grace=0.0).changes(collection.generation, 0, 1)
    assert stored_items(tables, "") == []


def test_housekeeping_erases_everything_that_is_due(tables: Tables) -> None:
    """Else orphans of crashed calls and deleted collections pile up."""
    living, deleted = make_collection(tables, "living"), make_collection(tables, "deleted")
    for collection in (living, deleted):
        DynamoFaceStore(tables).add(collection, *make_faces(2))

    def die(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params):
            raise Crash

    dying = through(tables, HookedClient(tables.control.client, die))
    with pytest.raises(Crash):
        DynamoFaceStore(dying).add(now(tables, living), *make_faces(4))
    DynamoCollectionStore(tables).delete(deleted)
    first = housekeep(tables, grace=LATER, sweep_interval=3600)
    assert (first.purged_generations, first.purged_faces) == (1, 2)
    assert (first.swept_collections, first.swept_records, first.failed_collections) == (1, 4, 0)
    assert len(stored_items(tables, "FACE#")) == 2
    assert housekeep(tables, grace=LATER, sweep_interval=3600).swept_collections == 0
    assert housekeep(tables, grace=LATER, sweep_interval=0).swept_collections == 1
