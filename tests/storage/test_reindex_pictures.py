"""Which faces of a collection can be moved, and from which pictures."""

import pytest

from lineament.domain.faces import FaceRecord, Source
from lineament.errors import ResourceNotFoundException
from lineament.jobs import moving
from lineament.jobs.moving import Outcome
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from tests.storage.moving import World, require_moved, require_no_rests
from tests.storage.world import ids_of, make_faces, stored_items, view


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for each picture: more places to die at."""
    monkeypatch.setattr(moving, "_PICTURES_AT_ONCE", 1)


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
