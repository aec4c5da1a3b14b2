"""Jobs of the work queue, each done for real, twice, and cut off."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas import container, operations, worker
from lineament.errors import LineamentError, ServiceUnavailable
from lineament.handlers.table import OPERATIONS
from lineament.jobs import messages, moving, work
from tests.lambdas.queueing import counts, event, failed

BUCKET = "work-pictures"
SNAPSHOTS = "work-snapshots"


class Clock:
    """Lambda's context, of an event that has time for so many looks at it."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self._looks -= 1
        return 900_000 if self._looks >= 0 else 0


@pytest.fixture(autouse=True)
def world(
    aws_endpoint: str,
    fresh_container: str,
    monkeypatch: pytest.MonkeyPatch,
    photo_dir: Path,
) -> Iterator[str]:
    """Return the address of a queue; three photos are in a bucket, and the collection is empty."""
    assert fresh_container
    sqs = boto3.client("sqs", endpoint_url=aws_endpoint)
    queue = sqs.create_queue(QueueName="work")["QueueUrl"]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", aws_endpoint)
    monkeypatch.setenv("LINEAMENT_WORK_QUEUE_URL", queue)
    monkeypatch.setenv("LINEAMENT_SNAPSHOT_BUCKET", SNAPSHOTS)
    monkeypatch.setenv("LINEAMENT_COLLECTION_PROFILES", "nobody=light")
    s3 = boto3.client("s3")
    for bucket in (BUCKET, SNAPSHOTS):
        s3.create_bucket(Bucket=bucket)
    for name in ("obama", "obama2", "biden"):
        s3.upload_file(str(photo_dir / f"{name}.jpg"), BUCKET, f"{name}.jpg")
    container.make_tables()
    operations.create_collection({"CollectionId": "staff"}, None)
    yield queue
    sqs.delete_queue(QueueUrl=queue)


def do(job: Any, context: Any = None) -> list[str]:
    body = job if isinstance(job, str) else json.dumps(job)
    return failed(worker.handler(event(body), context))


def handed_on(queue: str, aws_endpoint: str) -> list[str]:
    sqs = boto3.client("sqs", endpoint_url=aws_endpoint)
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    return [each["Body"] for each in found]


def images(*names: str, **members: str) -> list[dict[str, str]]:
    return [{"image": f"s3://{BUCKET}/{name}.jpg", **members} for name in names]


def faces() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operations.list_faces({"CollectionId": "staff"}, None)["Faces"]
    return found


def import_(*names: str) -> dict[str, Any]:
    return {"job": "import", "collection": "staff", "images": images(*names)}


def test_import_of_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a large import cannot be spread over functions."""
    job = {
        "job": "import",
        "collection": "staff",
        "images": [
            *images("obama", "obama2", user_id="ada"),
            *images("biden", external_image_id="b:1"),
        ],
    }
    assert do(job) == []
    assert counts(capsys.readouterr().out) == {"Failed": 0, "Done": 1, "Indexed": 3, "Faces": 3}
    known = faces()
    assert sorted(each.get("UserId", "") for each in known) == ["", "ada", "ada"]
    assert [e["ExternalImageId"] for e in known if "ExternalImageId" in e] == ["b:1"]
    assert do(job) == []
    assert faces() == known


def test_import_passes_by_what_is_no_picture(capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: one bad file among a thousand makes all of them dead letters."""
    boto3.client("s3").put_object(Bucket=BUCKET, Key="text.jpg", Body=b"text")
    assert do(import_("text", "biden")) == []
    told = counts(capsys.readouterr().out)
    assert (told["Rejected"], told["Indexed"]) == (1, 1)
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="text.jpg")
    assert do(import_("text")) == ["message-0"]  # missing, or a right is: somebody has to look


def test_missing_picture_holds_up_no_other(world: str, aws_endpoint: str) -> None:
    """Lost: a thousand pictures are never imported since the first of them was deleted."""
    assert do(import_("none", "obama", "biden")) == ["message-0"]  # somebody has to look
    assert len(faces()) == 2
    assert do(import_("none", "obama", "biden"), Clock(2)) == []
    (rest,) = handed_on(world, aws_endpoint)
    assert json.loads(rest)["images"] == images("biden", "none")  # it is not forgotten
    assert do(rest) == ["message-0"]


def test_import_goes_on_in_the_next_event(world: str, aws_endpoint: str) -> None:
    """Lost: what does not end within an event begins anew for ever, and ends as a dead letter."""
    assert do(import_("obama", "obama2", "biden"), Clock(2)) == []
    assert len(faces()) == 2
    (rest,) = handed_on(world, aws_endpoint)
    assert json.loads(rest)["images"] == images("biden")
    assert do(rest, Clock(100)) == []
    assert len(faces()) == 3
    assert handed_on(world, aws_endpoint) == []


def test_circle_ends(world: str, aws_endpoint: str) -> None:
    """Lost: a job that never gets on is handed on for ever, and paid for."""
    assert do({**import_("obama"), "turn": messages.MAX_TURNS}, Clock(0)) == ["message-0"]
    assert handed_on(world, aws_endpoint) == []


@pytest.mark.provokes_faults
def test_job_that_the_queue_does_not_take_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: the rest of a job, when SQS is away at the wrong moment."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    container.queue.cache_clear()
    assert do(import_("obama"), Clock(0)) == ["message-0"]


