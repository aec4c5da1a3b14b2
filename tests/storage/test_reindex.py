"""Moving a collection to another model: at any moment it is whole, in one model or the other."""

import itertools
import time
from typing import Any

import numpy as np
import pytest

from lineament.cli import moving
from lineament.cli.moving import Outcome
from lineament.domain.faces import FaceRecord, Source
from lineament.errors import (
    LineamentError,
    ResourceNotFoundException,
    ThrottlingException,
)
from lineament.storage.collections import DynamoCollectionStore, all_items
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.staging import ABANDONED_SECONDS, StageLost, open_stage
from lineament.storage.sweep import Swept, sweep
from tests.conformance import transports
from tests.property.conftest import build
from tests.storage.moving import NEW, World
from tests.storage.world import (
    SCOPE,
    Crash,
    CrashingClient,
    HookedClient,
    RepeatingClient,
    ids_of,
    is_commit,
    make_collection,
    make_faces,
    stored_items,
    through,
    view,
)

LATER = -5.0
"""A grace that makes even what was just written old enough."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for each picture: more places to die at."""
    monkeypatch.setattr(moving, "_PICTURES_AT_ONCE", 1)


def require_moved(world: World, records: list[FaceRecord]) -> None:
    """The collection is bound to NEW and holds exactly these faces, with NEW's vectors."""
    collection = world.now()
    assert collection.model_version == NEW.version
    assert collection.lineage == world.collection.generation
    seen = view(world.tables, world.collection)
    assert seen.page(None, 1000) == sorted(ids_of(records))
    for record in records:
        assert np.allclose(seen.vector(record.face_id), world.new_vector(record), atol=1e-6)
    stored = DynamoFaceStore(world.tables).records(collection, ids_of(records))
    assert stored == {record.face_id: record for record in records}


def require_no_rests(tables: Tables, *worlds: World) -> None:
    """After two rounds of housekeeping hours later only the living generations are left."""
    for _ in range(2):
        purge(tables, None, LATER, lambda: time.time() + 2 * ABANDONED_SECONDS)
    kept = {item["pk"]["S"].split("#")[1] for item in stored_items(tables, "")}
    assert kept == {world.now().generation for world in worlds}
    for item in all_items(tables.control, SCOPE):
        assert item["garbage"] == item["deleted"] == {"M": {}}
        assert [name for name in item if name.startswith("staged")] == []


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


def test_faces_that_cannot_be_moved(tables: Tables, moto_endpoint: str) -> None:
    """Lost: faces vanish silently, or the operator cannot tell which pictures to look for."""
    world = World(tables, moto_endpoint)
    kept = world.index("kept")
    by_bytes = world.index("bytes", 1, from_s3=False)
    missing, changed, other = (world.index(name, 1) for name in ("missing", "changed", "other"))
    world.s3.delete_object(Bucket=world.bucket, Key="missing")
    world.s3.put_object(Bucket=world.bucket, Key="changed", Body=b"FACES something else")
    outcome = Outcome()
    world.mover().rehearse(world.now(), outcome)
    reasons = {left.face_id: left.reason for left in outcome.left.values()}
    assert set(reasons) == set(ids_of(by_bytes + missing + changed))
    assert "not indexed from S3" in reasons[by_bytes[0].face_id]
    assert "no such object" in reasons[missing[0].face_id]
    assert "another picture" in reasons[changed[0].face_id]
    assert outcome.moved == len(kept + other)
    assert stored_items(tables, f"FACE#{world.collection.generation}") != []
    assert "staged_generation" not in str(tables.control.client.scan(TableName=tables.control.name))

    outcome = world.move()
    assert not outcome.switched
    assert set(outcome.left) == set(reasons)
    assert world.now().generation == world.collection.generation
    outcome = world.move(drop_unknown=True)
    assert (outcome.switched, outcome.moved, outcome.resumed) == (True, 0, 3)
    require_moved(world, kept + other)
    require_no_rests(tables, world)


def test_nothing_is_switched_where_no_face_can_be_moved(tables: Tables, moto_endpoint: str) -> None:
    """Lost: a wrong permission on the bucket and --drop-unknown together empty a collection."""
    world = World(tables, moto_endpoint)
    records = world.index("one")
    world.s3.delete_object(Bucket=world.bucket, Key="one")
    assert not world.move(drop_unknown=True).switched
    assert view(tables, world.now()).page(None, 10) == sorted(ids_of(records))


def test_a_place_known_to_one_face_of_a_picture_serves_all(
    tables: Tables, moto_endpoint: str
) -> None:
    """Lost: a picture sent as bytes first and from S3 later keeps its collection from moving."""
    world = World(tables, moto_endpoint)
    (record,) = world.index("one", 1)
    twin = FaceRecord(
        "01234567-89ab-4def-8123-456789abcdef", record.image_id, record.box, 99.0, "by bytes"
    )
    _, vectors = make_faces(1, dimensions=6)
    DynamoFaceStore(tables).add(world.now(), [twin], vectors)
    assert world.move().switched
    require_moved(world, [record, twin])


def test_version_of_the_object_is_read(tables: Tables, moto_endpoint: str) -> None:
    """Lost: a picture that was replaced in a versioned bucket counts as changed."""
    world = World(tables, moto_endpoint)
    world.s3.put_bucket_versioning(
        Bucket=world.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    (record,) = world.index("one", 1)
    image = world.images[record.image_id]
    put = world.s3.put_object(Bucket=world.bucket, Key="versioned", Body=image)
    world.s3.put_object(Bucket=world.bucket, Key="versioned", Body=b"newer")
    world.s3.delete_object(Bucket=world.bucket, Key="one")
    second = FaceRecord(
        "01234567-89ab-4def-8123-456789abcdef",
        record.image_id,
        record.box,
        99.0,
        source=Source(world.bucket, "versioned", put["VersionId"]),
    )
    _, vectors = make_faces(1, dimensions=6)
    DynamoFaceStore(tables).add(world.now(), [second], vectors)
    assert world.move().switched
    require_moved(world, [record, second])


def test_purged_old_generation_tells_stale_readers_what_dynamodb_told(
    tables: Tables, moto_endpoint: str
) -> None:
    """Lost: a reader of the old generation voids numbers in a log that was purged."""
    world = World(tables, moto_endpoint)
    world.index("one")
    stale = world.now()
    assert world.move().switched
    require_no_rests(tables, world)
    with pytest.raises(ResourceNotFoundException):
        moving.DynamoChangeLog(tables, 0.0).changes(stale.generation, 0, stale.seq)
    assert stored_items(tables, f"LOG#{stale.generation}") == []
