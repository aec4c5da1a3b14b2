"""Moving a collection to another model: at any moment it is whole, in one model or the other."""

import itertools
import time
from typing import Any

import pytest

from lineament.jobs import moving
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.staging import ABANDONED_SECONDS, StageLost
from lineament.storage.sweep import Swept, sweep
from tests.storage.moving import LATER, World, require_moved, require_no_rests
from tests.storage.world import Crash, CrashingClient, HookedClient, ids_of, through, view


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for each picture: more places to die at."""
    monkeypatch.setattr(moving, "_PICTURES_AT_ONCE", 1)


def test_move_keeps_ids_and_makes_vectors_anew(tables: Tables, moto_endpoint: str) -> None:
    """Lost: after a change of model every application has to learn new FaceIds."""
    world = World(tables, moto_endpoint)
    records = world.index("one", 3) + world.index("two", 1)
    world.delete([records.pop(1).face_id])
    before = world.now()
    outcome = world.move()
    assert (outcome.switched, outcome.faces, outcome.moved, outcome.left) == (True, 3, 3, {})
    require_moved(world, records)
    after = world.now()
    assert (after.created, after.tags) == (before.created, before.tags)
    records += world.index("three")  # the service goes on in the new generation
    world.delete([records.pop(0).face_id])
    require_moved(world, records)
    require_no_rests(tables, world)
    assert sweep(tables, world.now(), LATER) == Swept(0, 0)


@pytest.mark.parametrize("first", [0, 1], ids=["even", "odd"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_write_and_run_again(
    tables: Tables, moto_endpoint: str, first: int, *, after: bool
) -> None:
    """Lost: a crash in the middle leaves a collection that is neither the old nor the new one."""
    worlds = []
    for step in itertools.count(first, 2):
        world = World(tables, moto_endpoint, f"people-{step}")
        worlds.append(world)
        records = world.index("one") + world.index("two")
        client = CrashingClient(tables.control.client, step, after=after)
        try:
            world.move(through(tables, client))
        except Crash:
            finished = False
        else:
            finished = True
        if world.now().generation == world.collection.generation:
            assert view(tables, world.collection).page(None, 10) == sorted(ids_of(records))
            outcome = world.move()
            assert outcome.switched
            assert outcome.moved + outcome.resumed == len(records)
        require_moved(world, records)
        if finished:
            break
    assert step >= 9
    require_no_rests(tables, *worlds)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_and_never_run_again(tables: Tables, moto_endpoint: str, *, after: bool) -> None:
    """Lost: what an abandoned run wrote, faces that were deleted since among it, stays for ever."""
    worlds = []
    for step in (0, 1, 2, 4, 6):
        world = World(tables, moto_endpoint, f"people-{step}")
        worlds.append(world)
        records = world.index("one") + world.index("two")
        client = CrashingClient(tables.control.client, step, after=after)
        with pytest.raises(Crash):
            world.move(through(tables, client))
        world.delete([records.pop().face_id])
        assert view(tables, world.collection).page(None, 10) == sorted(ids_of(records))
        assert world.now().generation == world.collection.generation
    require_no_rests(tables, *worlds)


def test_a_run_at_work_is_left_alone_by_the_purge(tables: Tables, moto_endpoint: str) -> None:
    """Lost: housekeeping eats a long reindex from below, and the switch shows half of the faces."""
    world = World(tables, moto_endpoint)
    records = world.index("one") + world.index("two") + world.index("three")

    def keep_house(_name: str, _params: dict[str, Any]) -> None:
        purge(tables, None, LATER)

    outcome = world.move(through(tables, HookedClient(tables.control.client, keep_house)))
    assert outcome.switched
    require_moved(world, records)


def test_a_stage_that_the_purge_took_is_not_switched_to(tables: Tables, moto_endpoint: str) -> None:
    """Lost: a run that slept for hours switches to what was erased in the meantime."""
    world = World(tables, moto_endpoint)
    records = world.index("one")
    hours_later = time.time() + 2 * ABANDONED_SECONDS

    def keep_house(_name: str, params: dict[str, Any]) -> None:
        if "#garbage" in str(params.get("UpdateExpression")):
            purge(tables, None, LATER, lambda: hours_later)

    with pytest.raises(StageLost):
        world.move(through(tables, HookedClient(tables.control.client, keep_house)))
    assert world.now().generation == world.collection.generation
    require_no_rests(tables, world)
    assert world.move().switched
    require_moved(world, records)


@pytest.mark.parametrize("first", [0, 1], ids=["even", "odd"])
def test_changes_at_any_moment_are_followed(tables: Tables, moto_endpoint: str, first: int) -> None:
    """Lost: a face indexed while the collection moves is gone, or a deleted one is back."""
    worlds = []
    for turn in itertools.count(first, 2):
        world = World(tables, moto_endpoint, f"people-{turn}")
        worlds.append(world)
        records = world.index("one") + world.index("two")
        writes = itertools.count()

        def change(_name: str, _params: dict[str, Any]) -> None:
            if next(writes) == turn:  # noqa: B023 - called within this turn
                records.extend(world.index("three", 1))  # noqa: B023
                world.delete([records.pop(0).face_id])  # noqa: B023

        assert world.move(through(tables, HookedClient(tables.control.client, change))).switched
        require_moved(world, records)
        if next(writes) <= turn:
            break
    assert turn >= 9
    require_no_rests(tables, *worlds)
