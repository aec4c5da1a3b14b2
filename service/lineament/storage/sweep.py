"""Finding and erasing what crashed writers left in a living collection."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lineament.domain.collections import Change, Collection
from lineament.domain.users import Membership, fold
from lineament.storage import entries, keys
from lineament.storage.changes import DynamoChangeLog
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
    names: int = 0
    """UserIds of users that are no more."""

    def __add__(self, other: "Swept") -> "Swept":
        """Return both together."""
        return Swept(
            self.records + other.records, self.vectors + other.vectors, self.names + other.names
        )


def sweep(
    tables: Tables,
    collection: Collection,
    older_than: float = DEFAULT_GRACE,
    clock: Callable[[], float] = time.time,
) -> Swept:
    """Erase records of faces that are not there, vectors of removed faces, names of deleted users.

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
    whole = _fold(tables, now)
    eraser = Eraser(tables)
    records = eraser.erase_records(
        [item for item in _old_records(tables, now, latest) if item["sk"]["S"] not in whole.living]
    )
    holders = _holders(tables, now, whole.removed)
    eraser.erase_vectors(now.generation, holders)
    names = whole.stale_names()
    eraser.erase_names(now.generation, names)
    return Swept(records, sum(len(places) for places in holders.values()), len(names))


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
        yield from sorted(tables.faces.get_many(log, fields), key=entries.seq_of)


@dataclass(slots=True)
class _Fold:
    """What the log comes to, without the vectors."""

    living: set[str] = field(default_factory=set)
    removed: dict[str, int] = field(default_factory=dict)
    """The last number that removed each face."""
    membership: Membership = field(default_factory=Membership)
    names: dict[int, str] = field(default_factory=dict)
    """Numbers whose entries hold a user's name, with the user's key."""

    def apply(self, change: Change) -> None:
        self.living.update(change.added)
        self.membership, effect = fold(self.membership, change, self.living.__contains__)
        if change.user is None:
            self.living.difference_update(effect.faces)
            self.removed |= dict.fromkeys(effect.faces, change.seq)
        elif change.user.user_id:
            self.names[change.seq] = change.user.key

    def stale_names(self) -> list[int]:
        """Return the numbers whose name is of no user, or of one that another number made."""
        users = self.membership.users
        return [seq for seq, key in self.names.items() if key not in users or users[key].seq != seq]


def _fold(tables: Tables, collection: Collection) -> _Fold:
    whole = _Fold()
    late = DynamoChangeLog(tables)
    expected = 1
    for item in _log(tables, collection, entries.ALL_BUT_VECTORS):
        change = entries.without_vectors(item)
        # Whoever still means to take a number in between would change what the later ones do.
        for missing in late.changes(collection.generation, expected - 1, change.seq - 1):
            whole.apply(missing)
        whole.apply(change)
        expected = change.seq + 1
    return whole


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
