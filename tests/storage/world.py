"""Faces, collections and unreliable clients for the storage tests."""

import itertools
import threading
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, Matrix, RatioBox
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.doctor.findings import Finding
from lineament.storage.doctor.walk import Pace, diagnose
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore

SCOPE = Scope("123456789012", "us-east-1")
WRITES = ("batch_write_item", "delete_item", "put_item", "update_item")


def make_collection(tables: Tables, name: str = "people", scope: Scope = SCOPE) -> Collection:
    made = Collection(scope, name, uuid.uuid4().hex, "model-1", 1_700_000_000.25)
    DynamoCollectionStore(tables).create(made)
    return made


def now(tables: Tables, collection: Collection) -> Collection:
    """Return the collection as of now."""
    found = DynamoCollectionStore(tables).find(collection.scope, collection.collection_id)
    assert found is not None
    return found


def view(tables: Tables, collection: Collection, grace: float = 0.0) -> MemoryGalleryView:
    """Return what a process that starts now sees."""
    gallery = MemoryGallery(DynamoChangeLog(tables, grace), 1 << 30)
    return gallery.sync(now(tables, collection))


def make_faces(count: int, dimensions: int = 8) -> tuple[list[FaceRecord], Matrix]:
    faces = [
        FaceRecord(str(uuid.uuid4()), str(uuid.uuid4()), RatioBox(0.1, -0.2, 0.3, 1 / 3), 99.5, "e")
        for _ in range(count)
    ]
    vectors = np.random.default_rng().normal(size=(count, dimensions)).astype(np.float32)
    return faces, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def diagnosed(
    tables: Tables, grace: float = -5.0, snapshots: SnapshotStore | None = None
) -> list[Finding]:
    """Return all that `lineament doctor` finds; by default the youngest record is old enough."""
    pace = Pace(grace, pause=0.02, patience=0.02)
    look = diagnose(tables, lambda log: MemoryGallery(log, 1 << 30), pace=pace, snapshots=snapshots)
    return look.findings


def healthy(tables: Tables, snapshots: SnapshotStore | None = None) -> None:
    """Assert that nothing is lost or contradicts itself; nobody may be writing."""
    found = diagnosed(tables, snapshots=snapshots)
    assert [each for each in found if each.severity == "broken"] == []


def ids_of(faces: list[FaceRecord]) -> list[str]:
    return [face.face_id for face in faces]


def stored_items(tables: Tables, prefix: str) -> list[dict[str, Any]]:
    """Return every item of the faces table whose pk begins so."""
    pages = tables.faces.client.get_paginator("scan").paginate(TableName=tables.faces.name)
    items = itertools.chain.from_iterable(page["Items"] for page in pages)
    return [item for item in items if item["pk"]["S"].startswith(prefix)]


def stored_vectors(tables: Tables, generation: str = "") -> int:
    """Return how many vectors the logs hold, all of them or one generation's."""
    entries = stored_items(tables, f"LOG#{generation}")
    blocks = [block for item in entries for block in item.get("vectors", {}).get("L", [])]
    return sum("B" in block for block in blocks)


class Crash(Exception):
    """The process died here."""


class Fuse:
    """Lets calls through until a process dies at the n-th (from 0), before or after its effect."""

    def __init__(self, at: int, *, after: bool) -> None:
        self._at, self._after = at, after
        self._lock = threading.Lock()
        self.calls = 0

    def call(self, operation: Callable[..., Any], params: dict[str, Any]) -> Any:
        with self._lock:
            turn = self.calls
            self.calls += 1
        if turn > self._at or (turn == self._at and not self._after):
            raise Crash
        answer = operation(**params)
        if turn == self._at:
            raise Crash
        return answer


class CrashingClient:
    """A client whose process dies at its n-th write (from 0), before or after it took effect."""

    def __init__(self, client: Any, at: int, *, after: bool) -> None:
        self._client = client
        self._fuse = Fuse(at, after=after)

    @property
    def writes(self) -> int:
        return self._fuse.calls

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name not in WRITES:
            return operation
        return lambda **params: self._fuse.call(operation, params)


class HookedClient:
    """A client that calls `before` with the operation and its parameters ahead of each write."""

    def __init__(self, client: Any, before: Callable[[str, dict[str, Any]], None]) -> None:
        self._client = client
        self._before = before

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)

        def call(**params: Any) -> Any:
            if name in WRITES:
                self._before(name, params)
            return operation(**params)

        return call


class RepeatingClient:
    """A client that sends each single-item write twice, as after an answer that got lost."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name not in {"put_item", "update_item", "delete_item"}:
            return operation

        def call(**params: Any) -> Any:
            operation(**params)
            return operation(**params)

        return call


def through(tables: Tables, client: Any) -> Tables:
    """Return the same tables reached through another client."""
    return Tables.of(client, tables.control.name)


def is_commit(name: str, params: dict[str, Any]) -> bool:
    """Tell whether a write is that of a log entry."""
    return name == "put_item" and params["Item"]["pk"]["S"].startswith("LOG#")
