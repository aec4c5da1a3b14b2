"""Erasing a person leaves no byte of the vector in anything that is stored, wherever it stops."""

import contextlib
import secrets
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lineament.storage import keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.erasing import Erased
from lineament.storage.erasures import Erasure, Erasures, Target
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.placement import NOWHERE
from lineament.storage.provision import Tables
from lineament.storage.remains import Wanted, look_for
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.staging import open_stage
from tests.gallery.tables import PlainEngine
from tests.storage.conftest import on_the_faster
from tests.storage.persons import Person, enrol, erase, every_value, held, left
from tests.storage.snapshotting import AT_ONCE, DyingClients, objects
from tests.storage.unruly import DyingEngine
from tests.storage.world import (
    SCOPE,
    Crash,
    HookedClient,
    healthy,
    make_faces,
    now,
    stored_items,
    through,
    view,
)

_PARTS = 5
"""Tests among which the calls of an erasure are shared out."""


def test_no_byte_is_left_anywhere(tables: Tables, store: SnapshotStore) -> None:
    """Lost: somebody whom we told to be erased is in the log, a snapshot or an engine still."""
    engine = PlainEngine()
    person = enrol(tables, store, engine)
    assert held(person, tables, store, engine) >= 2 + 1 + 2, "log, snapshot and engine: else blind"
    before = left(person, tables, store, engine)
    assert (before.log_vectors, before.records, before.snapshots) == (2, 2, 1)
    assert before.engine_rows >= 2
    assert erase(person, tables, store, engine) == Erased(faces=2, users=1)
    assert held(person, tables, store, engine) == 0
    assert left(person, tables, store, engine).nothing
    assert left(person, tables, store, engine).looked_items > 0
    seen = view(tables, person.collection)
    assert len(seen) == 2
    (bob,) = seen.membership.users.values()
    assert (bob.user_id, len(bob.faces)) == ("bob", 1)
    assert not any("ada" in str(item.get("name")) for item in stored_items(tables, "LOG#"))
    healthy(tables, store)
    assert erase(person, tables, store, engine) == Erased(), "once more changes nothing"


@pytest.mark.parametrize("part", ["log", "record", "snapshot", "engine", "trust"])
def test_what_is_left_is_found(tables: Tables, store: SnapshotStore, part: str) -> None:
    """Lost: a receipt is signed for a person who is still there."""
    engine = PlainEngine()
    person = enrol(tables, store, engine)
    item = tables.faces.get(keys.log_key(person.collection.generation, 1))
    record = tables.faces.get(keys.face_key(person.collection.generation, person.faces[0]))
    (body,) = objects(store).values()
    (row,) = [
        each
        for each in engine.table(person.collection.generation, "faces").held or {}
        if each[0].hex() == person.faces[0].replace("-", "")
    ]
    vector = (engine.table(person.collection.generation, "faces").held or {})[row]
    erase(person, tables, store, engine)
    assert left(person, tables, store, engine).nothing
    assert item is not None
    assert record is not None
    if part == "log":
        tables.faces.put(item)
    if part == "record":
        tables.faces.put(record)
    if part == "snapshot":
        key = keys.snapshot_object(tables.control.name, person.collection.generation, 1, "x")
        store._objects._clients.client("us-east-1").put_object(
            Bucket=store._objects.bucket, Key=key, Body=body
        )
    if part == "engine":
        engine.table(person.collection.generation, "faces").put([row], vector[None])
    if part == "trust":
        deep = {"M": {"a": {"L": [{"B": b"xx" + person.halves[1] + b"yy"}]}}}
        tables.trust.put({"pk": {"S": "ELSE"}, "sk": {"S": "x"}, "deep": deep})
    found = left(person, tables, store, engine)
    counts = (
        found.log_vectors, found.records, found.snapshots, found.engine_rows, found.other_items
    )  # fmt: skip
    at = ["log", "record", "snapshot", "engine", "trust"].index(part)
    assert [count > 0 for count in counts] == [place == at for place in range(5)]


