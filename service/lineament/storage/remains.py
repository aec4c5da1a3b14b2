"""Looking for what is left of erased faces, in every byte that a deployment has stored."""

import hashlib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, fields

import numpy as np

from lineament.domain.engine import Kind, TableMissing
from lineament.domain.raw_ids import from_key, to_key
from lineament.domain.snapshot_format import SnapshotUnreadable, Stream
from lineament.domain.snapshots import unit_rows
from lineament.errors import LineamentError
from lineament.storage import entries, keys
from lineament.storage.placement import Placement
from lineament.storage.provision import Tables
from lineament.storage.published import from_item
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.table import Item

_READ = 1 << 22
_SAME = 0.9999
"""Cosine of two rows of an engine from which they are one picture's."""
_OF_GENERATIONS = ("FACE#", "LOG#", "SNAPSHOT#", "CELEBRITY#")
_KINDS: tuple[Kind, ...] = ("faces", "users")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must not be there any more."""

    ids: frozenset[str]
    """FaceIds."""
    halves: frozenset[bytes]
    """Vectors as the log and snapshots keep them: float16. Those that are known now."""
    digests: frozenset[bytes]
    """SHA-256 of all of them, known now or to the run before."""

    @classmethod
    def of(cls, ids: Iterable[str], halves: Iterable[bytes], digests: Iterable[bytes]) -> "Wanted":
        """Return what to look for; digests of the vectors that are known come with them."""
        known = frozenset(halves)
        told = {digest(each) for each in known}
        return cls(frozenset(ids), known, frozenset(digests) | told)

    @property
    def texts(self) -> tuple[bytes, ...]:
        """Return the bytes of all forms that vectors are stored in: float16, and float32 rows."""
        rows = [
            unit_rows(np.frombuffer(half, np.float16).reshape(1, -1)).tobytes()
            for half in self.halves
        ]
        return (*self.halves, *rows)


@dataclass(frozen=True, slots=True)
class Remains:
    """What was found, and what was looked through."""

    log_vectors: int = 0
    records: int = 0
    other_items: int = 0
    """Items that hold a vector's bytes anywhere else."""
    snapshots: int = 0
    """Objects that hold a vector or a FaceId."""
    engine_rows: int = 0
    looked_items: int = 0
    looked_objects: int = 0
    looked_bytes: int = 0
    """Of objects."""
    looked_rows: int = 0

    @property
    def nothing(self) -> bool:
        """Tell whether nothing was found."""
        return not any(
            getattr(self, each.name) for each in fields(self) if "looked" not in each.name
        )

    def __add__(self, other: "Remains") -> "Remains":
        """Return both together."""
        return Remains(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        )


def digest(half: bytes) -> bytes:
    """Return what stands for a vector without telling it: it has far too many values to guess."""
    return hashlib.sha256(half).digest()


def look_for(
    wanted: Wanted,
    generations: Set[str],
    tables: Tables,
    store: SnapshotStore | None,
    placement: Placement,
) -> Remains:
    """Read all tables, all snapshot objects and all rows of engines, and tell what is left.

    Args:
        wanted: what should not be there.
        generations: whose logs, records, objects and rows count; items that belong to no
            generation all count.
        tables: all three.
        store: of the snapshots, where there are any.
        placement: the engine, if there is one.

    Raises:
        LineamentError: somebody does not answer, or settings do not name the bucket or the engine
            that vectors are in; nothing is known then.
    """
    found = Remains()
    for table in (tables.control, tables.faces, tables.trust):
        for item in table.scan():
            if generation_of(item) in {None, *generations}:
                _require_reach(item, store, placement)
                found += _in_item(item, wanted)
    if store is not None:
        for object_key in store.objects():
            if keys.generation_of_object(object_key) in generations:
                found += _in_object(store, object_key, wanted)
    return found + _in_engine(wanted, generations, placement)


def _require_reach(item: Item, store: SnapshotStore | None, placement: Placement) -> None:
    if not item["pk"]["S"].startswith("SNAPSHOT#"):
        return
    if store is None:
        raise LineamentError("a collection has snapshots: set LINEAMENT_SNAPSHOT_BUCKET")
    held = from_item(item).held
    if held:
        placement.require(held)


def generation_of(item: Item) -> str | None:
    """Return the generation that an item belongs to, or None where it is of no one's."""
    partition = str(item["pk"]["S"])
    return partition.split("#")[1] if partition.startswith(_OF_GENERATIONS) else None


def _in_item(item: Item, wanted: Wanted) -> Remains:
    partition = str(item["pk"]["S"])
    if partition.startswith("FACE#") and item["sk"]["S"] in wanted.ids:
        return Remains(records=1, looked_items=1)
    if partition.startswith("LOG#"):
        kept = entries.kept_vectors(item).items()
        vectors = sum(digest(half) in wanted.digests for name, half in kept)
        vectors += sum(name in wanted.ids and digest(h) not in wanted.digests for name, h in kept)
        return Remains(log_vectors=vectors, looked_items=1)
    texts = wanted.texts
    held = any(text in value for value in _values(item) for text in texts)
    return Remains(other_items=int(held), looked_items=1)


def _values(value: object) -> Iterator[bytes]:
    """Yield every text and every block of bytes in an item, however deep."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _values(each)
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from _values(each)
    elif isinstance(value, str):
        yield value.encode()
    elif isinstance(value, bytes | bytearray):
        yield bytes(value)


def _in_object(store: SnapshotStore, object_key: str, wanted: Wanted) -> Remains:
    ids = tuple(key for key in map(to_key, wanted.ids) if key is not None)
    texts = (*wanted.texts, *ids)
    longest = max(map(len, texts), default=1)

    def look(stream: Stream, length: int, _generation: str) -> Remains:
        tail, held = b"", False
        while piece := stream.read(_READ):
            whole = tail + piece
            held = held or any(text in whole for text in texts)
            tail = whole[-longest:]
        return Remains(snapshots=int(held), looked_objects=1, looked_bytes=length)

    try:
        return store.scan(object_key, look)
    except SnapshotUnreadable:
        return Remains()  # Erased meanwhile.


def _in_engine(wanted: Wanted, generations: Set[str], placement: Placement) -> Remains:
    engine, found = placement.engine, Remains()
    if engine is None:
        return found
    halves = [np.frombuffer(half, np.float16).reshape(1, -1) for half in wanted.halves]
    for generation in sorted(generations & engine.generations()):
        for kind in _KINDS:
            try:
                for rows, vectors in engine.table(generation, kind).blocks():
                    near = np.zeros(len(rows), np.bool_)
                    for half in halves:
                        if half.shape[1] == vectors.shape[1]:
                            near |= (vectors @ unit_rows(half).T > _SAME)[:, 0]
                    named = np.array([from_key(row[0]) in wanted.ids for row in rows], np.bool_)
                    found += Remains(engine_rows=int((near | named).sum()), looked_rows=len(rows))
            except TableMissing:
                continue
    return found
