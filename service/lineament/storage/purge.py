"""Emptying what deleted collections left behind."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from lineament.context import Scope
from lineament.storage import keys
from lineament.storage.collections import all_items, known_scopes
from lineament.storage.commit import MAX_WRITE_SECONDS
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.records import DELETED, Garbage, from_garbage
from lineament.storage.table import Item

DEFAULT_GRACE = 4 * MAX_WRITE_SECONDS
"""Seconds: a writer that took its number before the deletion has long given up by then."""
_BATCH = 2500


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did."""

    generations: int = 0
    faces: int = 0
    entries: int = 0


def purge(
    tables: Tables,
    scope: Scope | None = None,
    older_than: float = DEFAULT_GRACE,
    clock: Callable[[], float] = time.time,
) -> Purged:
    """Erase the faces and logs of generations deleted more than `older_than` seconds ago.

    Idempotent; several processes may purge at once.

    Args:
        tables: where.
        scope: all where it is None.
        older_than: seconds; keep the default where writers may be running.
        clock: epoch seconds.
    """
    latest = clock() - older_than
    generations = faces = logged = 0
    for each in known_scopes(tables.control) if scope is None else [scope]:
        for item in all_items(tables.control, each):
            due = [garbage for garbage in from_garbage(item) if garbage.deleted <= latest]
            for garbage in due:
                faces += _empty(tables, garbage)
                generations += 1
                logged += garbage.seq
                _forget(tables, item, garbage.generation)
            if item["status"] == {"S": DELETED}:
                _drop_tombstone(tables, item)
    return Purged(generations, faces, logged)


def _empty(tables: Tables, garbage: Garbage) -> int:
    # Number 0 first: from then on no reader voids a number of this log.
    tables.faces.delete_many([keys.log_key(garbage.generation, 0)])
    erased = 0
    for shard in keys.SHARDS:
        partition = keys.face_partition(garbage.generation, shard)
        found = list(tables.faces.query(partition, "0", "~", ("pk", "sk")))
        tables.faces.delete_many(found)
        erased += len(found)
    # By number, present or not: cheaper than reading entries only to delete them.
    for start in range(1, garbage.seq + 1, _BATCH):
        numbers = range(start, min(start + _BATCH, garbage.seq + 1))
        tables.faces.delete_many([keys.log_key(garbage.generation, seq) for seq in numbers])
    return erased


def _forget(tables: Tables, item: Item, generation: str) -> None:
    try:
        tables.control.update(
            {"pk": item["pk"], "sk": item["sk"]},
            "REMOVE #garbage.#generation_, #deleted.#generation_",
            "attribute_exists(#garbage.#generation_)",
            {},
            {"#generation_": generation},
        )
    except ConditionFailed:
        return  # Another process was faster.


def _drop_tombstone(tables: Tables, item: Item) -> None:
    tables.control.delete(
        {"pk": item["pk"], "sk": item["sk"]},
        "#status = :deleted AND #garbage = :none",
        {":deleted": {"S": DELETED}, ":none": {"M": {}}},
    )