def test_digests_find_what_bytes_are_not_known_of(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a run that goes on after a crash looks for nothing and signs."""
    person = enrol(tables, store)
    item = tables.faces.get(keys.log_key(person.collection.generation, 1))
    erase(person, tables, store)
    assert item is not None
    tables.faces.put({**item, "ids": {"B": b"".join(bytes([n]) * 16 for n in range(4))}})
    resumed = Wanted.of(person.faces, (), person.wanted.digests)
    found = look_for(resumed, {person.collection.generation}, tables, store, NOWHERE)
    assert found.log_vectors == 2


def test_deleted_collections_and_moves_are_emptied(tables: Tables, store: SnapshotStore) -> None:
    """Lost: what waits for the purge, or is being made for another model, keeps the person."""
    person = enrol(tables, store)
    known = now(tables, person.collection)
    stage = open_stage(tables, known, "model-2")
    faces, _ = make_faces(2)
    mine = [replace(face, face_id=name) for face, name in zip(faces, person.faces, strict=True)]
    rows = np.stack([np.frombuffer(half, np.float16).astype(np.float32) for half in person.halves])
    stage.add(mine, rows)
    erase(person, tables, store)
    assert held(person, tables, store) == 0
    assert left(person, tables, store).nothing
    DynamoFaceStore(tables).add(now(tables, person.collection), mine, rows)
    compact(tables, store, now(tables, person.collection), AT_ONCE)
    DynamoCollectionStore(tables).delete(now(tables, person.collection))
    assert held(person, tables, store) > 0
    erase(person, tables, store)
    assert held(person, tables, store) == 0
    assert left(person, tables, store).nothing


def test_the_same_picture_indexed_meanwhile(tables: Tables, store: SnapshotStore) -> None:
    """Lost: who is indexed again while they are erased is in a snapshot, or half there."""
    person = enrol(tables, store)
    faces, _ = make_faces(2)
    mine = [replace(face, face_id=name) for face, name in zip(faces, person.faces, strict=True)]
    rows = np.stack([np.frombuffer(half, np.float16).astype(np.float32) for half in person.halves])
    turns: list[int] = []

    def index(name: str, params: dict[str, Any]) -> None:
        erasing_now = name == "delete_item" or "ADD" in str(params.get("UpdateExpression"))
        if erasing_now and len(turns) < 3:
            turns.append(1)
            DynamoFaceStore(tables).add(now(tables, person.collection), mine, rows)

    hooked = through(tables, HookedClient(tables.control.client, index))
    for _ in range(3):
        erase(person, hooked, store)
    assert len(turns) == 3
    assert held(person, tables, store) == 0
    assert left(person, tables, store).nothing
    healthy(tables, store)


@on_the_faster
@pytest.mark.parametrize("part", range(_PARTS))
def test_a_crash_at_any_call_is_gone_on_with(
    tables: Tables, store: SnapshotStore, part: int
) -> None:
    """Lost: an erasure that was killed leaves a part that the next run takes for erased."""
    at = part
    while True:
        engine = PlainEngine()
        person = enrol(tables, store, engine, f"people-{at}")
        dying = DyingClients(tables, store, at, after=at // _PARTS % 2 == 1)
        with contextlib.suppress(Crash):
            erase(person, dying.tables, dying.store, DyingEngine(engine, dying))
        finished = dying.calls <= at
        clock_passes(tables, person)
        erase(person, tables, store, engine)
        assert left(person, tables, store, engine).nothing, at
        assert held(person, tables, store, engine) == 0, at
        assert len(view(tables, person.collection)) == 2
        if finished:
            return
        at += _PARTS


def clock_passes(tables: Tables, person: Person) -> None:
    """Let the tenure of a writer who has died count as ended."""
    key = keys.snapshot_key(person.collection.generation)
    item = tables.faces.get(key)
    if item is not None and "written" in item:
        tables.faces.put({**item, "written": {"N": "1"}})


def test_what_a_run_has_to_do_is_kept_without_vectors(tables: Tables) -> None:
    """Lost: a run cannot be gone on with; or its plan is one more place with the vector in it."""
    kept = Erasures(tables, SCOPE.account)
    half = secrets.token_bytes(256)
    digests = Wanted.of((), [half], ()).digests
    one = Erasure(1, "ops", (Target("r", "c", "g", ("a", "b")),), digests, (("r", "Ada"),))
    kept.keep("name", one)
    assert kept.find("name") == one
    other = replace(one, targets=(Target("r", "c", "g", ("b", "d")),), names=(), begun=5)
    assert one.joined(other).targets == (Target("r", "c", "g", ("a", "b", "d")),)
    assert one.joined(other).begun == 1
    item = tables.trust.get(keys.erasure_key(SCOPE.account, "name"))
    assert item is not None
    texts = [half, half.hex().encode()]
    assert not any(text in value for value in every_value(item) for text in texts)
    kept.forget("name")
    assert kept.find("name") is None
