"""Readers beside everything that moves a collection's vectors: each answer was right meanwhile."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from lineament.domain.collections import Collection, UserAction
from lineament.domain.engine import EngineUnavailable, Hits, Row
from lineament.domain.faces import FaceRecord, Matrix, Vector
from lineament.gallery import generation
from lineament.gallery.distant import DistantFaces
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.loading import Load
from lineament.storage.placement import Placement
from lineament.storage.provision import Tables
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.tenure import LATE_SECONDS, Tenure, TenureLost
from tests.gallery.tables import PlainEngine, PlainTable
from tests.storage.conftest import on_the_faster
from tests.storage.engines import engine_agrees
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import AT_ONCE, people
from tests.storage.world import make_faces, now

ROUNDS = 14
MOST_ROUNDS = 60
"""Where the machine is busy, so many until all else has had its turns."""
_SETTLED = 0.5
"""Seconds that this engine's `settle` takes: longer than a request here."""


class SharedTable(PlainTable):
    """A table that threads may share."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def put(self, rows: Sequence[Row], vectors: Matrix) -> None:
        with self._lock:
            super().put(rows, vectors)

    def remove(self, rows: Sequence[Row]) -> None:
        with self._lock:
            super().remove(rows)

    def settle(self) -> None:
        time.sleep(_SETTLED)

    def nearest(self, query: Vector, min_score: float, limit: int) -> Hits:
        with self._lock:
            return super().nearest(query, min_score, limit)

    def get(self, rows: Sequence[Row]) -> dict[Row, Vector]:
        with self._lock:
            return super().get(rows)

    def rows(self) -> Iterator[list[Row]]:
        with self._lock:
            yield from list(super().rows())

    def blocks(self) -> Iterator[tuple[list[Row], Matrix]]:
        with self._lock:
            yield from list(super().blocks())


@dataclass(frozen=True)
class Answers:
    """What one request was told, and between which numbers it ran."""

    begin: int
    end: int
    searches: tuple[Any, ...]
    vectors: dict[str, bytes] | None
    """None where the engine lacked one."""
    distant: bool


@dataclass
class Scene:
    """What all threads work on."""

    tables: Tables
    store: SnapshotStore
    engine: PlainEngine
    collection: Collection
    queries: list[Vector]
    stop: threading.Event
    made: list[int] = field(default_factory=list)
    """The numbers at which a snapshot was made."""
    moves: int = 0
    """How often the collection went to the engine, or away."""

    def now(self) -> Collection:
        return now(self.tables, self.collection)

    def write(self, faces: list[str]) -> list[MemoryGalleryView]:
        """Change faces and users in all ways, again and again; return the views of each number.

        Later the log cannot tell how it was: vectors of removed faces are erased.
        """
        store = DynamoFaceStore(self.tables)
        gallery = MemoryGallery(DynamoChangeLog(self.tables), 1 << 30)
        views = [gallery.sync(self.now())]
        for number in range(MOST_ROUNDS):
            if number >= ROUNDS and len(self.made) > 2 and self.moves > 2:
                break
            more, vectors = make_faces(3)
            gone = more[1].face_id
            again = FaceRecord(more[2].face_id, more[2].image_id, more[2].box, 99.0)
            action: UserAction = ("disassociate", "associate")[number % 2]
            user = partial(change_user, self.tables, self.collection)
            for work in (
                lambda faces=more, vectors=vectors: store.add(self.now(), faces, vectors),
                partial(user, "associate", "ben", more[0].face_id),
                lambda gone=gone: store.remove(self.now(), [gone]),
                lambda face=again: store.add(self.now(), [face], make_faces(1)[1]),
                partial(user, action, "ada", faces[0]),
            ):
                work()
                views.append(gallery.sync(self.now()))
            time.sleep(0.1)
        return views

    def compact(self) -> None:
        while not self.stop.is_set():
            there = self.now()
            if compact(self.tables, self.store, there, AT_ONCE, placement=Placement(self.engine)):
                self.made.append(there.seq)
            self.stop.wait(1.5)  # Else the mover never has its turn.

    def move(self) -> None:
        """Move the collection to the engine and away, over and over."""
        while not self.stop.is_set():
            with suppress(TenureLost):
                self.moves += self._leave() if self.moves % 2 else self._enter()
            self.stop.wait(0.05)

    def _enter(self) -> bool:
        name = self.collection.generation
        published = self.store.published(name) or Published()
        snapshot = self.store.newest(name)
        tenure = Tenure.take(self.tables.faces, name, self.engine.name) if snapshot else None
        if tenure is None or snapshot is None:
            return False
        load = Load(self.engine, snapshot)
        load.put(tenure)
        engaged = snapshot.seq == published.seq and tenure.engage(
            published.object_key, self.engine.name
        )
        if engaged:
            load.clear(tenure)
        tenure.finish()
        return engaged

    def _leave(self) -> bool:
        tenure = Tenure.take(self.tables.faces, self.collection.generation, self.engine.name)
        if tenure is None:
            return False
        tenure.disengage()
        tenure.finish(recheck=LATE_SECONDS)
        return True

    def read(self, gallery: MemoryGallery) -> list[Answers]:
        told = []
        draw, seen = random.Random(1), 0  # noqa: S311
        while not self.stop.is_set():
            collection = self.now()
            view = gallery.sync(collection)
            assert view.seq >= max(collection.seq, seen)
            seen = collection.seq
            if draw.random() < 0.3:
                time.sleep(0.02)
            searches = answers(view, self.queries)
            try:
                vectors = {name: v.tobytes() for name, v in view.vectors(_page(view)).items()}
            except EngineUnavailable:
                vectors = None
            far = isinstance(view.faces, DistantFaces)
            end = max(view.seq, self.now().seq)
            told.append(Answers(collection.seq, end, searches, vectors, far))
        return told


def _page(view: MemoryGalleryView) -> list[str]:
    return view.page(None, 1000)


def answers(view: MemoryGalleryView, queries: list[Vector]) -> tuple[Any, ...]:
    found = [
        tuple(ask(query, low, limit))
        for ask in (view.search, view.search_users)
        for query in queries
        for low, limit in ((-1.0, 4096), (-1.0, 3), (0.3, 5))
    ]
    return (len(view), tuple(_page(view)), *found)


@on_the_faster
def test_every_answer_was_right_while_it_was_made(
    tables: Tables, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: searches miss faces or users, or find those of long ago, while vectors are moved."""
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 5)
    monkeypatch.setattr(generation, "_WORTH_A_HEAD", 5)
    monkeypatch.setattr(generation, "_LOOK_SECONDS", 0.02)
    engine = PlainEngine()
    collection, faces = people(tables)
    for kind in ("faces", "users"):
        engine.tables[collection.generation, kind] = SharedTable()
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    queries = list(make_faces(3)[1])
    scene = Scene(tables, store, engine, collection, queries, threading.Event())
    galleries = [
        MemoryGallery(DynamoChangeLog(tables), 1 << 30, snapshots=store, engine=engine)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(12) as pool:
        readers = [pool.submit(scene.read, galleries[number % 2]) for number in range(8)]
        others = [pool.submit(work) for work in (scene.compact, scene.compact, scene.move)]
        try:
            views = scene.write(faces)
        finally:
            scene.stop.set()
        told = [each for reader in readers for each in reader.result()]
        for each in others:
            each.result()
    assert len(scene.made) > 2
    assert scene.moves > 2
    assert {each.distant for each in told} == {True, False}
    _check(told, views, queries)
    engine_agrees(tables, store, engine, collection)


def _check(told: list[Answers], views: list[MemoryGalleryView], queries: list[Vector]) -> None:
    """Assert that each answer is that of some number between its beginning and its end."""
    right = {view.seq: answers(view, queries) for view in views}
    vectors = {
        view.seq: {name: v.tobytes() for name, v in view.vectors(_page(view)).items()}
        for view in views
    }
    lacked = 0
    for each in told:
        between = [seq for seq in range(each.begin, each.end + 1) if seq in right]
        for place, answer in enumerate(each.searches):
            assert any(answer == right[seq][place] for seq in between)
        if each.vectors is None:
            lacked += 1
            assert any(vectors[seq] != vectors[between[0]] for seq in between)
        else:
            assert any(each.vectors == vectors[seq] for seq in between)
    assert lacked <= len(told) / 10
