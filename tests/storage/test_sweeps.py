"""Sweeps read what is new, and still find all that writers leave who die."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from lineament.domain.collections import Collection
from lineament.storage import keys
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import Housekeeping, housekeep
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.sweep import Swept, take
from lineament.storage.swept import DEFAULT_INTERVAL, WHOLE_INTERVAL, due
from tests.storage.counting import Units
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import AT_ONCE
from tests.storage.world import (
    Crash,
    HookedClient,
    ids_of,
    is_commit,
    make_collection,
    make_faces,
    now,
    stored_items,
    stored_vectors,
    through,
)

LATER = -5.0


class Days:
    """Housekeeping of a deployment, some time after the tables were filled."""

    def __init__(self, tables: Tables, store: SnapshotStore | None = None) -> None:
        self._tables, self._store = tables, store
        self._passed = 0.0

    def pass_by(self, seconds: float = DEFAULT_INTERVAL + 60) -> Housekeeping:
        self._passed += seconds
        done = housekeep(
            self._tables,
            grace=LATER,
            clock=lambda: time.time() + self._passed,
            snapshots=self._store,
        )
        assert not done.failed
        return done


def dies_at(tables: Tables, moment: Callable[[str, dict[str, Any]], bool]) -> Tables:
    """Return the tables of a process that dies before such a write."""

    def die(name: str, params: dict[str, Any]) -> None:
        if moment(name, params):
            raise Crash

    return through(tables, HookedClient(tables.control.client, die))


def erases(name: str, params: dict[str, Any]) -> bool:
    return name == "update_item" and "vectors" in str(params.get("ExpressionAttributeNames"))


def forgets(name: str, params: dict[str, Any]) -> bool:
    return name == "update_item" and "REMOVE #name" in params["UpdateExpression"]


def takes_number(name: str, params: dict[str, Any]) -> bool:
    return name == "update_item" and "ADD" in params["UpdateExpression"]


def remove_and_die(tables: Tables, collection: Collection, face_ids: list[str]) -> None:
    with pytest.raises(Crash):
        DynamoFaceStore(dies_at(tables, erases)).remove(now(tables, collection), face_ids)


def filled(tables: Tables, entries: int = 6) -> tuple[Collection, list[str]]:
    """Make a collection of two faces an entry."""
    collection, made = make_collection(tables), list[str]()
    for _ in range(entries):
        faces, vectors = make_faces(2)
        DynamoFaceStore(tables).add(now(tables, collection), faces, vectors)
        made += ids_of(faces)
    return collection, made


def test_an_idle_collection_is_not_swept(tables: Tables) -> None:
    """Lost: 1,000 collections of a million faces that nobody touches cost $16,000 a month."""
    filled(tables)
    days = Days(tables)
    assert days.pass_by().swept_collections == 1
    units = Units.of(tables)
    assert days.pass_by().swept_collections == 0
    assert (units.read, units.written) == (0, 0)


def test_a_sweep_reads_what_came_since_the_last(tables: Tables) -> None:
    """Lost: each new face costs a collection's whole log, four times a day."""
    collection, _ = filled(tables, 9)
    days = Days(tables)
    days.pass_by()
    for _ in range(3):
        DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))
    units = Units.of(tables)
    assert days.pass_by().swept_collections == 1
    assert (units.read, units.written) == (1 + 3, 2)
    assert days.pass_by().swept_collections == 0


def test_a_removal_that_was_finished_costs_no_more_than_its_faces(tables: Tables) -> None:
    """Lost: one face is deleted a day, and the whole log is read for it."""
    collection, faces = filled(tables, 9)
    days = Days(tables)
    days.pass_by()
    DynamoFaceStore(tables).remove(now(tables, collection), faces[:1])
    units = Units.of(tables)
    assert days.pass_by().swept_collections == 1
    assert (units.read, units.written) == (1 + 1 + 1, 2)


def test_vectors_that_a_cut_off_removal_left_are_found_by_the_next_sweep(tables: Tables) -> None:
    """Lost: a deleted person's vector stays for a week, or for ever."""
    collection, faces = filled(tables)
    days = Days(tables)
    days.pass_by()
    remove_and_die(tables, collection, faces[:3])
    assert stored_vectors(tables) == 12
    assert days.pass_by().swept_vectors == 3
    assert stored_vectors(tables) == len(stored_items(tables, "FACE#")) == 9
    assert days.pass_by().swept_collections == 0


