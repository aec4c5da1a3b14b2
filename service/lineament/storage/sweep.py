"""Finding and erasing what crashed writers left in a living collection."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lineament.domain.collections import Collection
from lineament.storage import entries, keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.commit import MAX_WRITE_SECONDS
from lineament.storage.erase import Eraser
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

DEFAULT_GRACE = 4 * MAX_WRITE_SECONDS
"""Seconds: a record that old has been committed by now, or never will be."""
_BATCH = 1000


DEFAULT_INTERVAL = 6 * 3600.0
"""Seconds between two sweeps of a collection by servers, however many there are."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    records: int = 0
    vectors: int = 0


def sweep(
    tables: Tables,
    collection: Collection,
    older_than: float = DEFAULT_GRACE,
    clock: Callable[[], float] = time.time,
) -> Swept:
    """Erase records of faces that the collection does not have, and vectors of removed faces.

    Reads the whole log and every record's key: some seconds per 10,000 faces. Idempotent.

    Args:
        tables: where.
        collection: its log is read as of now, whatever its seq.
        older_than: seconds; younger records may yet be committed.
        clock: epoch seconds.
    """
    latest = int(clock() - older_than)
    # After `latest`: whoever wrote a record before it has a number by now, or has given up.
    now = DynamoCollectionStore(tables).find(collection.scope, collection.collection_id)
    if now is None or now.generation != collection.generation:
        return Swept()
    added, removed = _fold(tables, now)
    living = {face_id for face_id, seq in added.items() if seq > removed.get(face_id, 0)}
    eraser = Eraser(tables)
    orphans = [item for item in _old_records(tables, now, latest) if item["sk"]["S"] not in living]
    records = eraser.erase_records(orphans)
    holders = _holders(tables, now, removed)
    eraser.erase_vectors(now.generation, holders)
    return Swept(records, sum(len(places) for places in holders.values()))


def claim(tables: Tables, collection: Collection, interval: float, now: float) -> bool:
    """Tell whether a sweep is due, and if so note that it is this caller's.

    Args:
        tables: where.
        collection: which.
        interval: seconds since the last claim that make a sweep due.
        now: epoch seconds.
    """
    try:
        tables.control.update(
            keys.collection_key(collection.scope, collection.collection_id),
            "SET #swept = :now",
            "#generation = :generation AND (attribute_not_exists(#swept) OR #swept <= :due)",
            {
                ":now": {"N": str(int(now))},
                ":due": {"N": str(int(now - interval))},
                ":generation": {"S": collection.generation},
            },
        )
    except ConditionFailed:
        return False
    return True


def _log(tables: Tables, collection: Collection, fields: tuple[str, ...]) -> Iterator[Item]:
    for start in range(1, collection.seq + 1, _BATCH):
        numbers = range(start, min(start + _BATCH, collection.seq + 1))
        log = [keys.log_key(collection.generation, seq) for seq in numbers]
        yield from tables.faces.get_many(log, fields)


def _fold(tables: Tables, collection: Collection) -> tuple[dict[str, int], dict[str, int]]:
    """Return the last number that added, and the last that removed, each face."""
    added: dict[str, int] = defaultdict(int)
    removed: dict[str, int] = defaultdict(int)
    for item in _log(tables, collection, ("sk", "ids", "removed")):
        seq = entries.seq_of(item)
        for face_id in entries.added_ids(item):
            added[face_id] = max(added[face_id], seq)
        for face_id in entries.removed_ids(item):
            removed[face_id] = max(removed[face_id], seq)
    return added, removed


def _old_records(tables: Tables, collection: Collection, latest: int) -> Iterator[Item]:
    for shard in keys.SHARDS:
        partition = keys.face_partition(collection.generation, shard)
        for item in tables.faces.query(partition, "0", "~", ("pk", "sk", "write", "at")):
            if int(item["at"]["N"]) <= latest:
                yield item


def _holders(
    tables: Tables, collection: Collection, removed: dict[str, int]
) -> dict[int, list[int]]:
    """Find the vectors that an entry still holds of faces removed by a later one."""
    if not removed:
        return {}
    holders: dict[int, list[int]] = {}
    for item in _log(tables, collection, ("sk", "ids", "vectors")):
        seq = entries.seq_of(item)
        blocks = item.get("vectors", {}).get("L", [])
        ids = entries.added_ids(item)
        places = [
            place
            for place, (face_id, block) in enumerate(zip(ids, blocks, strict=True))
            if block != entries.ERASED and removed.get(face_id, 0) > seq
        ]
        if places:
            holders[seq] = places
    return holders
