"""One round of housekeeping: what `lineament housekeeping` and a server's thread run."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

from lineament.domain.collections import Collection
from lineament.errors import LineamentError
from lineament.storage.collections import DynamoCollectionStore, all_items, known_scopes
from lineament.storage.compaction import Due, compact
from lineament.storage.expiry import expire
from lineament.storage.orphans import erase_orphans
from lineament.storage.placement import NOWHERE, Placement, mend
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.purge import DEFAULT_GRACE, never, purge
from lineament.storage.records import UNREADABLE, from_collection_item
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.sweep import Swept, take
from lineament.storage.swept import DEFAULT_INTERVAL, claim, due
from lineament.storage.table import Item

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """What a round did."""

    purged_generations: int
    purged_faces: int
    purged_entries: int
    swept_collections: int
    swept_records: int
    swept_vectors: int
    swept_names: int
    failed_purges: int
    """Deleted generations that could not be purged, and items that could not be read."""
    failed_collections: int
    """Collections whose sweep ended in an error."""
    made_snapshots: int
    failed_snapshots: int
    """Collections whose snapshot is due and could not be made; one more where what crashes left
    could not be looked for."""
    unfinished: int = 0
    """1 where it was told to stop before its end; the next round goes on."""
    expired_faces: int = 0
    """Faces whose time had come by their collection's rule."""

    @property
    def failed(self) -> bool:
        """Tell whether anything was left undone."""
        return self.failed_purges + self.failed_collections + self.failed_snapshots > 0


def housekeep(  # noqa: PLR0913 - what is done, when, and where things may be
    tables: Tables,
    *,
    grace: float = DEFAULT_GRACE,
    sweep_interval: float = DEFAULT_INTERVAL,
    clock: Callable[[], float] = time.time,
    snapshots: SnapshotStore | None = None,
    placement: Placement = NOWHERE,
    stop: Callable[[], bool] = never,
) -> Housekeeping:
    """Purge deleted collections, then let faces expire, sweep and compact where it is time.

    Idempotent; any number of processes may keep house at once.

    Args:
        tables: where.
        grace: seconds that something must be old before it is erased.
        sweep_interval: seconds between two sweeps of a collection, which look at what is new in its
            log and are whole once a week; 0 sweeps all of all now.
        clock: epoch seconds.
        snapshots: where they are; none are made or erased where it is None.
        placement: the engine that may hold the vectors of snapshots.
        stop: asked before each step: a batch of a purge, a collection's sweep, its snapshot. Those
            two are made as a whole.
    """
    purged = purge(tables, None, grace, clock, snapshots, placement, stop)
    done: list[Swept] = []
    failed, expired = 0, 0
    made, unmade = 0, 0
    compaction = Due(min(sweep_interval, Due().interval))
    for item, collection in _living(tables):
        if stop():
            break
        try:
            # First: what it leaves behind where it dies, the sweep finds.
            gone = expire(tables, item, collection, sweep_interval, clock, snapshots)
            expired += gone
            # Of what has gone now the snapshot is to know in this round.
            collection = _again(tables, collection) if gone else collection  # noqa: PLW2901
            turn = due(item, collection, sweep_interval, clock())
            if turn is not None and claim(tables, collection, sweep_interval, clock()):
                done.append(take(tables, collection, turn, grace, clock, snapshots))
        except (LineamentError, *UNREADABLE) as error:
            _log.warning("sweep of a collection: %s", type(error).__name__)
            failed += 1
        try:
            if snapshots is not None and not stop():
                made += _keep_snapshot(tables, snapshots, collection, compaction, clock, placement)
        except (LineamentError, *UNREADABLE) as error:
            _log.warning("snapshot of a collection: %s", type(error).__name__)
            unmade += 1
    stopped = stop()
    try:
        if snapshots is not None and not stopped:
            erase_orphans(tables, snapshots, placement.engine)
    except (LineamentError, *UNREADABLE) as error:
        _log.warning("snapshots of nobody: %s", type(error).__name__)
        unmade += 1
    swept = sum(done, Swept())
    if purged.generations or expired or swept != Swept():
        _log.info("housekeeping: %s, %s, %d faces expired", purged, swept, expired)
    return Housekeeping(
        purged.generations,
        purged.faces,
        purged.entries,
        len(done),
        swept.records,
        swept.vectors,
        swept.names,
        purged.failed,
        failed,
        made,
        unmade,
        int(stopped),
        expired,
    )


def _again(tables: Tables, collection: Collection) -> Collection:
    return replace(collection, seq=DynamoCollectionStore(tables).latest(collection))


def _keep_snapshot(  # noqa: PLR0913, PLR0917 - as for `compact`
    tables: Tables,
    snapshots: SnapshotStore,
    collection: Collection,
    due: Due,
    clock: Callable[[], float],
    placement: Placement,
) -> bool:
    published = snapshots.published(collection.generation) or Published()
    made = compact(tables, snapshots, collection, due, clock, placement, published)
    if published.held:
        mend(tables, snapshots, placement, collection.generation, clock)
    return made


def living(tables: Tables) -> Iterator[Collection]:
    """Yield every collection of the deployment, the celebrities' included."""
    for _, collection in _living(tables):
        yield collection


def _living(tables: Tables) -> Iterator[tuple[Item, Collection]]:
    for scope in known_scopes(tables.control):
        for item in all_items(tables.control, scope):
            try:
                collection = from_collection_item(scope, item)
            except UNREADABLE:
                continue  # The purge has met it, told it and counted it.
            if collection is not None:
                yield item, collection


def report(done: Housekeeping) -> list[str]:
    """Return a line a count."""
    return [f"{name.replace('_', ' ')}: {count}" for name, count in asdict(done).items()]
