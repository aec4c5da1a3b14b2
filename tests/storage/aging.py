"""Collections whose faces age by a clock that tests turn."""

from dataclasses import dataclass, replace

from lineament.domain.collections import Collection
from lineament.domain.engine import VectorEngine
from lineament.domain.expiry import DAY
from lineament.domain.rules import RETENTION_DAYS
from lineament.domain.snapshots import Snapshots
from lineament.gallery.memory import MemoryGallery
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from tests.storage.world import ids_of, make_collection, make_faces, now

BEGIN = 1_700_000_010.0
"""Just after `make_collection`'s collections were made."""


@dataclass
class Clock:
    """Epoch seconds, as a test says."""

    now: float = BEGIN

    def __call__(self) -> float:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += days * DAY


@dataclass(frozen=True)
class Aging:
    """A collection, and a process that has its gallery."""

    tables: Tables
    clock: Clock
    collection: Collection
    gallery: MemoryGallery

    @property
    def store(self) -> DynamoFaceStore:
        return DynamoFaceStore(self.tables, clock=self.clock)

    def index(self, count: int = 1) -> list[str]:
        faces, vectors = make_faces(count)
        self.store.add(now(self.tables, self.collection), faces, vectors)
        return ids_of(faces)

    def rule(self, days: int) -> None:
        """Set the operator's rule, or take it away."""
        rules = {RETENTION_DAYS: str(days)} if days else {}
        known = now(self.tables, self.collection)
        DynamoCollectionStore(self.tables).rule(known, lambda _old: rules)

    def seen(self) -> list[str]:
        """Return the faces that the process shows now."""
        return self.gallery.sync(now(self.tables, self.collection)).page(None, 1000)


def aging(tables: Tables, clock: Clock, name: str = "people") -> Aging:
    collection = make_collection(tables, name)
    return Aging(tables, clock, collection, gallery(tables, clock))


def gallery(
    tables: Tables,
    clock: Clock,
    snapshots: Snapshots | None = None,
    engine: VectorEngine | None = None,
) -> MemoryGallery:
    """Return the galleries of a process that starts now."""
    log, latest = DynamoChangeLog(tables, 0.0), DynamoCollectionStore(tables).latest
    return MemoryGallery(log, 1 << 30, latest, snapshots, None, engine, clock)


def ruled(collection: Collection, days: int) -> Collection:
    """Return a collection as its item tells it with a rule, or without."""
    return replace(collection, rules={RETENTION_DAYS: str(days)} if days else {})
