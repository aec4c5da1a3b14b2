"""Imports of the work queue: parts of a large one, and pictures that cannot be imported."""

import json
from typing import Any

import boto3
import pytest

from lambdas import container, worker
from lineament.errors import (
    LineamentError,
    ServiceQuotaExceededException,
    ServiceUnavailable,
    ThrottlingException,
)
from lineament.handlers.table import OPERATIONS
from tests.lambdas.queueing import counts, event, failed
from tests.lambdas.uploading import faces
from tests.lambdas.working import BUCKET, Clock, do, handed_on, images, import_

pytestmark = pytest.mark.usefixtures("work_queue")


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


def test_missing_picture_holds_up_no_other(
    work_queue: str, aws_endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a thousand pictures are never imported since the first of them was deleted."""
    assert do(import_("none", "obama", "biden"), Clock(2)) == []
    (rest,) = handed_on(work_queue, aws_endpoint)
    assert json.loads(rest)["images"] == images("biden", "none")  # it is not forgotten
    assert do(rest) == []
    told = counts(capsys.readouterr().out)
    assert told == {"Failed": 0, "HandedOn": 1, "Indexed": 1, "Faces": 1}
    (rest,) = handed_on(work_queue, aws_endpoint)
    assert json.loads(rest)["images"] == images("none")
    assert do(rest) == ["message-0"]  # somebody has to look, and at this one alone
    assert handed_on(work_queue, aws_endpoint) == []
    assert len(faces()) == 2


def test_full_collection_of_users_holds_up_no_picture(
    work_queue: str,
    aws_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Lost: one picture that a quota refuses makes all others of its job dead letters."""
    monkeypatch.setenv("LINEAMENT_MAX_USERS_PER_COLLECTION", "1")
    container.forget()
    ben = images("biden", user_id="ben")
    job = {**import_("obama"), "images": [*images("obama", user_id="ada"), *ben]}
    job["images"] += images("obama2", user_id="ada")
    assert do(job) == []
    assert sorted(each.get("UserId", "") for each in faces()) == ["", "ada", "ada"]
    assert "ServiceQuotaExceededException: 's3://work-pictures/biden.jpg'" in caplog.text
    (rest,) = handed_on(work_queue, aws_endpoint)
    assert json.loads(rest)["images"] == ben
    assert do(rest) == ["message-0"]  # until somebody has raised the quota
    monkeypatch.setenv("LINEAMENT_MAX_USERS_PER_COLLECTION", "2")
    container.forget()
    assert do(rest) == []
    assert sorted(each["UserId"] for each in faces()) == ["ada", "ada", "ben"]


@pytest.mark.provokes_faults
@pytest.mark.parametrize("operation", ["IndexFaces", "CreateUser", "AssociateFaces"])
@pytest.mark.parametrize("error", [ServiceQuotaExceededException, ZeroDivisionError])
def test_error_of_one_picture_leaves_the_others(
    operation: str,
    error: type[Exception],
    work_queue: str,
    aws_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: a fault of ours at one picture, at whichever step, ends the import of a thousand."""
    pictures = [*images("obama", user_id="ada"), *images("biden", user_id="ben")]
    do_it = OPERATIONS[operation]
    calls: list[str] = []

    def broken(services: Any, call: Any, params: Any) -> Any:
        calls.append(operation)
        if len(calls) == 1:
            raise error
        return do_it(services, call, params)

    monkeypatch.setitem(OPERATIONS, operation, broken)
    assert do({**import_("obama"), "images": pictures}) == []
    assert "ben" in {each.get("UserId") for each in faces()}
    (rest,) = handed_on(work_queue, aws_endpoint)
    assert json.loads(rest)["images"] == pictures[:1]
    assert do(rest) == []
    assert sorted(each["UserId"] for each in faces()) == ["ada", "ben"]


@pytest.mark.provokes_faults
@pytest.mark.parametrize("error", [ThrottlingException, ServiceUnavailable])
def test_what_passes_is_waited_for(
    error: type[Exception], work_queue: str, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: while DynamoDB is away, each picture of a thousand waits for it and is set aside."""
    pictures = images("obama", "biden", user_id="ada")
    with monkeypatch.context() as patched:
        patched.setitem(OPERATIONS, "AssociateFaces", _raising(error))
        assert do({**import_("obama"), "images": pictures}) == ["message-0"]
    assert len(faces()) == 1  # the second one was not begun
    assert handed_on(work_queue, aws_endpoint) == []
    assert do({**import_("obama"), "images": pictures[:1]}) == []
    assert [each["UserId"] for each in faces()] == ["ada"]


def test_pictures_without_a_queue(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: where nothing takes the rest of a job, it is forgotten and the job looks done."""
    monkeypatch.delenv("LINEAMENT_WORK_QUEUE_URL")
    container.forget()
    assert do(import_("none", "obama")) == ["message-0"]
    assert len(faces()) == 1
    assert "1 of 2 pictures cannot be imported" in caplog.text


def test_import_goes_on_in_the_next_event(work_queue: str, aws_endpoint: str) -> None:
    """Lost: what does not end within an event begins anew for ever, and ends as a dead letter."""
    assert do(import_("obama", "obama2", "biden"), Clock(2)) == []
    assert len(faces()) == 2
    (rest,) = handed_on(work_queue, aws_endpoint)
    assert json.loads(rest)["images"] == images("biden")
    assert do(rest, Clock(100)) == []
    assert len(faces()) == 3
    assert handed_on(work_queue, aws_endpoint) == []


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


def _raising(error: type[Exception]) -> Any:
    def work(*_arguments: Any) -> Any:
        raise error

    return work
