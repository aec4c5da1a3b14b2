"""Collections whose vectors are in an engine: cold starts there, and what the engine holds."""

import numpy as np
import pytest

from lineament.domain.collections import Collection
from lineament.domain.engine import Row, VectorEngine
from lineament.gallery import generation
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.placement import Placement
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from tests.storage.snapshotting import cold, same
from tests.storage.world import now

LOW = (-1.0, 0.0, 0.7)


def to(engine: VectorEngine) -> Placement:
    """Return the placement of a deployment that puts all collections into the engine."""
    return Placement(engine, default=True)


def distant(
    tables: Tables, store: SnapshotStore, engine: VectorEngine, collection: Collection
) -> MemoryGalleryView:
    """Return what a process that starts now sees, from the engine if that holds the snapshot."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
        log = DynamoChangeLog(tables, 0.0)
        gallery = MemoryGallery(log, 1 << 30, snapshots=store, engine=engine)
        return gallery.sync(now(tables, collection))


def engine_agrees(
    tables: Tables, store: SnapshotStore, engine: VectorEngine, collection: Collection
) -> MemoryGalleryView:
    """Assert that a start on the engine sees, and finds, what the log tells; return its view."""
    there = distant(tables, store, engine, collection)
    here = cold(DynamoChangeLog(tables, 0.0), now(tables, collection), None)
    same(there, here)
    finds_the_same(there, here)
    return there


def finds_the_same(one: MemoryGalleryView, other: MemoryGalleryView) -> None:
    """Assert that every face and template finds the same in two views."""
    vectors = [other.vector(face_id) for face_id in other.page(None, 100)]
    vectors += [other.template(user.key) for user in other.user_page(None, 100)]
    for query in vectors:
        if query is None:
            continue
        for low in LOW:
            for limit in (1, 3, 4096):
                assert one.search(query, low, limit) == other.search(query, low, limit)
                assert one.search_users(query, low, limit) == other.search_users(query, low, limit)


def held(engine: VectorEngine, collection: Collection) -> set[Row]:
    """Return the rows of faces that the engine has of a collection's generation."""
    return {row for rows in engine.table(collection.generation, "faces").rows() for row in rows}


def row_of(face_id: str, mark: int) -> Row:
    return bytes.fromhex(face_id.replace("-", "")), mark


def bits(vector: "np.ndarray | None") -> bytes:
    assert vector is not None
    return vector.tobytes()
