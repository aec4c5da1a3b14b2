"""Galleries whose vectors are in an engine, for the tests: snapshots without S3, and comparing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lineament.domain.engine import VectorEngine
from lineament.domain.faces import Vector
from lineament.domain.folding import Folding
from lineament.domain.snapshots import Head, Snapshot, unit_rows
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from lineament.storage.loading import Load
from tests.gallery.fake_log import ListLog
from tests.gallery.test_gallery import IDS, directions

HALVES = np.array(directions(4, 3), np.float16)  # few, so that equal scores are common
POOL = list(unit_rows(HALVES))
_HALF_OF = {vector.tobytes(): half.tobytes() for vector, half in zip(POOL, HALVES, strict=True)}


@dataclass
class Kept:
    """The Snapshots port, of one generation. What it does not have it has not got just now."""

    snapshot: Snapshot | None = None
    engine: str = "milvus"
    heads: int = 0
    """How often a head was read."""

    def whereabouts(self, generation: str) -> tuple[str, int]:
        assert generation
        return (self.engine, self.snapshot.seq) if self.snapshot is not None else ("", 0)

    def newest(self, generation: str) -> Snapshot | None:
        assert generation
        return self.snapshot

    def newest_head(self, generation: str, engine: str = "") -> Head | None:
        assert generation
        assert engine in {"", self.engine}
        self.heads += 1
        return None if self.snapshot is None else self.snapshot.head


class Sole:
    """A tenure that nobody contests."""

    replacing = False

    def keep(self) -> None:
        pass


def folded(log: ListLog, seq: int) -> Snapshot:
    """Return the snapshot of a log of vectors of `POOL` at a number."""
    folding = Folding("g")
    for change in log.entries[:seq]:
        kept = {name: vector for name, vector in change.added.items() if vector is not None}
        folding.apply(change, {name: _HALF_OF[vector.tobytes()] for name, vector in kept.items()})
    return folding.finish()


def load(engine: VectorEngine, snapshot: Snapshot, base: Snapshot | None = None) -> None:
    """Have an engine hold a snapshot, after another one or whatever is there, and nothing else."""
    loading = Load(engine, snapshot, None if base is None else base.head)
    loading.put(Sole())  # type: ignore[arg-type]
    loading.clear(Sole())  # type: ignore[arg-type]


def on(log: ListLog, kept: Kept | None, engine: VectorEngine | None) -> MemoryGallery:
    return MemoryGallery(log, 1 << 30, snapshots=kept, engine=engine)


def alike(
    one: MemoryGalleryView,
    other: MemoryGalleryView,
    queries: Sequence[Vector] = (POOL[0], -POOL[1]),
) -> None:
    """Assert that two views answer the same, to the last bit."""
    assert (one.seq, len(one)) == (other.seq, len(other))
    assert dict(one.membership.users) == dict(other.membership.users)
    assert dict(one.membership.owners) == dict(other.membership.owners)
    for name in IDS:
        assert (name in one) == (name in other)
        assert _bits(one.vector(name)) == _bits(other.vector(name))
        assert one.page(name, 3) == other.page(name, 3)
    pairs = [view.vectors(IDS) for view in (one, other)]
    assert {n: _bits(v) for n, v in pairs[0].items()} == {n: _bits(v) for n, v in pairs[1].items()}
    assert one.page(None, 100) == other.page(None, 100)
    users = other.user_page(None, 100)
    assert one.user_page(None, 100) == users
    for user in users:
        assert _bits(one.template(user.key)) == _bits(other.template(user.key))
    for query in queries:
        for low in (-1.5, 0.0, 0.3, 1.0):
            for limit in (1, 2, 5, 4096):
                assert one.search(query, low, limit) == other.search(query, low, limit)
                assert one.search_users(query, low, limit) == other.search_users(query, low, limit)


def _bits(vector: Vector | None) -> bytes | None:
    return None if vector is None else vector.tobytes()
