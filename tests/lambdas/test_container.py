"""A function's first events: nothing has been prepared for it."""

import json
from typing import Any

import boto3
import pytest

from lambdas import api, container, operations, retention
from lineament.app import Application
from tests.lambdas import queueing
from tests.lambdas.test_api_event import HEADERS

CREATE = {**HEADERS, "x-amz-target": "RekognitionService.CreateCollection"}
EVENT = {
    "version": "2.0",
    "rawPath": "/",
    "headers": CREATE,
    "requestContext": {"stage": "$default", "http": {"method": "POST", "path": "/"}},
    "body": json.dumps({"CollectionId": "first"}),
    "isBase64Encoded": False,
}


def answered(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = api.handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.provokes_faults
def test_first_event_finds_no_tables(fresh_container: str) -> None:
    """Lost: a function that is deployed to a new account answers 503 for ever."""
    client = boto3.client("dynamodb")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName=fresh_container)
    assert answered(EVENT)[0] == 200
    assert client.describe_table(TableName=fresh_container)["Table"]
    assert answered(EVENT)[1]["__type"] == "ResourceAlreadyExistsException"


@pytest.mark.provokes_faults
def test_dynamodb_that_comes_back_is_used(
    fresh_container: str, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a container that started during an outage stays broken."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    status, body = answered(EVENT)
    assert (status, body["__type"]) == (503, "ServiceUnavailable")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", aws_endpoint)
    container.application.cache_clear()  # its client keeps its address
    assert answered(EVENT)[0] == 200, fresh_container


@pytest.mark.provokes_faults
def test_housekeeping_on_a_schedule(
    fresh_container: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: without a server, nothing ever erases what deleted collections left."""
    assert answered(EVENT)[0] == 200
    deletion = {**CREATE, "x-amz-target": "RekognitionService.DeleteCollection"}
    assert answered({**EVENT, "headers": deletion})[0] == 200
    counts = retention.handler({"source": "aws.events"}, None)
    assert counts["failed_collections"] == 0, fresh_container
    assert set(counts) >= {"purged_generations", "purged_faces", "swept_records"}
    assert queueing.counts(capsys.readouterr().out) == {"Failed": 0}


@pytest.mark.provokes_faults
def test_first_direct_invocation_finds_no_tables(fresh_container: str) -> None:
    """Lost: a state machine in a new account waits for somebody to call over HTTP first."""
    assert operations.create_collection({"CollectionId": "first"}, None)["CollectionArn"]
    assert boto3.client("dynamodb").describe_table(TableName=fresh_container)["Table"]


def test_tables_that_are_there_are_not_asked_for(
    fresh_container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: every cold start waits for three calls more, and every role needs their rights."""
    container.make_tables()
    container.forget()
    monkeypatch.setattr(Application, "make_tables", lambda _self: pytest.fail(fresh_container))
    assert answered(EVENT)[0] == 200
    operations.list_collections({}, None)
    retention.handler({}, None)


def test_housekeeping_that_fails_is_counted(
    fresh_container: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: what cannot be erased stays for ever, and no alarm rings."""
    done = {"purged_faces": 7, "failed_purges": 2, "failed_snapshots": 1, "unfinished": 0}
    monkeypatch.setattr(Application, "housekeep", lambda _self, _stop: done)
    assert retention.handler({}, None) == done, fresh_container
    assert queueing.counts(capsys.readouterr().out) == {"Failed": 3}
