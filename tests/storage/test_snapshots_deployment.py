"""A deployment with LINEAMENT_SNAPSHOT_BUCKET, from its settings on."""

import argparse
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from lineament import config
from lineament.app import build_application, build_services
from lineament.cli import housekeeping
from lineament.config import ConfigurationError, Settings
from lineament.domain.collections import Collection
from lineament.storage import entries, keys
from lineament.storage.clients import S3Clients
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due
from lineament.storage.provision import Tables
from tests.emulated import set_meanwhile, variables_of
from tests.storage.inhabited import LATER
from tests.storage.snapshotting import REGION, same
from tests.storage.world import make_collection, make_faces, now, through, view

NUMBERS = Due().growth


@pytest.fixture
def environment(tables: Tables, moto_endpoint: str) -> Iterator[dict[str, str]]:
    """Give the variables of a deployment on the tables and a new bucket, and set them."""
    bucket = f"snapshots-{uuid.uuid4().hex[:8]}"
    S3Clients(moto_endpoint).client(REGION).create_bucket(Bucket=bucket)
    variables = {
        **variables_of(moto_endpoint),
        "LINEAMENT_TABLE": tables.control.name,
        "LINEAMENT_REGION": REGION,
        "LINEAMENT_SNAPSHOT_BUCKET": bucket,
    }
    with set_meanwhile(variables):
        yield variables


def stored(settings: Settings) -> list[str]:
    answer = S3Clients().client(REGION).list_objects_v2(Bucket=settings.snapshot_bucket)
    return [each["Key"] for each in answer.get("Contents", [])]


def long_log(tables: Tables) -> Collection:
    """Make a collection whose log is just long enough for a snapshot."""
    collection = make_collection(tables)
    faces, vectors = make_faces(NUMBERS)
    log = [
        entries.entry(
            collection.generation,
            seq,
            entries.to_added([face.face_id], vectors[seq - 1 : seq]),
        )
        for seq, face in enumerate(faces, 1)
    ]
    tables.faces.put_many(log)
    tables.control.update(
        keys.collection_key(collection.scope, collection.collection_id),
        "SET #seq = :seq",
        "attribute_exists(pk)",
        {":seq": {"N": str(NUMBERS)}},
    )
    return now(tables, collection)


class Counted:
    """A client that counts the items which were asked for in batches."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)

        def call(**params: Any) -> Any:
            for table in params.get("RequestItems", {}).values():
                self.asked += len(table["Keys"])
            return operation(**params)

        return call


def test_a_server_makes_and_reads_snapshots(tables: Tables, environment: dict[str, str]) -> None:
    """Lost: the setting is there and does nothing, and a start reads the whole log."""
    settings = config.load(environment)
    collection = long_log(tables)
    counts = build_application(settings).housekeep()
    assert (counts["made_snapshots"], counts["failed_snapshots"]) == (1, 0)
    (key,) = stored(settings)
    assert key.startswith(f"{tables.control.name}/snapshots/{collection.generation}/")
    client = Counted(tables.control.client)
    gallery = build_services(settings, through(tables, client)).gallery
    found = gallery.sync(collection)
    assert client.asked == 0
    same(found, view(tables, collection))  # type: ignore[arg-type]
    assert build_application(settings).housekeep()["made_snapshots"] == 0


def test_the_command_makes_and_purges_snapshots(
    tables: Tables, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a deployment of functions whose operator keeps house by hand has no snapshots."""
    settings = config.load(environment)
    collection = long_log(tables)
    arguments = argparse.Namespace(grace=LATER)
    assert housekeeping.run(arguments) == 0
    assert "made snapshots: 1\nfailed snapshots: 0" in capsys.readouterr().out
    assert len(stored(settings)) == 1
    assert DynamoCollectionStore(tables).delete(collection)
    assert housekeeping.run(arguments) == 0
    assert stored(settings) == []


@pytest.mark.parametrize("name", ["A-Bucket", "ab", "s3://bucket", "bucket/folder", "bucket-"])
def test_names_that_no_bucket_has_are_refused(name: str) -> None:
    """Lost: a server starts, and each of its rounds of housekeeping fails."""
    with pytest.raises(ConfigurationError, match="LINEAMENT_SNAPSHOT_BUCKET"):
        config.load({"LINEAMENT_SNAPSHOT_BUCKET": name})
