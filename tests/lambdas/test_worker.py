"""Jobs of the work queue, each done for real, twice, and cut off."""

from functools import partial
from typing import Any

import boto3
import pytest

from lambdas import container, operations
from lineament.jobs import messages, moving, work
from tests.lambdas.queueing import counts
from tests.lambdas.uploading import faces
from tests.lambdas.working import Clock, do, handed_on, images, import_

pytestmark = pytest.mark.usefixtures("work_queue")


def test_circle_ends(work_queue: str, aws_endpoint: str) -> None:
    """Lost: a job that never gets on is handed on for ever, and paid for."""
    assert do({**import_("obama"), "turn": messages.MAX_TURNS}, Clock(0)) == ["message-0"]
    assert handed_on(work_queue, aws_endpoint) == []


@pytest.mark.provokes_faults
def test_job_that_the_queue_does_not_take_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: the rest of a job, when SQS is away at the wrong moment."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    container.queue.cache_clear()
    assert do(import_("obama"), Clock(0)) == ["message-0"]


def test_reindex(work_queue: str, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a collection cannot be moved to another model without a machine that runs for hours."""
    monkeypatch.setattr(moving, "_PICTURES_AT_ONCE", 1)
    assert do(import_("obama", "obama2", "biden")) == []
    before = {each["FaceId"] for each in faces()}
    job = {"job": "reindex", "collection": "staff", "profile": "light"}
    assert do(job, Clock(1)) == []  # cut off, and gone on with
    (rest,) = handed_on(work_queue, aws_endpoint)
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
    boto3.client("s3").delete_object(Bucket="work-pictures", Key="obama.jpg")
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
