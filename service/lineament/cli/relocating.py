"""Moving one collection's vectors to an engine, or back into memory.

The collection is served all the while from where it was, until the last step, which is one write.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np

from lineament.cli.comparing import KINDS, Ask, Compared, Comparison, Progress
from lineament.domain.collections import Collection
from lineament.domain.engine import Kind, VectorEngine
from lineament.domain.snapshot_format import SnapshotUnreadable
from lineament.domain.snapshots import Snapshot
from lineament.domain.templates import template
from lineament.errors import LineamentError
from lineament.gallery.distant import Distant
from lineament.gallery.holdings import TemplatesView
from lineament.gallery.local import Local
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due, compact
from lineament.storage.loading import Load
from lineament.storage.placement import KEPT_SECONDS, Placement
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS, Tenure, TenureLost

MEMORY = "memory"
_ROUNDS = 5
"""Each takes what was published while the one before it was at work."""
_Views = Mapping[Kind, TemplatesView]


@dataclass(slots=True)
class Outcome:
    """What came of one collection's move."""

    state: str = "failed"
    """moved, already, empty, differs, failed or stopped."""
    faces: int = 0
    put: int = 0
    """Rows that this run has put."""
    there: int = 0
    """Rows that an earlier run had put."""
    put_seconds: float = 0.0
    compared: Compared = field(default_factory=Compared)
    compare_seconds: float = 0.0


