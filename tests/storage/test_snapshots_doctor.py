"""What `lineament doctor` tells of snapshots."""

import pytest

from lineament.storage import keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.doctor.findings import KINDS, WASTE
from lineament.storage.doctor.snapshots import snapshot_findings
from lineament.storage.doctor.walk import Pace, Wanted
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from tests.storage.inhabited import LATER
from tests.storage.snapshotting import AT_ONCE, objects, people, put_object
from tests.storage.world import now

PACE = Pace(pause=0.02)
ALL = Wanted()


def kinds(tables: Tables, store: SnapshotStore, wanted: Wanted = ALL) -> list[str]:
    return sorted(each.kind for each in snapshot_findings(tables, store, wanted, PACE))


@pytest.mark.parametrize("harm", ["missing", "damaged", "unreadable item"])
def test_a_useless_snapshot_is_told(tables: Tables, store: SnapshotStore, harm: str) -> None:
    """Lost: every start takes minutes, and nobody knows why."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    assert kinds(tables, store) == []
    (key,) = objects(store)
    if harm == "missing":
        store._objects.erase([key])
    elif harm == "damaged":
        put_object(store, key, b"LINSNAP\n and then nothing of the kind, for as long as it takes")
    else:
        item = tables.faces.get(keys.snapshot_key(collection.generation))
        assert item is not None
        tables.faces.put({**item, "seq": {"N": "1.5"}})
    told = ["snapshot-useless"]
    assert kinds(tables, store) == (["snapshot-kept", *told] if "item" in harm else told)
    assert kinds(tables, store, Wanted(collection="people")) == kinds(tables, store)
    assert kinds(tables, store, Wanted(collection="others")) == []
    assert {KINDS["snapshot-useless"][0], KINDS["snapshot-kept"][0]} == {WASTE}


def test_objects_of_nobody_are_told(tables: Tables, store: SnapshotStore) -> None:
    """Lost: vectors that a crash left in S3 stay there unseen."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    older = keys.snapshot_object(tables.control.name, collection.generation, 1, "crash")
    foreign = keys.snapshot_object(tables.control.name, "f00", 1, "crash")
    put_object(store, older, b"vectors")
    put_object(store, foreign, b"vectors")
    found = snapshot_findings(tables, store, ALL, PACE)
    assert {(each.kind, each.generation, each.ids) for each in found} == {
        ("snapshot-kept", collection.generation, (older,)),
        ("snapshot-kept", "f00", (foreign,)),
    }
    assert DynamoCollectionStore(tables).delete(now(tables, collection))
    assert kinds(tables, store) == ["snapshot-kept"]  # The purge takes the other two.
    assert not housekeep(tables, grace=LATER, snapshots=store).failed
    assert kinds(tables, store) == []
