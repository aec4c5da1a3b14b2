"""Functions whose audit trail does not take what they do."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from lambdas import api, container, operations
from tests.lambdas.queueing import counts
from tests.lambdas.test_api_event import HEADERS
from tests.lambdas.uploading import Uploader, run
from tests.lambdas.working import do, images

LIST = {
    "version": "2.0",
    "rawPath": "/",
    "headers": {**HEADERS, "x-amz-target": "RekognitionService.ListFaces"},
    "requestContext": {"stage": "$default", "http": {"method": "POST", "path": "/"}},
    "body": json.dumps({"CollectionId": "staff"}),
    "isBase64Encoded": False,
}


@pytest.fixture(autouse=True)
def recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAMENT_AUDIT", "on")


def lose_the_trail(table: str) -> None:
    """Take away the table of the trail, as a role without rights to it would."""
    boto3.client("dynamodb").delete_table(TableName=f"{table}-trust")


def unrecorded(written: str) -> int:
    """Return the last count that was told for CloudWatch."""
    return counts(written)["Unrecorded"]


def by_api() -> object:
    return api.handler(LIST, None)["statusCode"]


def by_operation() -> object:
    return len(operations.list_faces({"CollectionId": "staff"}, None)["Faces"]) or 200


@pytest.mark.parametrize("call", [by_api, by_operation])
def test_a_call_that_is_not_recorded_is_told(
    call: Callable[[], Any], fresh_container: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: uses of faces are missing in the trail for weeks, and no alarm rings."""
    container.make_tables()
    operations.create_collection({"CollectionId": "staff"}, None)
    assert call() == 200
    assert '"Unrecorded"' not in capsys.readouterr().out
    lose_the_trail(fresh_container)
    assert call() == 200
    assert unrecorded(capsys.readouterr().out) == 1


def test_uploads_that_are_not_recorded_are_told(
    uploader: Uploader,
    fresh_container: str,
    portrait: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Lost: as above, of pictures that were put into the bucket."""
    uploader.put("collections/staff/ada.jpg", portrait)
    lose_the_trail(fresh_container)
    assert run(*uploader.told()) == []
    assert unrecorded(capsys.readouterr().out) == 1


def test_jobs_that_are_not_recorded_are_told(
    work_queue: str, fresh_container: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: as above, of imports."""
    assert work_queue
    lose_the_trail(fresh_container)
    assert do({"job": "import", "collection": "staff", "images": images("obama")}) == []
    assert unrecorded(capsys.readouterr().out) == 1