class Relocation:
    """Moves collections of a deployment. One thread's."""

    def __init__(
        self,
        tables: Tables,
        store: SnapshotStore,
        engine: VectorEngine,
        queries: int,
        progress: Progress,
    ) -> None:
        """Make no call.

        Args:
            tables: where collections are.
            store: of their snapshots.
            engine: to move to, or from.
            queries: how many are compared.
            progress: told of each stage.
        """
        self._tables, self._store, self._engine = tables, store, engine
        self._queries, self._progress = queries, progress

    def to_engine(self, collection: Collection, asks: list[Ask], outcome: Outcome) -> None:
        """Put a collection's vectors into the engine, compare, and have them served from there.

        Raises:
            LineamentError: somebody does not answer, or another process is at it. Nothing is
                served from elsewhere then, and what was put is kept for an hour.
        """
        for _ in range(_ROUNDS):
            now = self._as_of_now(collection)
            published, snapshot = self._newest(now)
            if published.engine:
                outcome.state = "already"
                return
            if snapshot is None or not len(snapshot.ids):
                outcome.state = "empty"
                return
            with self._tenure(now.generation, KEPT_SECONDS) as held:
                load = Load(
                    self._engine,
                    snapshot,
                    progress=lambda done, total: self._progress("rows", done, total),
                )
                outcome.faces = len(snapshot.ids)
                self._put(load, held.tenure, outcome)
                self._compare(snapshot, held.tenure, asks, outcome, self._distant(snapshot))
                if _differs(outcome):
                    # Put again it would not be, being there: so that a next run begins anew.
                    held.tenure.keep(at_once=True)
                    self._engine.drop(now.generation)
                    held.end(held.tenure.vacate)
                    outcome.state = "differs"
                    return
                if self._as_of_now(collection).generation != now.generation:
                    continue
                if held.tenure.engage(published.object_key, self._engine.name):
                    held.recheck = 0.0
                    load.clear(held.tenure)
                    held.end(held.tenure.finish)
                    outcome.state = "moved"
                    return
        raise LineamentError("new snapshots were published all the time; run the command again")

    def to_memory(self, collection: Collection, asks: list[Ask], outcome: Outcome) -> None:
        """Compare, and have a collection's vectors served from processes' memory.

        Raises:
            LineamentError: as for `to_engine`.
        """
        for _ in range(_ROUNDS):
            generation = self._as_of_now(collection).generation
            published = self._store.published(generation) or Published()
            if not published.engine:
                outcome.state = "already"
                return
            snapshot = self._store.read(generation, published.object_key)
            outcome.faces = len(snapshot.ids)
            with self._tenure(generation, None) as held:
                now = self._store.published(generation) or Published()
                if (now.object_key, now.engine) != (published.object_key, published.engine):
                    continue
                if self._queries:
                    views = {MEMORY: _local(snapshot)} | self._distant(snapshot)
                    self._compare(snapshot, held.tenure, asks, outcome, views)
                    if outcome.compared.differ[MEMORY]:
                        outcome.state = "differs"
                        return
                held.tenure.disengage()
                held.end(lambda: held.tenure.finish(recheck=LATE_SECONDS))
                outcome.state = "moved"
                return
        raise LineamentError("new snapshots were published all the time; run the command again")

    def _as_of_now(self, collection: Collection) -> Collection:
        """Return the collection, which `lineament reindex` may have given another generation."""
        store = DynamoCollectionStore(self._tables)
        now = store.find(collection.scope, collection.collection_id)
        if now is None or now.lineage != collection.lineage:
            raise LineamentError("it was deleted meanwhile")
        return now

    def _newest(self, collection: Collection) -> tuple[Published, Snapshot | None]:
        """Return what is published, and the snapshot if no engine has it; made anew if it is old.

        Raises:
            LineamentError: it cannot be made or read.
        """
        generation = collection.generation
        for _ in range(_ROUNDS):
            compact(
                self._tables, self._store, collection, Due(0, 1), placement=Placement(self._engine)
            )
            published = self._store.published(generation) or Published()
            if published.engine:
                return published, None
            if not published.seq and not collection.seq:
                return published, None
            if not published.seq:
                continue  # Another process makes the first snapshot.
            try:
                snapshot = self._store.read(generation, published.object_key)
                if snapshot.marks.all():
                    return published, snapshot
                # Folded from one of version 1, which has no marks: a later one that is folded from
                # the log alone would have some, and processes would look for rows that have gone.
                self._store.note_damage(generation, published.object_key)
            except SnapshotUnreadable:
                self._store.note_damage(generation, published.object_key)
        raise LineamentError("its snapshot cannot be made or read just now; see `lineament doctor`")

    def _put(self, load: Load, tenure: Tenure, outcome: Outcome) -> None:
        started = time.monotonic()
        try:
            load.put(tenure)
        finally:
            outcome.put_seconds += time.monotonic() - started
            outcome.put += load.put_count

    def _compare(
        self,
        snapshot: Snapshot,
        tenure: Tenure,
        asks: list[Ask],
        outcome: Outcome,
        views: Mapping[str, _Views],
    ) -> None:
        started = time.monotonic()
        comparison = Comparison(snapshot, self._queries, tenure.keep, self._progress)
        outcome.compared = comparison.done
        try:
            comparison.look_through(self._engine)
            comparison.ask(views, asks)
        finally:
            outcome.there = max(0, comparison.done.rows - outcome.put)
            outcome.compare_seconds += time.monotonic() - started

    def _distant(self, snapshot: Snapshot) -> dict[str, _Views]:
        tables = [self._engine.table(snapshot.generation, kind) for kind in KINDS]
        faces, users = Distant(snapshot.head, *tables).publish(snapshot.membership)
        return {self._engine.name: {"faces": faces, "users": users}}

    @contextmanager
    def _tenure(self, generation: str, recheck: float | None) -> Iterator["_Held"]:
        """Hold the tenure; however the block is left, it ends, so that a next run need not wait."""
        tenure = Tenure.take(self._tables.faces, generation, self._engine.name)
        if tenure is None:
            raise LineamentError(self._refusal(generation))
        held = _Held(tenure, recheck)
        try:
            yield held
        except TenureLost:
            raise
        except BaseException:
            with suppress(LineamentError):
                held.end(lambda: tenure.finish(recheck=held.recheck))
            raise
        held.end(lambda: tenure.finish(recheck=held.recheck))

    def _refusal(self, generation: str) -> str:
        published = self._store.published(generation) or Published()
        ago = max(0, round(time.time() - published.written))
        return (
            f"another process writes this collection's vectors to {self._engine.name}, last heard "
            f"of {ago} s ago: a `lineament move`, or a server that makes a snapshot. Wait until "
            f"it has done so and run this again; one that was killed counts as gone "
            f"{LOST_SECONDS:.0f} s after it was last heard of"
        )


class _Held:
    """A tenure that ends once."""

    def __init__(self, tenure: Tenure, recheck: float | None) -> None:
        self.tenure = tenure
        self.recheck = recheck
        """When the engine is looked through, seconds after an end that is none of `end`."""
        self._ended = False

    def end(self, how: Callable[[], None]) -> None:
        if not self._ended:
            how()
            self._ended = True


def _local(snapshot: Snapshot) -> _Views:
    """Return what a process sees that has read the snapshot as a whole."""
    holdings = Local()
    holdings.fill(snapshot)
    for user in snapshot.membership.users.values():
        vectors = list(holdings.vectors(user.faces).values())
        if vectors:
            holdings.place({user.key: template(np.stack(vectors))})
    faces, users = holdings.publish(snapshot.membership)
    return {"faces": faces, "users": users}


def _differs(outcome: Outcome) -> bool:
    return bool(outcome.compared.wrong or any(outcome.compared.differ.values()))