def test_records_of_a_writer_that_died_with_a_number_are_found_by_the_next_sweep(
    tables: Tables,
) -> None:
    """Lost: where a face of a call that failed was, and what it was called, stays for a week."""
    collection, _ = filled(tables)
    days = Days(tables)
    days.pass_by()
    with pytest.raises(Crash):
        DynamoFaceStore(dies_at(tables, is_commit)).add(now(tables, collection), *make_faces(2))
    DynamoFaceStore(tables).add(now(tables, collection), *make_faces(1))  # the number is not last
    assert days.pass_by().swept_records == 2
    assert days.pass_by().swept_collections == 0


def test_records_of_a_writer_that_died_without_a_number_are_found_within_a_week(
    tables: Tables,
) -> None:
    """Lost: records that no number tells of stay for ever."""
    collection, _ = filled(tables)
    days = Days(tables)
    days.pass_by()
    with pytest.raises(Crash):
        DynamoFaceStore(dies_at(tables, takes_number)).add(now(tables, collection), *make_faces(2))
    assert days.pass_by().swept_collections == 0
    assert days.pass_by(WHOLE_INTERVAL).swept_records == 2
    assert days.pass_by().swept_collections == 0


def test_a_sweep_that_fails_is_repeated(tables: Tables) -> None:
    """Lost: what one failed sweep did not come to is passed over by all later ones."""
    collection, faces = filled(tables)
    days = Days(tables)
    days.pass_by()
    remove_and_die(tables, collection, faces[:1])
    with pytest.raises(Crash):
        housekeep(
            dies_at(tables, erases),
            grace=LATER,
            clock=lambda: time.time() + 2 * DEFAULT_INTERVAL + 120,
        )
    assert days.pass_by(3 * DEFAULT_INTERVAL).swept_vectors == 1


def test_a_sweep_from_a_snapshot_erases_what_a_whole_one_would(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: vectors and names that stand before the snapshot stay, or living faces lose theirs."""
    collection, faces = filled(tables)
    change_user(tables, collection, "create", "ada")
    change_user(tables, collection, "create", "eve")
    change_user(tables, collection, "associate", "ada", faces[0])
    days = Days(tables, store)
    days.pass_by()
    later, vectors = make_faces(1)
    DynamoFaceStore(tables).add(now(tables, collection), later, vectors)
    # Of a user's face, of one that stays away, of one that comes back, of one after the snapshot.
    remove_and_die(tables, collection, [faces[0], faces[2], later[0].face_id])
    with pytest.raises(Crash):
        change_user(dies_at(tables, forgets), collection, "delete", "eve")
    DynamoFaceStore(tables).add(now(tables, collection), later, vectors)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    remove_and_die(tables, collection, [faces[5]])
    item = tables.control.get(keys.collection_key(collection.scope, collection.collection_id))
    later = time.time() + 2 * WHOLE_INTERVAL
    turn = due(item or {}, now(tables, collection), DEFAULT_INTERVAL, later)
    assert turn is not None
    assert (turn.whole, turn.done.whole_seq, now(tables, collection).seq) == (True, 9, 14)
    units = Units.of(tables)
    done = take(tables, collection, turn, LATER, snapshots=store)
    assert done == Swept(records=2, vectors=3, names=1)
    assert units.read == 1 + 1 + 5 + 14, "collection, snapshot, what is new, what holds vectors"
    assert stored_vectors(tables) == len(stored_items(tables, "FACE#")) == 11
    assert sum("name" in each for each in stored_items(tables, "LOG#")) == 1


def test_another_generation_of_the_name_is_swept_from_its_beginning(tables: Tables) -> None:
    """Lost: a collection made again is taken for swept as far as the one before it was."""
    collection, _ = filled(tables)
    days = Days(tables)
    days.pass_by()
    item = tables.control.get(keys.collection_key(collection.scope, collection.collection_id))
    assert item is not None
    turn = due({**item, "generation": {"S": "g"}}, Collection(
        collection.scope, "people", "g", "model-1", 0.0, seq=6), DEFAULT_INTERVAL,
        time.time() + WHOLE_INTERVAL / 2)  # fmt: skip
    assert turn is not None
    assert turn.whole
    assert turn.done.whole_seq == 0
