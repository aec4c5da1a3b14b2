"""Engines and snapshots as processes see them that die, or are overtaken, in the middle of it."""

import time
from collections.abc import Callable
from typing import Any

from lineament.domain.collections import Collection
from lineament.domain.engine import Kind, VectorEngine
from lineament.storage.compaction import compact
from lineament.storage.placement import mend
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, LOST_SECONDS
from tests.gallery.tables import PlainEngine
from tests.storage.engines import to
from tests.storage.snapshotting import AT_ONCE, REGION, DyingClients, people
from tests.storage.world import now

Call = Callable[..., Any]
Work = Callable[[], object]


class DyingEngine:
    """An engine as a process reaches it that dies at one of its calls."""

    name = PlainEngine.name

    def __init__(self, engine: VectorEngine, dying: DyingClients) -> None:
        self._engine, self._call = engine, dying._fuse.call

    def table(self, generation: str, kind: Kind) -> "DyingTable":
        return DyingTable(self._engine.table(generation, kind), self._call)

    def drop(self, generation: str) -> None:
        self._call(self._engine.drop, {"generation": generation})

    def generations(self) -> set[str]:
        found: set[str] = self._call(self._engine.generations, {})
        return found


class DyingTable:
    """A table of it. A listing is one call."""

    def __init__(self, table: Any, call: Call) -> None:
        self._table, self._call, self.widest = table, call, table.widest

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._table, name)

        def work(*args: object) -> Any:
            answer = self._call(lambda **_none: method(*args), {})
            return iter(list(answer)) if name in {"rows", "blocks"} else answer

        return work


class HookedEngine:
    """An engine as a process sees it to which something happens just before one kind of call."""

    name = PlainEngine.name

    def __init__(self, engine: PlainEngine, call: str, work: Work) -> None:
        self._engine, self._call, self._work = engine, call, work
        self.done = False

    def table(self, generation: str, kind: Kind) -> "HookedTable":
        return HookedTable(self, self._engine.table(generation, kind), kind)

    def drop(self, generation: str) -> None:
        self._engine.drop(generation)

    def generations(self) -> set[str]:
        return self._engine.generations()

    def meet(self, call: str) -> None:
        if call == self._call and not self.done:
            self.done = True
            self._work()


class HookedTable:
    def __init__(self, engine: HookedEngine, table: Any, kind: Kind) -> None:
        self._engine, self._table, self._kind, self.widest = engine, table, kind, table.widest

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._table, name)

        def work(*args: object) -> Any:
            self._engine.meet(f"{self._kind}.{name}")
            return method(*args)

        return work


class HookedStore(SnapshotStore):
    """Snapshots as a process sees them to which something happens after it has read the item."""

    work: Work = staticmethod(lambda: None)
    tidies = True

    def published(self, generation: str) -> Published | None:
        found = super().published(generation)
        work, self.work = self.work, lambda: None
        work()
        return found

    def tidy(self, generation: str) -> None:
        if self.tidies:
            super().tidy(generation)


def again(tables: Tables, store: SnapshotStore) -> HookedStore:
    """Return the same snapshots as another process reaches them."""
    clients = store._objects._clients
    return HookedStore(tables, store._objects.bucket, REGION, clients)


def ahead(seconds: float) -> Callable[[], float]:
    return lambda: time.time() + seconds


def on_engine(tables: Tables, store: SnapshotStore) -> tuple[PlainEngine, Collection, list[str]]:
    engine, (collection, faces) = PlainEngine(), people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    return engine, collection, faces


def item(store: SnapshotStore, collection: Collection) -> Published:
    found = store.published(collection.generation)
    assert found is not None
    return found


def later_mended(
    tables: Tables, store: SnapshotStore, engine: PlainEngine, collection: Collection
) -> None:
    """Look through the engine as housekeeping does once late writers have come to their end."""
    clock = ahead(LOST_SECONDS + LATE_SECONDS + 4)
    assert mend(tables, store, to(engine), collection.generation, clock)
