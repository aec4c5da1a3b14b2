"""Emptying what deleted collections and abandoned reindexing left behind."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice

from lineament.context import Scope
from lineament.errors import LineamentError
from lineament.storage import keys
from lineament.storage.collections import all_items, known_scopes
from lineament.storage.commit import MAX_WRITE_SECONDS
from lineament.storage.faults import ConditionFailed
from lineament.storage.placement import NOWHERE, Placement, purge_snapshots
from lineament.storage.provision import Tables
from lineament.storage.records import DELETED, UNREADABLE, Garbage, from_garbage
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.staging import retire_abandoned
from lineament.storage.table import Item, Table

DEFAULT_GRACE = 4 * MAX_WRITE_SECONDS
"""Seconds: a writer that took its number before the deletion has long given up by then."""
_BATCH = 2500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did."""

    generations: int = 0
    faces: int = 0
    entries: int = 0
    failed: int = 0
    """Generations, or whole items, that could not be purged or read."""
    stopped: bool = False
    """Whether it was told to stop before its end; the next one goes on there."""

    def __add__(self, other: "Purged") -> "Purged":
        """Return both together."""
        return Purged(
            self.generations + other.generations,
            self.faces + other.faces,
            self.entries + other.entries,
            self.failed + other.failed,
            self.stopped or other.stopped,
        )


class _Stopped(Exception):
    """Whoever asked for the purge has no more time."""


def never() -> bool:
    """Tell that there is time."""
    return False


def purge(  # noqa: PLR0913, PLR0917 - what is erased, when, and where it may be
    tables: Tables,
    scope: Scope | None = None,
    older_than: float = DEFAULT_GRACE,
    clock: Callable[[], float] = time.time,
    snapshots: SnapshotStore | None = None,
    placement: Placement = NOWHERE,
    stop: Callable[[], bool] = never,
) -> Purged:
    """Erase what there is of generations deleted more than `older_than` seconds ago.

    A generation in the making whose run has ended counts as deleted from the purge that finds it.

    Idempotent; several processes may purge at once. What cannot be read or erased is counted,
    logged by the class of its error, and keeps nothing else from its purge.

    Args:
        tables: where.
        scope: all where it is None.
        older_than: seconds; keep the default where writers may be running.
        clock: epoch seconds.
        snapshots: where those of deleted generations are.
        placement: the engine that may hold their vectors.
        stop: asked between any two steps of a few thousand items; what is done stays.
    """

    def proceed() -> None:
        if stop():
            raise _Stopped

    now = clock()
    latest = now - older_than
    erase = partial(purge_snapshots, tables, snapshots, placement)
    done = Purged()
    try:
        for each in known_scopes(tables.control) if scope is None else [scope]:
            for item in all_items(tables.control, each):
                proceed()
                done += _guarded(partial(_purge_item, tables, erase, proceed, item, latest, now))
    except _Stopped:
        done += Purged(stopped=True)
    return done


def _guarded(work: Callable[[], Purged]) -> Purged:
    try:
        return work()
    except (LineamentError, *UNREADABLE) as error:
        _log.warning("purge: %s", type(error).__name__)
        return Purged(failed=1)


def _purge_item(  # noqa: PLR0913, PLR0917 - as for `purge`
    tables: Tables,
    erase: Callable[[str], None],
    proceed: Callable[[], None],
    item: Item,
    latest: float,
    now: float,
) -> Purged:
    done = Purged()
    retire_abandoned(tables, item, now)
    for garbage in from_garbage(item):
        if garbage.deleted <= latest:
            done += _guarded(partial(_purge_generation, tables, erase, proceed, item, garbage))
    if item["status"] == {"S": DELETED}:
        _drop_tombstone(tables, item)
    return done


def _purge_generation(
    tables: Tables,
    erase: Callable[[str], None],
    proceed: Callable[[], None],
    item: Item,
    garbage: Garbage,
) -> Purged:
    faces = _empty(tables, proceed, item, garbage)
    erase(garbage.generation)
    _forget(tables, item, garbage.generation)
    return Purged(1, faces, garbage.seq)


def _empty(tables: Tables, proceed: Callable[[], None], item: Item, garbage: Garbage) -> int:
    # Number 0 first: from then on no reader voids a number of this log.
    tables.faces.delete_many([keys.log_key(garbage.generation, 0)])
    erased = sum(
        _erase(tables.faces, proceed, keys.face_partition(garbage.generation, shard))
        for shard in keys.SHARDS
    )
    _erase(tables.faces, proceed, keys.celebrity_partition(garbage.generation))
    _erase_log(tables, proceed, item, garbage)
    return erased


def _erase_log(tables: Tables, proceed: Callable[[], None], item: Item, garbage: Garbage) -> None:
    """Erase a log from its end; a purge that is cut, or fails later, goes on where it stopped."""
    # By number, present or not: cheaper than reading entries only to delete them.
    for end in range(garbage.seq, 0, -_BATCH):
        proceed()
        left = max(end - _BATCH, 0)
        numbers = range(left + 1, end + 1)
        tables.faces.delete_many([keys.log_key(garbage.generation, seq) for seq in numbers])
        _change(
            tables,
            item,
            garbage.generation,
            "SET #garbage.#generation_ = :left",
            "#garbage.#generation_ > :left",
            {":left": {"N": str(left)}},
        )


def _erase(table: Table, proceed: Callable[[], None], partition: str) -> int:
    """Erase a partition, of which little is in memory at once; tell how many items it had."""
    erased = 0
    found = table.query(partition, "0", "~", ("pk", "sk"))
    while part := list(islice(found, _BATCH)):
        proceed()
        table.delete_many(part)
        erased += len(part)
    return erased


def _forget(tables: Tables, item: Item, generation: str) -> None:
    change = "REMOVE #garbage.#generation_, #deleted.#generation_"
    _change(tables, item, generation, change, "attribute_exists(#garbage.#generation_)", {})


def _change(  # noqa: PLR0913, PLR0917 - an update of one item
    tables: Tables, item: Item, generation: str, change: str, condition: str, values: Item
) -> None:
    key, names = {"pk": item["pk"], "sk": item["sk"]}, {"#generation_": generation}
    try:
        tables.control.update(key, change, condition, values, names)
    except ConditionFailed:
        return  # Another process was faster.


def _drop_tombstone(tables: Tables, item: Item) -> None:
    tables.control.delete(
        {"pk": item["pk"], "sk": item["sk"]},
        "#status = :deleted AND #garbage = :none AND attribute_not_exists(#staged_generation)",
        {":deleted": {"S": DELETED}, ":none": {"M": {}}},
    )
