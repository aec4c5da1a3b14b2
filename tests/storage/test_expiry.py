"""Expired faces leave the log, their users, records, vectors and snapshots."""

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from lineament.domain.ids import user_key
from lineament.jobs.looking import Found
from lineament.jobs.moving import _write
from lineament.storage import keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.expiry import expire
from lineament.storage.housekeeping import Housekeeping, housekeep
from lineament.storage.living import LivingFaces
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.staging import open_stage
from tests.storage.aging import Aging, Clock, aging, gallery
from tests.storage.conftest import on_the_faster
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import AT_ONCE, DyingClients, objects
from tests.storage.world import (
    Crash,
    HookedClient,
    healthy,
    is_commit,
    make_faces,
    now,
    stored_items,
    stored_vectors,
    through,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def old(tables: Tables, clock: Clock) -> Aging:
    """Return a collection of three faces, the first two ada's, and of one more two days later."""
    there = aging(tables, clock)
    faces = there.index(2) + there.index()
    change_user(tables, there.collection, "create", "ada")
    change_user(tables, there.collection, "associate", "ada", *faces[:2])
    clock.pass_days(2)
    there.index()
    return there


def keep_house(there: Aging, store: SnapshotStore | None = None) -> Housekeeping:
    done = housekeep(there.tables, grace=-5.0, sweep_interval=0, clock=there.clock, snapshots=store)
    assert not done.failed
    return done


def test_a_rule_holds_at_once_for_faces_that_are_there(old: Aging, clock: Clock) -> None:
    """Lost: a rule that is set today spares everybody who was indexed before."""
    assert len(old.seen()) == 4
    old.rule(3)
    assert len(old.seen()) == 4
    old.rule(1)
    (left,) = old.seen()
    clock.pass_days(1)
    assert old.seen() == []
    old.rule(2)
    assert old.seen() == [left], "its operator has loosened the rule, and nothing is erased yet"
    old.rule(0)
    assert len(old.seen()) == 4


def test_the_strictest_of_tags_and_rules_counts(old: Aging) -> None:
    """Lost: a caller who has tightened the rule by a tag is not obeyed."""
    old.rule(30)
    known = now(old.tables, old.collection)
    DynamoCollectionStore(old.tables).retag(known, lambda _old: {"lineament:retention-days": "1"})
    assert len(old.seen()) == 1


def test_what_has_expired_is_erased(old: Aging) -> None:
    """Lost: records and vectors of people stay whose time is over, those of users above all."""
    old.rule(1)
    (left,) = old.seen()
    assert keep_house(old).expired_faces == 3
    assert [item["sk"]["S"] for item in stored_items(old.tables, "FACE#")] == [left]
    assert stored_vectors(old.tables) == 1
    view = gallery(old.tables, old.clock).sync(now(old.tables, old.collection))
    assert view.log.membership.users[user_key(old.collection.lineage, "ada")].faces == ()
    assert not len(view.log.expired)
    assert old.seen() == [left]
    healthy(old.tables)
    before = now(old.tables, old.collection).seq
    assert keep_house(old).expired_faces == 0
    assert now(old.tables, old.collection).seq == before, "nothing more to do, nothing done"


def test_without_a_rule_nothing_is_touched(old: Aging, clock: Clock) -> None:
    """Lost: faces that nobody wanted to expire are gone."""
    clock.pass_days(36_500)
    assert keep_house(old).expired_faces == 0
    assert len(old.seen()) == stored_vectors(old.tables) == 4


def test_snapshots_lose_them_too(old: Aging, store: SnapshotStore, clock: Clock) -> None:
    """Lost: the vector of somebody whose time is over stays in S3."""
    vectors = [
        bytes(block["B"])
        for item in stored_items(old.tables, "LOG#")
        for block in item.get("vectors", {}).get("L", [])
    ]
    assert compact(old.tables, store, now(old.tables, old.collection), AT_ONCE, clock)
    (whole,) = objects(store).values()
    assert all(vector in whole for vector in vectors), "else this shows nothing"
    old.rule(1)
    cold = gallery(old.tables, clock, store)
    assert cold.sync(now(old.tables, old.collection)).page(None, 9) == old.seen()
    assert keep_house(old, store).made_snapshots == 1
    (whole,) = objects(store).values()
    assert sum(vector in whole for vector in vectors) == 1
    healthy(old.tables, store)


def test_a_move_makes_nobody_younger(old: Aging) -> None:
    """Lost: with each move to another model, all faces stay for the whole time once more."""
    known = now(old.tables, old.collection)
    living = LivingFaces(DynamoChangeLog(old.tables), known.generation)
    living.catch_up(known)
    records = old.store.records(known, sorted(living.ids))
    stage = open_stage(old.tables, known, "model-2")
    _, vectors = make_faces(len(records), dimensions=5)
    assert _write(stage, [Found(tuple(records.values()), vectors, ())], living) == 4
    assert stage.switch(known)
    assert len(old.seen()) == 4
    old.rule(1)
    assert len(old.seen()) == 1
    old.clock.pass_days(1)
    assert old.seen() == []


def test_faces_of_earlier_releases_are_as_old_as_their_collection(
    tables: Tables, clock: Clock
) -> None:
    """Lost: faces whose age nobody has kept never expire, or before anything can have."""
    there = aging(tables, clock)
    there.index()
    key = keys.log_key(there.collection.generation, 1)
    entry = tables.faces.get(key)
    assert entry is not None
    tables.faces.put({name: value for name, value in entry.items() if name != "indexed"})
    there.rule(3)
    clock.pass_days(2.9)
    assert len(there.seen()) == 1
    assert keep_house(there).expired_faces == 0
    clock.pass_days(0.1)
    assert there.seen() == []
    assert keep_house(there).expired_faces == 1


def test_a_face_indexed_again_at_that_moment_is_kept(tables: Tables, clock: Clock) -> None:
    """Lost: a picture that IndexFaces has taken is gone, since its old face expired just then."""
    there = aging(tables, clock)
    faces, vectors = make_faces(1)
    there.store.add(now(tables, there.collection), faces, vectors)
    there.rule(1)
    clock.pass_days(1)
    again: list[int] = []

    def index_again(name: str, params: dict[str, Any]) -> None:
        if name == "update_item" and "ADD" in params["UpdateExpression"] and not again:
            again.append(0)
            again[0] = there.store.add(now(tables, there.collection), faces, vectors)

    hooked = through(tables, HookedClient(tables.control.client, index_again))
    done = housekeep(hooked, grace=-5.0, sweep_interval=0, clock=clock)
    assert again == [2]
    assert not done.failed
    assert done.expired_faces == 0
    assert there.seen() == [faces[0].face_id]
    assert len(there.store.records(now(tables, there.collection), there.seen())) == 1
    healthy(tables)


def test_a_face_that_joins_a_user_meanwhile_leaves_it(tables: Tables, clock: Clock) -> None:
    """Lost: an expired face stays for ever, since it came to a user while it was to go."""
    there = aging(tables, clock)
    (face,) = there.index()
    change_user(tables, there.collection, "create", "ada")
    there.rule(1)
    clock.pass_days(1)
    joined: list[str] = []

    def join(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params) and "removed" in params["Item"] and not joined:
            joined.append(face)
            change_user(tables, there.collection, "associate", "ada", face)

    hooked = through(tables, HookedClient(tables.control.client, join))
    housekeep(hooked, grace=-5.0, sweep_interval=0, clock=clock)
    keep_house(there)
    assert joined
    assert there.seen() == []
    assert stored_items(tables, "FACE#") == []
    assert stored_vectors(tables) == 0
    healthy(tables)


def test_looks_are_not_made_where_none_is_due(old: Aging, clock: Clock) -> None:
    """Lost: each round reads the whole log of every collection that has a rule."""
    old.rule(30)
    keep_house(old)
    clock.pass_days(29.5)
    assert keep_house(old).expired_faces == 3

    def refuse(name: str, params: dict[str, Any]) -> None:
        raise AssertionError(f"{name} {params}")

    item = old.tables.control.get(keys.collection_key(old.collection.scope, "people"))
    assert item is not None
    quiet = through(old.tables, HookedClient(old.tables.control.client, refuse))
    known = now(old.tables, old.collection)
    assert expire(quiet, item, known, 0.0, clock) == 0


@on_the_faster
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_call_loses_nothing_and_keeps_nobody(
    tables: Tables, store: SnapshotStore, after: bool, clock: Clock
) -> None:
    """Lost: a server that dies while faces expire leaves vectors that nobody erases any more."""
    there = aging(tables, clock)
    at = 0
    while True:
        faces = there.index(2)
        name = f"user-{at}"
        change_user(tables, there.collection, "create", name)
        change_user(tables, there.collection, "associate", name, *faces[:1])
        there.rule(1)
        clock.pass_days(1.5)
        (left,) = there.index()
        dying = DyingClients(tables, store, at, after=after)
        with contextlib.suppress(Crash):
            housekeep(
                dying.tables, grace=-5.0, sweep_interval=0, clock=clock, snapshots=dying.store
            )
        finished = dying.calls <= at
        assert there.seen() == [left]
        keep_house(there, store)
        assert there.seen() == [left]
        assert len(stored_items(tables, "FACE#")) == stored_vectors(tables) == 1
        if at % 10 == 0 or finished:
            healthy(tables, store)
        if finished:
            return
        at += 1


def test_a_collection_made_again_has_its_own_time(old: Aging) -> None:
    """Lost: a new collection's faces expire by what was noted of the one before it."""
    old.rule(1)
    keep_house(old)
    store = DynamoCollectionStore(old.tables)
    assert store.delete(now(old.tables, old.collection))
    new = replace(old.collection, generation="f" * 32, created=old.clock.now, rules={}, tags={})
    store.create(new)
    there = replace(old, collection=new, gallery=gallery(old.tables, old.clock))
    there.index()
    there.rule(1)
    old.clock.pass_days(1.1)
    assert keep_house(there).expired_faces == 1
