"""Engines: whether they hold the vectors of published snapshots, and what else they hold.

An engine that has lost a row answers without it, and nobody can tell from the answer. So every row
is read. A row of the published snapshot is not removed before another one is published: where the
item tells the same before and after the reading, a row that was not there is missing, whoever
wrote meanwhile. A row too many tells something only where nobody writes.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from lineament.domain.engine import VectorEngine
from lineament.domain.snapshot_format import SnapshotUnreadable
from lineament.storage.doctor.control import read_control
from lineament.storage.doctor.engine_rows import Seen, wanted_rows
from lineament.storage.doctor.findings import Finding, Place, confirmed, some
from lineament.storage.doctor.walk import Pace, Wanted
from lineament.storage.placement import Placement
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.records import UNREADABLE
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS

_TRIES = 4


def engine_findings(  # noqa: PLR0913, PLR0917 - where things are, and how to look at them
    tables: Tables,
    store: SnapshotStore,
    placement: Placement,
    wanted: Wanted,
    pace: Pace,
    progress: Callable[[int], None] = lambda _rows: None,
) -> list[Finding]:
    """Read every row of the collections asked for that are in an engine. Writes nothing.

    Holds one snapshot at a time, and 9 bytes a face beside it. Others may write meanwhile.

    Args:
        tables: where collections are.
        store: of their snapshots.
        placement: the engine that settings name, if any.
        wanted: what to look at.
        pace: tells how long to wait before looking again at what was found.
        progress: told how many rows were read.

    Raises:
        EngineUnavailable: the engine does not answer.
        LineamentError: DynamoDB or S3 does not answer.
    """
    look = _Look(tables, store, placement, wanted, pace, progress)
    findings: list[Finding] = []
    for place, generation in look.asked():
        findings += confirmed(partial(look.settled, place, generation), pace.pause)
    engine = placement.engine
    if engine is not None:
        findings += confirmed(lambda: list(look.tables_of_nobody(engine)), pace.pause)
    return findings


@dataclass(frozen=True, slots=True)
class _Look:
    tables: Tables
    store: SnapshotStore
    placement: Placement
    wanted: Wanted
    pace: Pace
    progress: Callable[[int], None]

    def asked(self) -> Iterator[tuple[Place, str]]:
        """Yield the generations in use that are asked for; the purge's are not judged."""
        for named in read_control(self.tables.control).named:
            waiting = {each.generation for each in named.garbage}
            if self.wanted(named.place):
                yield from (
                    (named.place, each) for each in named.generations if each not in waiting
                )

    def settled(self, place: Place, generation: str) -> list[Finding]:
        """Look at a generation while nothing else is published for it."""
        for turn in range(_TRIES):
            if turn:
                time.sleep(self.pace.pause)
            before = self._published(generation)
            found = list(self._judge(place, generation, before))
            after = self._published(generation)
            if (before.object_key, before.engine) == (after.object_key, after.engine):
                busy = before.writer or after.writer
                return [each for each in found if not (busy and each.kind == "engine-row-kept")]
        return [Finding("collection-busy", place, generation)]

    def tables_of_nobody(self, engine: VectorEngine) -> Iterator[Finding]:
        """Tell of tables that no item says to be there; their items name them before they are."""
        there = engine.generations()
        for named in read_control(self.tables.control).named:
            waiting = {each.generation for each in named.garbage}
            for generation in there.intersection(named.generations):
                there.discard(generation)
                held = generation in waiting or self._published(generation).held == engine.name
                if self.wanted(named.place) and not held:
                    yield Finding("engine-table-kept", named.place, generation)
        if self.wanted(Place()):
            yield from (Finding("engine-table-kept", Place(), each) for each in sorted(there))

    def _judge(self, place: Place, generation: str, published: Published) -> Iterator[Finding]:
        silent = self.pace.clock() - published.written
        if published.writer and silent >= LATE_SECONDS:
            yield Finding("engine-writer-lost", place, generation, age=silent)
        name, engine = published.engine or published.held, self.placement.engine
        if name and (engine is None or engine.name != name):
            yield Finding("engine-unlooked", place, generation, (name,))
        elif published.engine and engine is not None:
            seen = self._seen(engine, generation, published)
            yield from some("engine-table-missing", place, generation, seen.no_table)
            yield from some("engine-row-missing", place, generation, seen.missing)
            yield from some("engine-row-differs", place, generation, seen.differing)
            yield from some("engine-row-kept", place, generation, seen.kept)

    def _seen(self, engine: VectorEngine, generation: str, published: Published) -> Seen:
        seen = Seen()
        try:
            snapshot = self.store.read(generation, published.object_key)
        except SnapshotUnreadable:
            return seen  # Superseded, or told of as useless.
        for kind, rows in wanted_rows(snapshot).items():
            self.progress(rows.look_through(kind, engine.table(generation, kind), seen))
        return seen

    def _published(self, generation: str) -> Published:
        try:
            return self.store.published(generation) or Published()
        except UNREADABLE:
            return Published()  # Told of as a useless snapshot.
