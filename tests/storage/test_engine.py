"""Collections whose vectors are in an engine answer as those in memory do."""

from pathlib import Path

import pytest

from lineament.domain.engine import TableMissing, VectorEngine
from lineament.gallery.distant import DistantFaces
from lineament.gallery.milvus import MilvusEngine
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from tests.gallery.tables import PlainEngine
from tests.storage.engines import distant, engine_agrees, held, row_of, to
from tests.storage.inhabited import LATER, change_user
from tests.storage.snapshotting import AT_ONCE, NO_GROWTH, people
from tests.storage.world import ids_of, make_faces, now


@pytest.fixture(params=["plain", "milvus"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> VectorEngine:
    if request.param == "plain":
        return PlainEngine()
    return MilvusEngine(str(tmp_path / "lite.db"), "", lambda: "tests")


def test_an_engine_answers_as_memory_does(
    tables: Tables, store: SnapshotStore, engine: VectorEngine
) -> None:
    """Lost: answers of a collection in an engine, and of what came and went since its snapshot."""
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    assert isinstance(engine_agrees(tables, store, engine, collection).faces, DistantFaces)
    assert held(engine, collection) == {row_of(face_id, 1) for face_id in faces}
    more, vectors = make_faces(3)
    DynamoFaceStore(tables).add(now(tables, collection), more, vectors)
    DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
    change_user(tables, collection, "associate", "ben", ids_of(more)[0], faces[3])
    change_user(tables, collection, "disassociate", "ada", faces[0])
    DynamoFaceStore(tables).remove(now(tables, collection), faces[:1])
    engine_agrees(tables, store, engine, collection)
    assert compact(tables, store, now(tables, collection), NO_GROWTH, placement=to(engine))
    view = engine_agrees(tables, store, engine, collection)
    assert isinstance(view.faces, DistantFaces)
    assert len(view.faces.recent) == 0
    left = {row_of(faces[1], 1), row_of(faces[3], 1), *(row_of(i, 5) for i in ids_of(more))}
    assert held(engine, collection) == left


def test_a_face_that_comes_back(tables: Tables, store: SnapshotStore, engine: VectorEngine) -> None:
    """Lost: a face that was removed and indexed again is found by the vector of its first time."""
    collection, faces = people(tables)
    compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    DynamoFaceStore(tables).remove(now(tables, collection), faces[2:3])
    record, vectors = make_faces(1)
    again = [type(record[0])(faces[2], record[0].image_id, record[0].box, 99.0)]
    DynamoFaceStore(tables).add(now(tables, collection), again, vectors)
    engine_agrees(tables, store, engine, collection)
    compact(tables, store, now(tables, collection), NO_GROWTH, placement=to(engine))
    engine_agrees(tables, store, engine, collection)
    assert row_of(faces[2], 1) not in held(engine, collection)


def test_an_empty_collection(tables: Tables, store: SnapshotStore, engine: VectorEngine) -> None:
    """Lost: a collection whose last face has gone, in an engine."""
    collection, faces = people(tables)
    compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    change_user(tables, collection, "disassociate", "ada", *faces[:2])
    DynamoFaceStore(tables).remove(now(tables, collection), faces)
    engine_agrees(tables, store, engine, collection)
    compact(tables, store, now(tables, collection), NO_GROWTH, placement=to(engine))
    assert len(engine_agrees(tables, store, engine, collection)) == 0
    assert held(engine, collection) == set()
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(2))
    engine_agrees(tables, store, engine, collection)


def test_a_deleted_collection_leaves_the_engine(
    tables: Tables, store: SnapshotStore, engine: VectorEngine
) -> None:
    """Lost: vectors of a deleted collection stay in the engine."""
    collection, _ = people(tables)
    compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    assert DynamoCollectionStore(tables).delete(now(tables, collection))
    done = housekeep(tables, grace=LATER, snapshots=store)
    assert done.failed_purges == 1, "without the engine's setting it says so"
    assert held(engine, collection)
    housekeep(tables, grace=LATER, snapshots=store, placement=to(engine))
    with pytest.raises(TableMissing):
        held(engine, collection)
    assert engine.generations() == set()
    assert store.published(collection.generation) is None


def test_without_the_engine(tables: Tables, store: SnapshotStore, engine: VectorEngine) -> None:
    """Lost: a collection in an engine can be read by a process that has none, and is not forgotten
    there by that process's housekeeping."""
    collection, faces = people(tables)
    compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    DynamoFaceStore(tables).remove(now(tables, collection), faces[3:])
    done = housekeep(tables, grace=LATER, sweep_interval=0, snapshots=store)
    assert done.failed_snapshots == 1
    published = store.published(collection.generation)
    assert published is not None
    assert published.engine == "milvus"
    assert distant(tables, store, engine, collection).page(None, 9) == sorted(faces[:3])
