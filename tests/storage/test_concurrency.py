"""Several processes at once on one collection."""

import json
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from lineament.domain.collections import Collection
from lineament.errors import ResourceNotFoundException, ThrottlingException
from lineament.gallery.memory import MemoryGallery
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from tests.storage.conftest import REGION
from tests.storage.world import (
    WRITES,
    Crash,
    HookedClient,
    RepeatingClient,
    ids_of,
    is_commit,
    make_collection,
    make_faces,
    now,
    stored_items,
    through,
    view,
)

pytestmark = pytest.mark.usefixtures("stays_healthy")


class RandomlyCrashing:
    """A client whose process dies at 4 % of its writes, half before and half after the effect."""

    def __init__(self, client: Any, seed: int) -> None:
        self._client = client
        self._random = random.Random(seed)  # noqa: S311

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name not in WRITES:
            return operation

        def call(**params: Any) -> Any:
            fate = self._random.random()
            if fate < 0.02:
                raise Crash
            answer = operation(**params)
            if fate > 0.98:
                raise Crash
            return answer

        return call


class Ledger:
    """What writers were told, and what they have begun."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.acknowledged: set[str] = set()
        self.removing: set[str] = set()
        self.removed: set[str] = set()
        self.groups: list[list[str]] = []


def write_for_a_while(tables: Tables, collection: Collection, ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    dying = through(tables, RandomlyCrashing(tables.control.client, seed))
    store = DynamoFaceStore(dying)
    for _ in range(25):
        faces, vectors = make_faces(chance.randint(1, 3))
        with ledger.lock:
            ledger.groups.append(ids_of(faces))
        try:
            store.add(now(tables, collection), faces, vectors)
        except Crash:
            continue
        with ledger.lock:
            ledger.acknowledged |= set(ids_of(faces))
        if chance.random() < 0.3:
            with ledger.lock:
                ledger.removing |= set(ids_of(faces))
            try:
                store.remove(now(tables, collection), ids_of(faces))
            except Crash:
                continue
            with ledger.lock:
                ledger.removed |= set(ids_of(faces))


def read_for_a_while(
    tables: Tables, collection: Collection, ledger: Ledger, done: threading.Event
) -> MemoryGallery:
    gallery = MemoryGallery(DynamoChangeLog(tables, grace=0.05), 1 << 30)
    while not done.is_set():
        with ledger.lock:
            due = ledger.acknowledged - ledger.removing
            gone = set(ledger.removed)
            groups = list(ledger.groups)
        seen = gallery.sync(now(tables, collection))
        assert [face_id for face_id in due if face_id not in seen] == []
        assert [face_id for face_id in gone if face_id in seen] == []
        for group in groups:
            assert len({face_id in seen for face_id in group}) == 1
    return gallery


def test_six_writers_three_readers_and_crashes(tables: Tables) -> None:
    """Else a face told to be indexed is missing from a search right after it."""
    collection = make_collection(tables)
    ledger, done = Ledger(), threading.Event()
    with ThreadPoolExecutor(9) as pool:
        readers = [
            pool.submit(read_for_a_while, tables, collection, ledger, done) for _ in range(3)
        ]
        writers = [
            pool.submit(write_for_a_while, tables, collection, ledger, seed) for seed in range(6)
        ]
        try:
            for writer in writers:
                writer.result()
        finally:
            done.set()
        galleries = [reader.result() for reader in readers]
    latest = now(tables, collection)
    pages = [gallery.sync(latest).page(None, 9999) for gallery in galleries]
    assert pages[0] == pages[1] == pages[2] == view(tables, collection).page(None, 9999)
    assert len(ledger.acknowledged) > 150
    stored = DynamoFaceStore(tables).records(collection, pages[0])
    assert sorted(stored) == pages[0]


def test_a_search_from_a_second_process_sees_a_face_just_indexed(
    tables: Tables, moto_endpoint: str
) -> None:
    """Else two servers on the same tables disagree about who is enrolled."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    program = """
