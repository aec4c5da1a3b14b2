"""Finding and erasing what crashed writers left in a living collection."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lineament.domain.collections import Change, Collection
from lineament.domain.snapshots import Snapshot, Snapshots
from lineament.domain.standing import Ahead
from lineament.storage import entries, keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.commit import MAX_WRITE_SECONDS
from lineament.storage.erase import Eraser
from lineament.storage.living import KnownFaces
from lineament.storage.provision import Tables
from lineament.storage.swept import NONE, Done, Turn, note
from lineament.storage.table import Item

DEFAULT_GRACE = 4 * MAX_WRITE_SECONDS
"""Seconds: a record that old has been committed by now, or never will be."""
_BATCH = 1000


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


def take(  # noqa: PLR0913, PLR0917 - as for `sweep`
    tables: Tables,
    collection: Collection,
    turn: Turn,
    older_than: float = DEFAULT_GRACE,
    clock: Callable[[], float] = time.time,
    snapshots: Snapshots | None = None,
) -> Swept:
    """Sweep a collection whose turn has come; no more than look at what is new may be enough.

    Args:
        tables: where.
        collection: which.
        turn: of it.
        older_than: as for `sweep`.
        clock: epoch seconds.
        snapshots: as for `sweep`.
    """
    if not turn.whole and _is_clean(tables, collection, turn.done):
        return Swept()
    return sweep(tables, collection, older_than, clock, snapshots, turn.done)


def sweep(  # noqa: PLR0913, PLR0917 - a collection, what is known of it, and how old is old
    tables: Tables,
    collection: Collection,
    older_than: float = DEFAULT_GRACE,
    clock: Callable[[], float] = time.time,
    snapshots: Snapshots | None = None,
    done: Done = NONE,
) -> Swept:
    """Erase records of faces that are not there, vectors of removed faces, names of deleted users.

    Reads every record's key, and of the log what came since the snapshot and the last whole sweep;
    all of it where there is no such; once more where something was removed since. Idempotent.

    Args:
        tables: where.
        collection: its log is read as of now, whatever its seq.
        older_than: seconds; younger records may yet be committed.
        clock: epoch seconds.
        snapshots: where to begin.
        done: how far sweeps have come.
    """
    begun = clock()
    # A sweep of the whole log needs no snapshot, of which old ones do not tell when faces came.
    head = snapshots.newest_head(collection.generation) if snapshots and done.whole_seq else None
    # After the head, which is of this log therefore, and after `begun`: whoever wrote a record
    # some time before that has a number by now, or has given up.
    now = _latest(tables, collection)
    if now is None:
        return Swept()
    known = KnownFaces(head or Snapshot.empty(now.generation).head)
    whole = _Fold(known, done.whole_seq)
    seen = fold_in(tables, now, whole)
    eraser = Eraser(tables)
    holders = _look_through(tables, now, whole)
    eraser.erase_vectors(now.generation, holders)
    names = whole.stale_names()
    eraser.erase_names(now.generation, names)
    latest = int(begun - older_than)
    records = eraser.erase_records(  # Last: `_is_clean` counts on it.
        [item for item in _old_records(tables, now, latest) if item["sk"]["S"] not in whole.ahead]
    )
    note(tables, now, Done(seen, seen, begun))
    return Swept(records, sum(len(places) for places in holders.values()), len(names))


def _is_clean(tables: Tables, collection: Collection, done: Done) -> bool:
    """Look for signs of writers that died since the last sweep; note it where there is none.

    Reads each entry since, and the record of each face that was removed since: who removes a face
    erases that last.
    """
    now = _latest(tables, collection)
    if now is None:
        return True
    seen, removed = done.seq, dict[str, None]()
    for item in _log(tables, now, done.seq, ("sk", "removed", "void")):
        if entries.seq_of(item) != seen + 1 or "void" in item:
            return False
        seen += 1
        removed |= dict.fromkeys(entries.removed_ids(item))
    records = [keys.face_key(now.generation, face_id) for face_id in removed]
    if tables.faces.get_many(records, ("sk",)):
        return False
    note(tables, now, Done(seen, done.whole_seq, done.whole_at))
    return True


def _latest(tables: Tables, collection: Collection) -> Collection | None:
    now = DynamoCollectionStore(tables).find(collection.scope, collection.collection_id)
    return None if now is None or now.generation != collection.generation else now


def _log(
    tables: Tables, collection: Collection, after: int, fields: tuple[str, ...]
) -> Iterator[Item]:
    for start in range(after + 1, collection.seq + 1, _BATCH):
        numbers = range(start, min(start + _BATCH, collection.seq + 1))
        log = [keys.log_key(collection.generation, seq) for seq in numbers]
        yield from sorted(tables.faces.get_many(log, fields), key=entries.seq_of)


class _Fold:
    """What the log comes to, without the vectors, and what it removes from some number on."""

    def __init__(self, known: KnownFaces, since: int) -> None:
        """Begin at a snapshot; `since` is the number whose removals, and earlier ones, are done."""
        self.ahead = Ahead(known)
        self.after = min(known.seq, since)
        """The number before the first one to be applied."""
        self.removed: dict[str, int] = {}
        """The last number that removed each face."""
        self.names: dict[int, str] = {}
        """Numbers whose entries hold a user's name, with the user's key."""
        self.left = False
        """Whether users were deleted, whose names stand in earlier entries."""
        self._known = known
        self._since = since

    def apply(self, change: Change) -> None:
        """Take in the next number."""
        self.note_name(change)
        gone: Sequence[str] = ()
        if change.seq > self._known.seq:
            effect = self.ahead.apply(change)
            gone = effect.faces if change.user is None else ()
        else:
            gone = [each for each in change.removed if self._is_gone(each, change.seq)]
        if change.seq > self._since:
            self.removed |= dict.fromkeys(gone, change.seq)
            self.left |= change.user is not None and change.user.action == "delete"

    def note_name(self, change: Change) -> None:
        """Remember whose name an entry holds, if it does."""
        if change.user is not None and change.user.user_id:
            self.names[change.seq] = change.user.key

    def stale_names(self) -> list[int]:
        """Return the numbers whose name is of no user, or of one that another number made."""
        users = self.ahead.membership.users
        return [seq for seq, key in self.names.items() if key not in users or users[key].seq != seq]

    def _is_gone(self, face_id: str, seq: int) -> bool:
        """Tell whether a number that the snapshot is past removed a face.

        Not if that was a user's: then it is there still, as an earlier number added it.
        """
        mark = self._known.mark(face_id)
        return mark is None or mark > seq


class Fold(Protocol):
    """What a log is folded into, without its vectors."""

    @property
    def after(self) -> int:
        """The number before the first one to be applied."""
        ...

    def apply(self, change: Change) -> None:
        """Take in the next number."""
        ...


def fold_in(tables: Tables, collection: Collection, whole: Fold) -> int:
    """Fold the log in, and return the number up to which it has no gap."""
    late = DynamoChangeLog(tables)
    seen = whole.after
    for item in _log(tables, collection, seen, entries.ALL_BUT_VECTORS):
        change = entries.without_vectors(item)
        # Whoever still means to take a number in between would change what the later ones do.
        for missing in late.changes(collection.generation, seen, change.seq - 1):
            whole.apply(missing)
        whole.apply(change)
        seen = change.seq
    return seen


def _old_records(tables: Tables, collection: Collection, latest: int) -> Iterator[Item]:
    for shard in keys.SHARDS:
        partition = keys.face_partition(collection.generation, shard)
        for item in tables.faces.query(partition, "0", "~", ("pk", "sk", "write", "at")):
            if int(item["at"]["N"]) <= latest:
                yield item


def _look_through(tables: Tables, collection: Collection, whole: _Fold) -> dict[int, list[int]]:
    """Find the vectors that an entry still holds of faces removed by a later one, and names."""
    holders: dict[int, list[int]] = {}
    if not whole.removed and not (whole.left and whole.after):
        return holders
    for item in _log(tables, collection, 0, ("sk", "ids", "vectors", "action", "user", "name")):
        change = entries.without_vectors(item)
        whole.note_name(change)
        blocks = item.get("vectors", {}).get("L", [])
        places = [
            place
            for place, (face_id, block) in enumerate(zip(change.added, blocks, strict=True))
            if block != entries.ERASED and whole.removed.get(face_id, 0) > change.seq
        ]
        if places:
            holders[change.seq] = places
    return holders
