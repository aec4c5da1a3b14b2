"""When a collection's log is folded into a snapshot, and doing it.

A snapshot saves whoever starts cold the reading of the log, which stays. It also holds the vectors
and UserIds of its moment: so it is made anew after each removal, and the one before is erased.
Any number of processes may compact at once, and one may die at any step.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from lineament.domain.collections import Collection
from lineament.domain.folding import Folding
from lineament.domain.snapshot_format import SnapshotUnreadable
from lineament.domain.snapshots import Head, Snapshot
from lineament.storage import entries, keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.placement import NOWHERE, Placement, publish_loaded
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore

_STEP = 1000
_GIB = 1 << 30
_PART = 100
"""Of the log, by which it must have grown: where it is long, that is more than `Due.growth`."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a collection gets another snapshot."""

    interval: float = 600.0
    """Seconds between two of a collection by servers, however many there are, for each GiB that
    the last one has, one at least: each rewrites all of it, 280 MB for a million faces of 128
    components. 0 waits for nobody."""
    growth: int = 2000
    """Numbers since the last one: 20 reads of 100, which a cold start does in one step."""


def compact(  # noqa: PLR0913, PLR0917 - a collection, when, and where to
    tables: Tables,
    store: SnapshotStore,
    collection: Collection,
    due: Due = Due(),
    clock: Callable[[], float] = time.time,
    placement: Placement = NOWHERE,
    published: Published | None = None,
) -> bool:
    """Make a new snapshot of a collection if one is due and nobody else makes it; tell whether.

    Due is one whose log has grown enough, from which something has been removed since, or
    whose object was found damaged. Erases what the published one has superseded in any case.

    Args:
        tables: where.
        store: of the snapshots.
        collection: its log is read as of now, whatever its seq.
        due: when.
        clock: epoch seconds.
        placement: the engine that may hold the vectors as well.
        published: what the generation's item has just told; read where it is None.

    Raises:
        LineamentError: DynamoDB, S3 or the engine does not answer.
        ValueError: the log holds what cannot be read, or vectors of different lengths.
    """
    if published is None:
        published = store.published(collection.generation) or Published()
    if published.untidy:
        store.tidy(collection.generation)
    if not _is_due(tables, store, collection, published, due.growth):
        return False
    # After the item: so the new number is not below the published one. Before the claim, which
    # makes the item: a generation seen alive now is not purged for some minutes.
    now = DynamoCollectionStore(tables).find(collection.scope, collection.collection_id)
    if now is None or now.generation != collection.generation:
        return False
    # Before the claim too: who cannot make the snapshot keeps nobody from making it.
    engine = placement.of(published)
    if engine is not None:
        engine.generations()
    interval = due.interval * max(1.0, published.bytes / _GIB)
    if not store.claim(now.generation, interval, clock()):
        return False
    snapshot, base, damaged = _fold(tables, store, now, published)
    if engine is None:
        done = store.publish(snapshot, damaged)
    else:
        done = publish_loaded(tables, store, engine, snapshot, base, damaged, clock)
    store.tidy(now.generation)
    return done


def _is_due(
    tables: Tables, store: SnapshotStore, collection: Collection, published: Published, growth: int
) -> bool:
    # A hundredth more at least: each rewrites all, so that all of them together rewrite as much
    # as a few hundred times what came, and not its square.
    enough = max(growth, published.seq // _PART)
    if collection.seq - published.seq >= enough or (published.seq and not published.usable):
        return True
    if not published.seq:
        return False
    looked = max(published.looked, published.seq)
    # Each number is looked at once by somebody: an entry costs its whole size to read.
    upto, found = _look(tables, collection.generation, looked, collection.seq)
    removal = max(published.removal, found)
    if upto > looked:
        store.note_looked(collection.generation, upto, removal)
    return removal > published.seq


def _look(tables: Tables, generation: str, after: int, upto: int) -> tuple[int, int]:
    """Return up to where the log has no gap, and the highest number until there that removes."""
    log = [keys.log_key(generation, seq) for seq in range(after + 1, upto + 1)]
    items = tables.faces.get_many(log, ("sk", "removed", "action"))
    found = {entries.seq_of(item): item for item in items}
    seq, removal = after, 0
    while seq + 1 in found:  # A number without an entry may yet become a removal.
        seq += 1
        if "removed" in found[seq] or found[seq].get("action") == {"S": "delete"}:
            removal = seq
    return seq, removal


def _fold(
    tables: Tables, store: SnapshotStore, collection: Collection, published: Published
) -> tuple[Snapshot, Head | None, str]:
    """Return the snapshot as of now, the one before it, and that one's object if it is damaged."""
    base, damaged = None, ""
    if published.seq and not published.usable:
        damaged = published.object_key
    elif published.seq:
        try:
            base = store.read(collection.generation, published.object_key)
        except SnapshotUnreadable:
            damaged = published.object_key
    head = None if base is None else base.head
    folding = Folding(collection.generation, base)
    log = DynamoChangeLog(tables)
    while folding.seq < collection.seq:
        end = min(folding.seq + _STEP, collection.seq)
        for item in log.items(collection.generation, folding.seq, end):
            folding.apply(entries.from_entry(item), entries.kept_vectors(item))
    return folding.finish(), head, damaged