def test_reindex(world: str, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a collection cannot be moved to another model without a machine that runs for hours."""
    monkeypatch.setattr(moving, "_PICTURES_AT_ONCE", 1)
    assert do(import_("obama", "obama2", "biden")) == []
    before = {each["FaceId"] for each in faces()}
    job = {"job": "reindex", "collection": "staff", "profile": "light"}
    assert do(job, Clock(1)) == []  # cut off, and gone on with
    (rest,) = handed_on(world, aws_endpoint)
    old = operations.describe_collection({"CollectionId": "staff"}, None)["FaceModelVersion"]
    assert do(rest) == []
    assert {each["FaceId"] for each in faces()} == before
    new = operations.describe_collection({"CollectionId": "staff"}, None)["FaceModelVersion"]
    assert new != old
    assert do(job) == []
    assert operations.describe_collection({"CollectionId": "staff"}, None)["FaceCount"] == 3


def test_reindex_that_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: faces are dropped, or a collection is moved to a model that nobody serves."""
    assert do(import_("obama")) == []
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="obama.jpg")
    job = {"job": "reindex", "collection": "staff", "profile": "light"}
    assert do(job) == ["message-0"]
    assert len(faces()) == 1
    assert do({**job, "collection": "deleted"}) == []
    assert counts(capsys.readouterr().out) == {"Failed": 0, "Done": 1}


def test_reindex_to_a_profile_that_nobody_runs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: a collection is moved, and the service refuses it from then on."""
    monkeypatch.delenv("LINEAMENT_COLLECTION_PROFILES")
    container.forget()
    assert do({"job": "reindex", "collection": "staff", "profile": "light"}) == ["message-0"]
    assert "does not run that profile" in caplog.text


def test_compaction(capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: cold starts read a long log, since nothing but a server would fold it."""
    assert do(import_("biden")) == []
    job = {"job": "compact", "collection": "staff"}
    assert do(job) == []
    assert counts(capsys.readouterr().out)["Snapshots"] == 1
    assert do(job) == []
    assert counts(capsys.readouterr().out)["Snapshots"] == 0
    snapshots = container.application().snapshots
    assert snapshots is not None
    found = container.application().services.collections.find(container.scope(), "staff")
    assert found is not None
    assert snapshots.newest(found.generation) is not None
    assert do({"job": "compact", "collection": "none"}) == []


def test_compaction_without_a_bucket(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: the job looks done while nothing was."""
    monkeypatch.delenv("LINEAMENT_SNAPSHOT_BUCKET")
    container.forget()
    assert do({"job": "compact", "collection": "staff"}) == ["message-0"]
    assert "LINEAMENT_SNAPSHOT_BUCKET" in caplog.text


def test_purge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: what a deleted collection left stays until a schedule comes by."""
    assert do(import_("biden")) == []
    operations.delete_collection({"CollectionId": "staff"}, None)
    assert do({"job": "purge"}) == []  # writers of just now may be at work
    assert counts(capsys.readouterr().out)["PurgedGenerations"] == 0
    monkeypatch.setattr(work, "purge", partial(work.purge, older_than=-5.0))
    assert do({"job": "purge"}) == []
    assert counts(capsys.readouterr().out)["PurgedGenerations"] == 1
    assert do({"job": "purge"}) == []
    assert counts(capsys.readouterr().out)["PurgedGenerations"] == 0


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ("no JSON", "is not JSON"),
        ([], "is no job"),
        ({"job": "dance"}, "is no job; there are purge, compact, reindex, import"),
        ({"job": ["purge"]}, "is no job"),
        ({"job": "purge", "grace": 0}, "job purge has wrong or missing members: grace"),
        ({"job": "compact"}, "members: collection"),
        ({"job": "compact", "collection": "a b"}, "members: collection"),
        ({"job": "reindex", "collection": "a", "profile": "/etc/passwd"}, "members: profile"),
        ({"job": "reindex", "collection": "a", "profile": "light", "drop_unknown": 1}, "drop_unk"),
        ({"job": "import", "collection": "a", "images": []}, "members: images"),
        ({**import_("a"), "images": [{"image": "/etc/passwd"}]}, "members: images"),
        ({**import_("a"), "images": images("a") * 1001}, "members: images"),
        ({**import_("a"), "turn": "1"}, "members: turn"),
        ({**import_("a"), "account": "1"}, "members: account"),
    ],
)
def test_job_of_another_form_goes_to_the_dead_letters(
    job: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: a typing error in a job looks like a job that is done."""
    assert do(job) == ["message-0"]
    assert told in caplog.text
    assert "passwd" not in caplog.text


@pytest.mark.provokes_faults
@pytest.mark.parametrize("error", [ServiceUnavailable, LineamentError, OSError])
def test_failure_of_one_job_leaves_the_others(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: jobs that were done come again with the one that failed, or vanish with it."""
    index = OPERATIONS["IndexFaces"]

    def broken(services: Any, call: Any, params: Any) -> Any:
        if params["Image"]["S3Object"]["Name"] == "obama.jpg":
            raise error
        return index(services, call, params)

    monkeypatch.setitem(OPERATIONS, "IndexFaces", broken)
    bodies = [json.dumps(import_(name)) for name in ("biden", "obama", "obama2")]
    assert failed(worker.handler(event(*bodies), None)) == ["message-1"]
    assert len(faces()) == 2
