"""`lineament serve --local` keeps snapshots of large collections in a bucket of its own."""

import time

import pytest

from lineament.cli.local import SNAPSHOT_BUCKET
from lineament.storage import entries, keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from tests.cli.pair import Pair, StartPair
from tests.storage.world import SCOPE, ids_of, make_faces

PEOPLE = "people"


def test_after_kill_9_a_snapshot_is_read_in_place_of_the_log(start_pair: StartPair) -> None:
    """Lost: each start reads all that was ever written, before the first search is answered."""
    pair = start_pair(LINEAMENT_HOUSEKEEPING_SECONDS="1")
    pair.client().create_collection(CollectionId=PEOPLE)
    tables = Tables.of(pair.client("dynamodb"), "lineament")
    people = DynamoCollectionStore(tables).find(SCOPE, PEOPLE)
    assert people is not None
    faces, vectors = make_faces(2, 128)
    vectors[1] = vectors[0]
    DynamoFaceStore(tables).add(people, faces, vectors)
    log = [keys.log_key(people.generation, seq) for seq in range(1, Due().growth + 1)]
    tables.faces.put_many([{**key, **entries.to_void()} for key in log[1:]])
    tables.control.update(
        keys.collection_key(SCOPE, PEOPLE),
        "SET #seq = :seq",
        "attribute_exists(pk)",
        {":seq": {"N": str(len(log))}},
    )
    await_snapshot(pair)
    pair.kill()
    pair = start_pair()
    tables = Tables.of(pair.client("dynamodb"), "lineament")
    tables.faces.delete_many(log)
    first, second = ids_of(faces)
    found = pair.client().search_faces(CollectionId=PEOPLE, FaceId=first)["FaceMatches"]
    assert [match["Face"]["FaceId"] for match in found] == [second]


def await_snapshot(pair: Pair) -> None:
    s3 = pair.client("s3")
    deadline = time.monotonic() + 60
    while not s3.list_objects_v2(Bucket=SNAPSHOT_BUCKET)["KeyCount"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("settings", "buckets"),
    [
        ({}, [SNAPSHOT_BUCKET]),
        ({"LINEAMENT_SNAPSHOT_BUCKET": "of-my-own"}, ["of-my-own"]),
        ({"LINEAMENT_SNAPSHOT_BUCKET": ""}, []),
    ],
)
def test_the_bucket_is_there_and_may_be_another_or_none(
    start_pair: StartPair, settings: dict[str, str], buckets: list[str]
) -> None:
    """Lost: a warning with each housekeeping, or a bucket that somebody asked not to have."""
    pair = start_pair(in_memory=True, **settings)
    found = pair.client("s3").list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in found] == buckets
