"""Somebody who is stored in every place that there is, and looking for what is left of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lineament.domain.collections import Collection
from lineament.domain.snapshots import unit_rows
from lineament.gallery.memory import MemoryGallery
from lineament.storage import keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.erasing import Erased, Erasing
from lineament.storage.erasures import Target
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.placement import NOWHERE
from lineament.storage.provision import Tables
from lineament.storage.remains import Remains, Wanted, look_for
from lineament.storage.snapshots import SnapshotStore
from tests.gallery.tables import PlainEngine
from tests.storage.engines import to
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import AT_ONCE, objects
from tests.storage.unruly import DyingEngine
from tests.storage.world import (
    SCOPE,
    ids_of,
    make_collection,
    make_faces,
    now,
)


@dataclass(frozen=True)
class Person:
    """Somebody with two faces: of ada, who has no other, and of bob, who has another's as well."""

    collection: Collection
    faces: list[str]
    halves: list[bytes]
    """Their vectors, as the log keeps them."""

    @property
    def target(self) -> Target:
        return Target(
            SCOPE.region, self.collection.collection_id, self.collection.lineage, tuple(self.faces)
        )

    @property
    def wanted(self) -> Wanted:
        return Wanted.of(self.faces, self.halves, ())


def enrol(
    tables: Tables, store: SnapshotStore, engine: PlainEngine | None = None, name: str = "people"
) -> Person:
    """Store a person in every place that there is: log, records, users, snapshot and engine."""
    collection = make_collection(tables, name)
    faces, vectors = make_faces(4)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    ids = ids_of(faces)
    for user, mine in (("ada", ids[:1]), ("bob", ids[1:3])):
        change_user(tables, collection, "create", user)
        change_user(tables, collection, "associate", user, *mine)
    placement = NOWHERE if engine is None else to(engine)
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=placement)
    halves = [row.astype(np.float16).tobytes() for row in vectors[:2]]
    return Person(collection, ids[:2], halves)


def every_byte(tables: Tables, store: SnapshotStore, engine: PlainEngine | None) -> Iterator[bytes]:
    """Yield every value that is stored anywhere, by a way of its own."""
    for table in (tables.control, tables.faces, tables.trust):
        for item in table.scan():
            yield from every_value(item)
    yield from objects(store).values()
    for table_of_engine in () if engine is None else engine.tables.values():
        for vector in (table_of_engine.held or {}).values():
            yield vector.tobytes()


def every_value(value: Any) -> Iterator[bytes]:
    """Yield every text and block of bytes in an item, however deep."""
    if isinstance(value, dict):
        for each in value.values():
            yield from every_value(each)
    elif isinstance(value, list):
        for each in value:
            yield from every_value(each)
    elif isinstance(value, bytes):
        yield value
    elif isinstance(value, str):
        yield value.encode()


def held(
    person: Person, tables: Tables, store: SnapshotStore, engine: PlainEngine | None = None
) -> int:
    """Return how many stored values hold bytes of the person's vectors, in any form."""
    rows = [unit_rows(np.frombuffer(half, np.float16)[None]).tobytes() for half in person.halves]
    texts = [*person.halves, *rows]
    return sum(any(text in value for text in texts) for value in every_byte(tables, store, engine))


def erasing(
    tables: Tables, store: SnapshotStore | None, engine: PlainEngine | DyingEngine | None = None
) -> Erasing:
    placement = NOWHERE if engine is None else to(engine)  # type: ignore[arg-type]
    gallery = MemoryGallery(
        DynamoChangeLog(tables, 0.0), 1 << 30, DynamoCollectionStore(tables).latest
    )
    return Erasing(tables, gallery, store, placement)


def item_of(tables: Tables, person: Person) -> dict[str, Any]:
    item = tables.control.get(keys.collection_key(SCOPE, person.collection.collection_id))
    assert item is not None
    return item


def erase(
    person: Person,
    tables: Tables,
    store: SnapshotStore,
    engine: PlainEngine | DyingEngine | None = None,
) -> Erased:
    work = erasing(tables, store, engine)
    done = work.take_out(SCOPE, person.target)
    work.empty(item_of(tables, person), person.wanted)
    return done


def left(
    person: Person, tables: Tables, store: SnapshotStore, engine: PlainEngine | None = None
) -> Remains:
    """Return what the command finds itself, before it gives a receipt."""
    item = item_of(tables, person)
    generations = {item.get("generation", {"S": "-"})["S"], *item["garbage"]["M"]}
    placement = NOWHERE if engine is None else to(engine)
    return look_for(person.wanted, generations, tables, store, placement)
