"""Moving a collection beside calls, other runs and deletions at the worst moment."""

import itertools
from typing import Any

import pytest

from lineament.errors import LineamentError, ThrottlingException
from lineament.jobs import moving
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.staging import StageLost, open_stage
from tests.conformance import transports
from tests.property.conftest import build
from tests.storage.moving import LATER, NEW, World, require_moved, require_no_rests
from tests.storage.world import (
    SCOPE,
    HookedClient,
    RepeatingClient,
    is_commit,
    make_collection,
    make_faces,
    stored_items,
    through,
    view,
)

pytestmark = pytest.mark.usefixtures("stays_healthy")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for each picture: more places to die at."""
    monkeypatch.setattr(moving, "_PICTURES_AT_ONCE", 1)


def test_index_faces_in_the_middle_of_the_switch_is_told_to_try_again(
    tables: Tables, moto_endpoint: str
) -> None:
    """Lost: a face is acknowledged and gone, or the client is told that its collection is gone."""
    world = World(tables, moto_endpoint)
    records = world.index("one")
    faces, vectors = make_faces(1)
    turns = itertools.count()

    def move_all(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params) and next(turns) == 0:  # it has its number, and no entry yet
            assert world.move().switched

    writing = DynamoFaceStore(through(tables, HookedClient(tables.control.client, move_all)))
    with pytest.raises(ThrottlingException, match="another face model"):
        writing.add(world.now(), faces, vectors)
    require_moved(world, records)
    require_no_rests(tables, world)


def test_delete_faces_by_the_old_generation_is_told_to_try_again(
    tables: Tables, moto_endpoint: str
) -> None:
    """Lost: DeleteFaces says that it erased a face which the new generation still has."""
    world = World(tables, moto_endpoint)
    records = world.index("one")
    stale = world.now()
    assert world.move().switched
    with pytest.raises(ThrottlingException):
        DynamoFaceStore(tables).remove(stale, [records[0].face_id])
    require_moved(world, records)


def test_delete_collection_in_the_middle_of_the_switch(tables: Tables, moto_endpoint: str) -> None:
    """Lost: DeleteCollection says that there is no such collection, and it lives on."""
    world = World(tables, moto_endpoint)
    world.index("one")
    writes = itertools.count()

    def move_all(_name: str, _params: dict[str, Any]) -> None:
        if next(writes) == 0:
            assert world.move().switched

    hooked = through(tables, HookedClient(tables.control.client, move_all))
    c = transports.client(build(hooked, moto_endpoint).handle, None, SCOPE.account)
    assert c.delete_collection(CollectionId="people")["StatusCode"] == 200
    assert DynamoCollectionStore(tables).find(SCOPE, "people") is None
    purge(tables, None, LATER)
    assert stored_items(tables, "") == []


def test_a_second_run_takes_over_at_any_moment(tables: Tables, moto_endpoint: str) -> None:
    """Lost: two operators at once spoil the collection."""
    worlds = []
    for turn in range(0, 10, 2):
        world = World(tables, moto_endpoint, f"people-{turn}")
        worlds.append(world)
        records = world.index("one") + world.index("two")
        writes = itertools.count()

        def start_another(_name: str, _params: dict[str, Any]) -> None:
            if next(writes) == turn:  # noqa: B023 - called within this turn
                assert world.move().switched  # noqa: B023

        try:
            world.move(through(tables, HookedClient(tables.control.client, start_another)))
        except LineamentError:
            assert turn < 8
        else:
            assert turn == 8  # all was there: the other one switched to what this one had made
        require_moved(world, records)
    require_no_rests(tables, *worlds)


def test_a_run_that_was_overtaken_writes_nothing_more(tables: Tables, moto_endpoint: str) -> None:
    """Lost: the slower of two runs switches to what the other one is still making."""
    world = World(tables, moto_endpoint)
    records = world.index("one")
    first = open_stage(tables, world.now(), NEW.version)
    first.add(*make_faces(1, dimensions=5))
    second = open_stage(tables, world.now(), NEW.version)
    assert second.collection.generation == first.collection.generation  # it goes on
    for late in (
        lambda: first.add(*make_faces(1, dimensions=5)),
        lambda: first.remove([records[0].face_id]),
        lambda: first.switch(world.now()),
    ):
        with pytest.raises(StageLost):
            late()
    assert world.now().generation == world.collection.generation
    assert world.move().switched  # what `first` added is of no face here, and removed
    require_moved(world, records)
    require_no_rests(tables, world)


def test_a_stage_for_another_model_is_discarded(tables: Tables, moto_endpoint: str) -> None:
    """Lost: vectors of two models meet in one collection."""
    world = World(tables, moto_endpoint)
    records = world.index("one")
    faces, vectors = make_faces(2, dimensions=3)
    stage = open_stage(tables, world.now(), "model-3")
    stage.add(faces, vectors)
    assert world.move().switched
    with pytest.raises(StageLost):
        stage.add(faces, vectors)
    require_moved(world, records)
    require_no_rests(tables, world)


def test_answers_that_get_lost_change_nothing(tables: Tables, moto_endpoint: str) -> None:
    """Lost: boto3's retry of a switch that went through is taken for a failure."""
    world = World(tables, moto_endpoint)
    records = world.index("one") + world.index("two")
    assert world.move(through(tables, RepeatingClient(tables.control.client))).switched
    require_moved(world, records)
    require_no_rests(tables, world)


def test_collection_deleted_meanwhile(tables: Tables, moto_endpoint: str) -> None:
    """Lost: a deleted collection comes back with its faces."""
    for again in (False, True):
        world = World(tables, moto_endpoint)
        world.index("one")
        writes = itertools.count()

        def drop(_name: str, _params: dict[str, Any]) -> None:
            if next(writes) == 3:  # noqa: B023
                assert DynamoCollectionStore(tables).delete(world.now())  # noqa: B023
                if again:  # noqa: B023
                    make_collection(tables)

        with pytest.raises(LineamentError):
            world.move(through(tables, HookedClient(tables.control.client, drop)))
        for _ in range(3):
            purge(tables, None, LATER)
        if again:
            assert len(view(tables, world.collection)) == 0
            require_no_rests(tables, world)
            assert DynamoCollectionStore(tables).delete(world.now())
            purge(tables, None, LATER)
        assert stored_items(tables, "") == []
        assert DynamoCollectionStore(tables).find(SCOPE, "people") is None
