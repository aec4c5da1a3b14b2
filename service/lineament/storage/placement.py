"""Which collections' vectors an engine holds beside their snapshots, and keeping it so.

The engine is brought level before a snapshot is published, and cleared of what that one does not
have afterwards. Whoever dies on the way leaves a tenure that has not ended: somebody else's
housekeeping then looks through the engine and puts right what it finds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from lineament.domain.engine import TableMissing, VectorEngine
from lineament.domain.snapshots import Head, Snapshot
from lineament.errors import LineamentError
from lineament.storage import keys
from lineament.storage.loading import Load
from lineament.storage.provision import Tables
from lineament.storage.published import Published, from_item
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS, Tenure

KEPT_SECONDS = 3600.0
"""What a stopped move has put there waits so long to be gone on with."""
CHECKED_SECONDS = 7 * 86400.0
"""So often an engine is looked through without a reason: one that has lost rows answers without
them, and nobody can tell from its answers."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The engine of a deployment. `lineament move` moves collections to it, and from it."""

    engine: VectorEngine | None = None
    default: bool = False
    """Collections go there with their first snapshot."""

    def of(self, published: Published) -> VectorEngine | None:
        """Return the engine that holds the next snapshot's vectors, or None.

        Raises:
            LineamentError: one does that this deployment's settings do not name.
        """
        if published.engine:
            return self.require(published.engine)
        return self.engine if self.default and not published.seq else None

    def require(self, name: str) -> VectorEngine:
        """Return the engine of a name.

        Raises:
            LineamentError: this deployment's settings do not name it.
        """
        if self.engine is None or self.engine.name != name:
            raise LineamentError(
                f"vectors of a collection are in {name}: set LINEAMENT_{name.upper()}_URI"
            )
        return self.engine


NOWHERE = Placement()
"""Of a deployment without an engine."""


def publish_loaded(  # noqa: PLR0913, PLR0917 - a snapshot, and everything that it goes to
    tables: Tables,
    store: SnapshotStore,
    engine: VectorEngine,
    snapshot: Snapshot,
    base: Head | None,
    damaged: str,
    clock: Callable[[], float] = time.time,
) -> bool:
    """Bring the engine to a snapshot and publish it; False if another was first or is at it.

    Args:
        tables: where the items are.
        store: of the snapshots.
        engine: to be loaded.
        snapshot: of a generation that was claimed.
        base: the published one, where the engine holds it.
        damaged: as for `SnapshotStore.publish`.
        clock: epoch seconds.

    Raises:
        LineamentError: somebody does not answer, or another process has taken over.
    """
    load = Load(engine, snapshot, base)
    written = store.write(snapshot)  # It may take minutes, in which nobody would be heard of.
    try:
        tenure = Tenure.take(tables.faces, snapshot.generation, engine.name, clock)
        if tenure is None:
            store.discard(written)
            return False
        now = store.published(snapshot.generation) or Published()
        if now.seq >= snapshot.seq and now.object_key != damaged:
            tenure.finish()
            store.discard(written)
            return False
        load.put(tenure, unsure=base is None or now.seq != base.seq)
    except LineamentError:
        store.discard(written)
        raise
    if not store.publish(snapshot, damaged, engine.name, tenure.token, written):
        tenure.finish(recheck=LATE_SECONDS)
        return False
    load.clear(tenure)
    tenure.finish()
    return True


def mend(  # noqa: PLR0913 - where, whose, and when
    tables: Tables,
    store: SnapshotStore,
    placement: Placement,
    generation: str,
    clock: Callable[[], float] = time.time,
    *,
    at_once: bool = False,
) -> bool:
    """Look through what an engine holds of a generation, if it is time to; tell whether.

    What it should not hold any more, nobody reading it, is dropped. What it has lost is put again.

    Args:
        tables: where the items are.
        store: of the snapshots.
        placement: the engine.
        generation: whose.
        clock: epoch seconds.
        at_once: it is time, and what a stopped move has put there is not kept for another.

    Raises:
        LineamentError: somebody does not answer, or another process has taken over.
    """
    published = store.published(generation) or Published()
    gone = published.writer != "" and clock() - published.written >= LOST_SECONDS
    late = at_once or 0 < published.recheck <= clock()
    reason = gone or late
    if not published.held or (placement.engine is None and not reason):
        return False
    engine = placement.require(published.held)
    held = published.engine == engine.name
    old = held and clock() - published.checked >= CHECKED_SECONDS
    lost = held and _has_nothing(engine, generation)  # Before the snapshot is read, all of it.
    if not (reason or old or lost):
        return False
    snapshot = store.read(generation, published.object_key) if held else None
    if not (reason or old) and snapshot is not None and not len(snapshot.ids):
        return False
    load = None if snapshot is None else Load(engine, snapshot)
    tenure = Tenure.take(tables.faces, generation, engine.name, clock)
    if tenure is None:
        return False
    now = store.published(generation) or Published()
    if (now.object_key, now.engine) != (published.object_key, published.engine):
        tenure.finish(recheck=0)
    elif load is not None:
        load.put(tenure)
        load.clear(tenure)
        tenure.finish(settled=True)
    elif late:
        tenure.keep(at_once=True)  # Who hung here may find the collection served from there.
        engine.drop(generation)
        tenure.vacate()
    else:  # Somebody was about to move the collection there, and may go on.
        tenure.finish(recheck=KEPT_SECONDS)
    return True


def _has_nothing(engine: VectorEngine, generation: str) -> bool:
    try:
        return next(engine.table(generation, "faces").rows(), None) is None
    except TableMissing:
        return True


def purge_snapshots(
    tables: Tables, store: SnapshotStore | None, placement: Placement, generation: str
) -> None:
    """Erase the snapshots of a deleted generation, and what an engine holds of it. Idempotent.

    Raises:
        LineamentError: it has some, and no bucket or engine is set; or one does not answer.
    """
    item = tables.faces.get(keys.snapshot_key(generation))
    if store is None:
        if item is not None:
            raise LineamentError(
                "a deleted collection has snapshots: set LINEAMENT_SNAPSHOT_BUCKET"
            )
        return
    held = "" if item is None else from_item(item).held
    if held:
        placement.require(held).drop(generation)
    store.purge(generation)