import json, sys, uuid
import numpy as np
from lineament.context import Scope
from lineament.domain.faces import FaceRecord, RatioBox
from lineament.gallery.memory import MemoryGallery
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import connect
name, region, url = sys.argv[1:]
tables = connect(name, region, url)
found = DynamoCollectionStore(tables).find(Scope("123456789012", "us-east-1"), "people")
view = MemoryGallery(DynamoChangeLog(tables), 1 << 30).sync(found)
mine = FaceRecord(str(uuid.uuid4()), str(uuid.uuid4()), RatioBox(0, 0, 1, 1), 99.0)
DynamoFaceStore(tables).add(found, [mine], np.eye(1, 8, dtype=np.float32))
print(json.dumps({"seen": view.page(None, 10), "mine": mine.face_id}))
"""
    told = subprocess.run(
        [sys.executable, "-c", program, tables.control.name, REGION, moto_endpoint],
        capture_output=True,
        check=True,
        timeout=60,
    )
    answer = json.loads(told.stdout)
    assert answer["seen"] == sorted(ids_of(faces))
    seen = view(tables, collection)
    assert seen.search(np.eye(1, 8, dtype=np.float32)[0], 0.99, 1) == [(answer["mine"], 1.0)]


def test_a_writer_whose_number_was_voided_takes_another(tables: Tables) -> None:
    """Else an indexed face that a slow writer was told about is never found."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    voided: list[int] = []

    def void_it(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params) and len(voided) < 2:
            voided.append(now(tables, collection).seq)
            assert len(view(tables, collection)) == 0

    slow = through(tables, HookedClient(tables.control.client, void_it))
    assert DynamoFaceStore(slow).add(collection, faces, vectors) == 3
    assert voided == [1, 2]
    assert view(tables, collection).page(None, 9) == sorted(ids_of(faces))


def test_all_readers_agree_on_a_voided_number(tables: Tables) -> None:
    """Else two processes answer differently for ever."""
    collection = make_collection(tables)
    faces, vectors = make_faces(1)
    late: list[dict[str, Any]] = []

    def lose_the_commit(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params):
            late.append(params)
            raise Crash

    dying = through(tables, HookedClient(tables.control.client, lose_the_commit))
    with pytest.raises(Crash):
        DynamoFaceStore(dying).add(collection, faces, vectors)
    log = DynamoChangeLog(tables, grace=0.0)
    first = log.changes(collection.generation, 0, 1)
    assert tables.faces.put_new(late[0]["Item"]) is not None  # the write arrives after all
    assert (first[0].seq, first[0].added, first[0].removed) == (1, {}, ())
    assert log.changes(collection.generation, 0, 1) == first


def test_a_writer_gives_up_rather_than_commit_late(tables: Tables) -> None:
    """Else a write may land in a collection that the purge has emptied already."""
    collection = make_collection(tables)
    faces, vectors = make_faces(1)
    times = iter([0.0, 31.0])
    store = DynamoFaceStore(tables, timer=lambda: next(times))
    with pytest.raises(ThrottlingException):
        store.add(collection, faces, vectors)
    assert len(view(tables, collection)) == 0


def test_a_write_sent_twice_counts_once(tables: Tables) -> None:
    """Else an answer lost on the network turns a success into an error or a double."""
    twice = through(tables, RepeatingClient(tables.control.client))
    collection = make_collection(twice)
    faces, vectors = make_faces(2)
    seq = DynamoFaceStore(twice).add(collection, faces, vectors)
    assert len(view(tables, collection)) == 2
    assert now(tables, collection).seq == seq == 2  # two numbers were taken, one is void
    assert DynamoCollectionStore(twice).delete(collection)


def test_deleted_and_made_again_is_empty(tables: Tables) -> None:
    """Else a new collection shows faces of the old one of that name."""
    old = make_collection(tables)
    faces, vectors = make_faces(3)
    DynamoFaceStore(tables).add(old, faces, vectors)
    assert DynamoCollectionStore(tables).delete(old)
    assert not DynamoCollectionStore(tables).delete(old)
    new = make_collection(tables)
    assert len(view(tables, new)) == 0
    assert DynamoFaceStore(tables).records(new, ids_of(faces)) == {}
    assert not DynamoCollectionStore(tables).delete(old)
    more, more_vectors = make_faces(2)
    for late in (
        lambda: DynamoFaceStore(tables).add(old, more, more_vectors),
        lambda: DynamoFaceStore(tables).remove(old, ids_of(faces)),
    ):
        with pytest.raises(ResourceNotFoundException, match="people"):
            late()
    assert len(view(tables, new)) == 0
    assert len(stored_items(tables, "FACE#")) == 3
