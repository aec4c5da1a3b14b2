"""S3 and DynamoDB of `serve --local --data`, killed and started again."""

import json
import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from lineament.cli.durable.server import FAILED
from lineament.cli.emulator import command, free_port
from tests.cli.killable import Emulator, Start, ask

TABLE = "notes"
_log = logging.getLogger(__name__)


def make_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in "ps"],
        KeySchema=[
            {"AttributeName": "p", "KeyType": "HASH"},
            {"AttributeName": "s", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def key(partition: str, sort: object) -> dict[str, Any]:
    return {"p": {"S": partition}, "s": {"S": str(sort)}}


def change_everything(emulator: Emulator) -> None:
    """Use every kind of write that a collection or a bucket of pictures is made of."""
    dynamodb, s3 = emulator.client("dynamodb"), emulator.client("s3")
    make_table(dynamodb)
    dynamodb.put_item(TableName=TABLE, Item={**key("a", 1), "b": {"B": bytes(range(256))}})
    dynamodb.batch_write_item(
        RequestItems={TABLE: [{"PutRequest": {"Item": key("many", n)}} for n in range(25)]}
    )
    dynamodb.delete_item(TableName=TABLE, Key=key("many", 3))
    dynamodb.update_item(
        TableName=TABLE,
        Key=key("a", 1),
        UpdateExpression="ADD seq :one SET m = :map, l = :map",
        ExpressionAttributeValues={":one": {"N": "1"}, ":map": {"M": {}}},
    )
    dynamodb.update_item(
        TableName=TABLE,
        Key=key("a", 1),
        UpdateExpression="SET m.x = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(
            TableName=TABLE, Item=key("a", 1), ConditionExpression="attribute_not_exists(p)"
        )
    s3.create_bucket(Bucket="pictures")
    s3.create_bucket(Bucket="plain")
    s3.put_bucket_versioning(Bucket="pictures", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new", bytes(100_000)):
        s3.put_object(Bucket="pictures", Key="a \u00e9+%20.jpg", Body=body, Metadata={"who": "me"})
    s3.put_object(Bucket="pictures", Key="hidden", Body=b"still there")
    s3.delete_object(Bucket="pictures", Key="hidden")
    s3.put_object(Bucket="plain", Key="gone", Body=b"x")
    s3.put_object(Bucket="plain", Key="gone too", Body=b"x")
    s3.delete_object(Bucket="plain", Key="gone")
    s3.delete_objects(Bucket="plain", Delete={"Objects": [{"Key": "gone too"}]})
    upload = s3.create_multipart_upload(Bucket="plain", Key="large")["UploadId"]
    parts = []
    for number, size in ((1, 5 << 20), (2, 100)):
        which = {"Bucket": "plain", "Key": "large", "UploadId": upload, "PartNumber": number}
        etag = s3.upload_part(**which, Body=bytes([number]) * size)["ETag"]
        parts.append({"ETag": etag, "PartNumber": number})
    s3.complete_multipart_upload(
        Bucket="plain", Key="large", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    for version in ("s3", "s3v4"):
        signer = emulator.client("s3", signature_version=version)
        which = {"Bucket": "plain", "Key": version}
        ask(signer.generate_presigned_url("put_object", which, ExpiresIn=1), "PUT", b"by a link")
    time.sleep(1.1)  # a replay comes after their time


def everything(emulator: Emulator) -> str:
    """Return all that can be read, with ids and times."""
    dynamodb, s3 = emulator.client("dynamodb"), emulator.client("s3")
    found: dict[str, Any] = {
        "items": sorted(map(str, dynamodb.scan(TableName=TABLE)["Items"])),
        "table": dynamodb.describe_table(TableName=TABLE)["Table"],
    }
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        found[name] = bucket
        answer = s3.list_object_versions(Bucket=name)
        found[f"{name} versions"] = answer.get("Versions"), answer.get("DeleteMarkers")
        for version in answer.get("Versions", []):
            which = {"Bucket": name, "Key": version["Key"], "VersionId": version["VersionId"]}
            got = s3.get_object(**which)
            found[str(which)] = (got["Body"].read(), got["Metadata"], got["ContentType"])
    return json.dumps(found, default=str, indent=1)


@pytest.mark.parametrize("small", [False, True], ids=["from the journal", "from a snapshot"])
def test_a_killed_emulator_comes_back_to_the_last_byte(
    start: Start, tmp_path: Path, *, small: bool
) -> None:
    """Lost: pictures, versions that S3Object names, records, or the times and ids of them."""
    emulator = start(small=small)
    change_everything(emulator)
    before = everything(emulator)
    assert "still there" in before
    assert "by a link" in before
    assert "'l': {'M': {}}" in before, "two attributes have become one"
    emulator.kill()
    assert bool(list((tmp_path / "data").glob("snapshot-*"))) == small
    emulator = start(small=small)
    assert everything(emulator) == before
    emulator.client("s3").put_object(Bucket="plain", Key="more", Body=b"more")
    emulator.kill()
    emulator = start(small=small)
    body = emulator.client("s3").get_object(Bucket="plain", Key="more")["Body"].read()
    assert body == b"more"


class Writers:
    """Threads that write until their emulator is gone, and remember what was acknowledged."""

    def __init__(self) -> None:
        self.items: dict[str, int] = {}
        self.objects: dict[str, bytes] = {}
        self.deleted: set[str] = set()
        self.numbers: list[int] = []

    def work(self, emulator: Emulator, name: str) -> None:
        dynamodb, s3 = emulator.client("dynamodb"), emulator.client("s3")
        for turn in range(100_000):
            which = f"{name}-{turn}"
            try:
                dynamodb.put_item(
                    TableName=TABLE, Item={**key("item", which), "turn": {"N": str(turn)}}
                )
                self.items[which] = turn
                answer = dynamodb.update_item(
                    TableName=TABLE,
                    Key=key("counter", 0),
                    UpdateExpression="ADD seq :one",
                    ExpressionAttributeValues={":one": {"N": "1"}},
                    ReturnValues="UPDATED_NEW",
                )
                self.numbers.append(int(answer["Attributes"]["seq"]["N"]))
                s3.put_object(Bucket="pictures", Key=which, Body=which.encode() * 50)
                self.objects[which] = which.encode() * 50
                if turn % 3 == 0:
                    self.objects.pop(which)
                    s3.delete_object(Bucket="pictures", Key=which)
                    self.deleted.add(which)
            except (BotoCoreError, ClientError):
                return

    def check(self, emulator: Emulator) -> None:
        dynamodb, s3 = emulator.client("dynamodb"), emulator.client("s3")
        pages = dynamodb.get_paginator("scan").paginate(TableName=TABLE)
        items = {i["s"]["S"]: i for page in pages for i in page["Items"] if i["p"]["S"] == "item"}
        assert {name: int(items[name]["turn"]["N"]) for name in self.items} == self.items
        counter = dynamodb.get_item(TableName=TABLE, Key=key("counter", 0))["Item"]
        assert len(set(self.numbers)) == len(self.numbers), "a number was given twice"
        assert int(counter["seq"]["N"]) >= max(self.numbers)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="pictures")
        there = {each["Key"] for page in pages for each in page.get("Contents", [])}
        assert not self.objects.keys() - there
        assert not self.deleted & there
        for name in random.sample(sorted(self.objects), 10):
            got = s3.get_object(Bucket="pictures", Key=name)["Body"].read()
            assert got == self.objects[name]


def test_kills_at_random_moments_lose_nothing_that_was_acknowledged(
    start: Start, tmp_path: Path
) -> None:
    """Lost: what was written just before a crash, or while the journal began anew."""
    seed = int.from_bytes(os.urandom(4))
    _log.warning("seed %d", seed)
    moments = random.Random(seed)  # noqa: S311
    emulator = start(small=True)
    make_table(emulator.client("dynamodb"))
    emulator.client("s3").create_bucket(Bucket="pictures")
    writers = Writers()
    for turn in range(4):
        names = [f"{turn}-{number}" for number in range(6)]
        threads = [threading.Thread(target=writers.work, args=(emulator, n)) for n in names]
        for thread in threads:
            thread.start()
        least = len(writers.numbers) + 40
        while len(writers.numbers) < least and any(thread.is_alive() for thread in threads):
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.3))
        emulator.kill()
        for thread in threads:
            thread.join()
        assert len(writers.numbers) >= least
        emulator = start(small=True)
        writers.check(emulator)
    (snapshot,) = (tmp_path / "data").glob("snapshot-*")
    assert int(snapshot.name.split("-")[1]) >= 2, "no checkpoint came under the kills"


@pytest.mark.parametrize("ending", [Emulator.stop, Emulator.kill])
def test_a_stop_and_a_start_take_what_was_deleted_from_the_disk(
    start: Start, tmp_path: Path, ending: Callable[[Emulator], None]
) -> None:
    """Lost: whoever gets the folder sees the faces of people who were promised deletion."""
    emulator = start()
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="pictures")
    for name, body in (("gone", b"a face"), ("kept", b"a cat"), ("replaced", b"a face")):
        s3.put_object(Bucket="pictures", Key=name, Body=body)
    s3.put_object(Bucket="pictures", Key="replaced", Body=b"a dog")
    s3.delete_object(Bucket="pictures", Key="gone")
    ending(emulator)
    if ending is Emulator.kill:
        start().kill()
    every = b"".join(each.read_bytes() for each in (tmp_path / "data").iterdir())
    assert (b"a cat" in every, b"a dog" in every) == (True, True)
    assert b"a face" not in every
    s3 = start().client("s3")
    assert s3.get_object(Bucket="pictures", Key="kept")["Body"].read() == b"a cat"


def test_a_folder_in_use_or_damaged_is_refused_in_one_line(start: Start, tmp_path: Path) -> None:
    """Lost: a second server starts beside the first, or a trace instead of a reason."""
    folder = tmp_path / "data"
    first = start()

    def refused() -> str:
        answer = subprocess.run(
            [sys.executable, *command(free_port(), folder)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert answer.returncode == FAILED
        assert answer.stderr.count("\n") == 1
        return answer.stderr

    assert f"in use by another server, process {first.process.pid};" in refused()
    for name in ("one", "two", "three"):
        first.client("s3").create_bucket(Bucket=f"bucket-{name}")
    first.kill()
    journal = folder / "journal-0"
    content = journal.read_bytes()
    journal.write_bytes(content[:30] + bytes([content[30] ^ 1]) + content[31:])
    assert "is damaged at byte 0" in refused()
    journal.write_bytes(content[:-1])
    names = [each["Name"] for each in start().client("s3").list_buckets()["Buckets"]]
    assert names == ["bucket-one", "bucket-two"]
