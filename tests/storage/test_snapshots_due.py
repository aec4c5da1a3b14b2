"""When a collection gets another snapshot: large ones are rewritten in proportion."""

import time
from dataclasses import replace

import pytest

from lineament.storage import keys
from lineament.storage.compaction import Due, _is_due, compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore
from tests.storage.snapshotting import AT_ONCE, people
from tests.storage.world import make_collection, make_faces, now


@pytest.mark.parametrize(("seq", "growth"), [(2_000, 2_000), (200_000, 2_000), (3_000_000, 30_000)])
def test_a_long_log_must_grow_by_a_hundredth(
    tables: Tables, store: SnapshotStore, seq: int, growth: int
) -> None:
    """Lost: a million faces more rewrite a snapshot of 5.6 GB 500 times."""
    collection = make_collection(tables)

    def is_due(came: int) -> bool:
        published = Published(seq, "object", looked=seq + came)
        grown = replace(collection, seq=seq + came)
        return _is_due(tables, store, grown, published, Due().growth)

    assert not is_due(growth - 1)
    assert is_due(growth)


@pytest.mark.parametrize(("gib", "minutes"), [(0.25, 10), (3, 30)])
def test_a_large_snapshot_is_rewritten_less_often(
    tables: Tables, store: SnapshotStore, gib: float, minutes: int
) -> None:
    """Lost: one removal in ten minutes writes 48 TB a month for 20 million faces."""
    collection, faces = people(tables)
    begun = time.time()
    assert compact(tables, store, now(tables, collection), AT_ONCE, lambda: begun)
    published = store.published(collection.generation)
    assert published is not None
    assert published.bytes == 4 * (16 + 8 + 4 + 2 * 8), "ids, marks, times, vectors of eight halves"
    item = tables.faces.get(keys.snapshot_key(collection.generation))
    tables.faces.put({**(item or {}), "bytes": {"N": str(int(gib * 2**30))}})
    DynamoFaceStore(tables).remove(now(tables, collection), faces[3:])

    def made(after: float, interval: float = 600) -> bool:
        due = Due(interval, growth=1000)
        return compact(tables, store, now(tables, collection), due, lambda: begun + after)

    assert not made(minutes * 60 - 2)
    assert made(minutes * 60 + 1)
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    DynamoFaceStore(tables).remove(now(tables, collection), [faces[2]])
    tables.faces.put({**(tables.faces.get(keys.snapshot_key(collection.generation)) or {}),
                      "bytes": {"N": str(2**33)}})  # fmt: skip
    assert made(minutes * 60 + 1, interval=0), "who asks for it waits for nothing"
