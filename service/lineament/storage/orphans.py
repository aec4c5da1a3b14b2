"""Snapshots and tables of generations that nothing names any more, left by two crashes at once.

A process that wrote an object, and died before it could publish it, while the generation was
purged: the purge has gone, and no later compaction comes.
"""

from lineament.domain.engine import VectorEngine
from lineament.storage import keys
from lineament.storage.provision import Tables
from lineament.storage.records import from_garbage, from_staged
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.table import Table


def erase_orphans(tables: Tables, store: SnapshotStore, engine: VectorEngine | None = None) -> int:
    """Erase what generations have in S3 that no item stands for; tell how many generations.

    Raises:
        UNREADABLE: an item cannot be read: what it stands for must not be erased.
        LineamentError: DynamoDB, S3 or the engine does not answer.
    """
    there = store.generations() | (set() if engine is None else engine.generations())
    if not there:
        return 0
    # After the objects: whatever they belong to is named by now, and an id never comes back.
    orphans = there - named_generations(tables.control)
    for generation in orphans:
        if engine is not None:
            engine.drop(generation)
        store.purge(generation)
    return len(orphans)


def named_generations(control: Table) -> set[str]:
    """Return every generation that is alive, in the making, or waits for the purge.

    Raises:
        UNREADABLE: an item cannot be read.
    """
    named: set[str] = set()
    for item in control.scan():
        if not item["sk"]["S"].startswith(keys.FIRST_COLLECTION):
            continue
        staged = from_staged(item)
        named.update(each.generation for each in from_garbage(item))
        named.update(() if staged is None else [staged.generation])
        named.update([item["generation"]["S"]] if "generation" in item else [])
    return named
