"""What the clock and chance have a part in, replayed by the emulator of `serve --local --data`."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.cli.killable import Emulator, Start

TABLE = "tokens"
LOCK = "x-amz-bucket-object-lock-enabled"
NO_SNAPSHOT = (
    "store.TIDY_SECONDS = 0.5; exec('def full(*_): raise OSError(28)'); folder.Folder.draft = full;"
)


def post_a_form(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="forms")
    form = s3.generate_presigned_post("forms", "by-form", ExpiresIn=1)
    fields = {**form["fields"], "file": ("by-form", b"by a form")}
    assert urllib3.request("POST", form["url"], fields=fields).status == 204


def lock_objects(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2}}
    s3.put_object_lock_configuration(
        Bucket="locked",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention},
    )
    s3.put_object(Bucket="locked", Key="kept", Body=b"kept", ChecksumAlgorithm="SHA256")


def name_an_access_point(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket="behind")
    body = "<CreateAccessPointRequest><Bucket>behind</Bucket></CreateAccessPointRequest>"
    assert door(emulator, "PUT", body)


def door(emulator: Emulator, method: str, body: str = "") -> list[str]:
    """Return the random name of the access point, where there is one."""
    url = f"{emulator.url}/v20180820/accesspoint/door"  # boto3 would go to a host of its own
    account = {"x-amz-account-id": "123456789012"}
    answer = urllib3.request(method, url, body=body, headers=account).data.decode()
    return re.findall("<Alias>door-[^<]*", answer)


def import_a_table(emulator: Emulator) -> None:
    s3, dynamodb = emulator.client("s3"), emulator.client("dynamodb")
    s3.create_bucket(Bucket="imports")
    line = json.dumps({"Item": {"p": {"S": "imported"}}})
    s3.put_object(Bucket="imports", Key="data.json", Body=f"{line}\n".encode())
    imported = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "imports"},
        InputFormat="DYNAMODB_JSON",
        TableCreationParameters={"TableName": "imported", **_SCHEMA},
    )
    arn = imported["ImportTableDescription"]["ImportArn"]
    deadline = time.monotonic() + 20
    while dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"]["ImportStatus"] != (
        "COMPLETED"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    dynamodb.delete_item(
        TableName="imported",
        Key={"p": {"S": "imported"}},
        ConditionExpression="attribute_exists(p)",
    )


_SCHEMA: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def told(emulator: Emulator) -> str:
    """Return what the changes above left, as far as any of them was made."""
    s3, dynamodb = emulator.client("s3"), emulator.client("dynamodb")
    found: list[Any] = [door(emulator, "GET")]
    for read in (
        lambda: s3.head_object(Bucket="forms", Key="by-form")["ETag"],
        lambda: s3.get_object_retention(Bucket="locked", Key="kept")["Retention"],
        lambda: dynamodb.scan(TableName="imported")["Items"],
    ):
        try:
            found.append(read())
        except ClientError as error:
            found.append(error.response["Error"]["Code"])
    return str(found)


@pytest.mark.parametrize(
    "change", [post_a_form, lock_objects, name_an_access_point, import_a_table]
)
def test_a_replay_lives_in_the_time_of_what_it_replays(
    start: Start, change: Callable[[Emulator], None]
) -> None:
    """Lost: after one form upload, the folder refuses to start for ever."""
    emulator = start()
    change(emulator)
    before = told(emulator)
    time.sleep(1.1)  # the form's time is over, and an object written now is locked for longer
    emulator.kill()
    assert told(start()) == before


def make_tokens(dynamodb: Any) -> None:
    dynamodb.create_table(TableName=TABLE, **_SCHEMA)
    dynamodb.update_time_to_live(
        TableName=TABLE,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
    )
    now = int(time.time())
    year = 365 * 24 * 3600
    for name, end in {
        "over": {"N": str(now - 5)},
        "soon": {"N": str(now + 2)},
        "later": {"N": str(now + 7 * 24 * 3600)},
        "mistaken": {"N": str(now - 6 * year)},
        "zero": {"N": "0"},
        "worded": {"S": str(now - 5)},
    }.items():
        dynamodb.put_item(TableName=TABLE, Item={"p": {"S": name}, "expires": end})
    dynamodb.put_item(TableName=TABLE, Item={"p": {"S": "endless"}})


def names(emulator: Emulator) -> set[str]:
    items = emulator.client("dynamodb").scan(TableName=TABLE)["Items"]
    return {item["p"]["S"] for item in items}


FOR_GOOD = {"later", "mistaken", "zero", "worded", "endless"}


def test_items_expire_at_a_start_and_now_and_then(start: Start) -> None:
    """Lost: tokens that the documents promise to forget after 7 days are kept for ever."""
    emulator = start()
    make_tokens(emulator.client("dynamodb"))
    assert names(emulator) == {"over", "soon", *FOR_GOOD}
    emulator.kill()
    emulator = start(patch="store.TIDY_SECONDS = 0.5;")
    assert names(emulator) <= {"soon", *FOR_GOOD}
    deadline = time.monotonic() + 20
    while names(emulator) != FOR_GOOD:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    emulator.stop()
    assert names(start()) == FOR_GOOD


def test_what_expired_expires_in_a_replay_at_the_same_place(start: Start) -> None:
    """Lost: a write that an expired item made way for is refused by the next start."""
    emulator = start(patch=NO_SNAPSHOT)
    dynamodb = emulator.client("dynamodb")
    make_tokens(dynamodb)
    claim = {
        "TableName": TABLE,
        "Item": {"p": {"S": "soon"}},
        "ConditionExpression": "attribute_not_exists(p)",
    }
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(**claim)
    deadline = time.monotonic() + 20
    while "soon" in names(emulator):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    dynamodb.put_item(**claim)
    emulator.kill()
    emulator = start(patch=NO_SNAPSHOT)
    assert names(emulator) == {"soon", *FOR_GOOD}


def test_ministack_lets_nothing_expire_by_itself() -> None:
    """Lost: an item that vanished by itself let a write through that the next start refuses."""
    program = (
        "from lineament.cli.durable.engine import Engine; Engine();"
        "from ministack.services import dynamodb; print(dynamodb.time.time())"
    )
    now = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert now.stdout == b"-inf\n", "the thread that erases expired items would find some"
