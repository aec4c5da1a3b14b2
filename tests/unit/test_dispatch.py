"""What the log says of a request that failed on our side."""

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.dispatch import Dispatcher, Rules, unverified
from lineament.domain.engine import TableMissing
from lineament.errors import (
    LineamentError,
    ResourceNotFoundException,
    ServiceUnavailable,
    WireError,
)
from lineament.storage.faults import from_dynamodb
from lineament.wire.http import Headers, HttpRequest

HEADERS = {
    "X-Amz-Target": "RekognitionService.ListCollections",
    "Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20261123/us-east-1/rekognition/"
    "aws4_request, SignedHeaders=host, Signature=0",
}


pytestmark = pytest.mark.provokes_faults


def failing(error: LineamentError, cause: Exception | None = None) -> dict[str, Any]:
    """Return the answer of a service whose ListCollections fails so."""

    def list_collections(*_: object) -> dict[str, Any]:
        raise error from cause

    services: Any = None
    rules = Rules("ValidationException", 1024)
    dispatcher = Dispatcher(
        {"ListCollections": list_collections}, services, rules, unverified("123456789012")
    )
    answer = dispatcher.handle(HttpRequest("POST", "/", Headers(HEADERS.items()), b"{}"))
    return {**json.loads(answer.body), "id": answer.headers["x-amzn-RequestId"]}


def test_a_refusal_by_dynamodb_is_in_the_log_under_the_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Lost: a role without rights answers InternalServerError, and nothing says why."""
    told: Any = {"Error": {"Code": "AccessDeniedException", "Message": "arn:secret"}}
    denied = ClientError(told, "GetItem")
    with caplog.at_level(logging.ERROR, "lineament.dispatch"):
        answer = failing(from_dynamodb(denied), denied)
    assert answer["__type"] == "InternalServerError"
    line = "ListCollections: InternalServerError, by ClientError AccessDeniedException"
    assert [record.getMessage() for record in caplog.records] == [f"request {answer['id']} {line}"]


@pytest.mark.parametrize(
    ("error", "cause", "end"),
    [
        (ServiceUnavailable("table secret is away"), None, "ServiceUnavailable"),
        (ServiceUnavailable(), OSError("secret"), "ServiceUnavailable, by OSError"),
        (TableMissing("table secret"), None, "TableMissing"),
    ],
)
def test_the_log_names_classes_only(
    error: WireError, cause: Exception | None, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: names of tables, keys or people in a log that more people read."""
    with caplog.at_level(logging.ERROR, "lineament.dispatch"):
        answer = failing(error, cause)
    assert [record.getMessage() for record in caplog.records] == [
        f"request {answer['id']} ListCollections: {end}"
    ]


def test_an_engine_that_is_away_has_a_code_that_clients_know() -> None:
    """Lost: retries of clients that go by the code, which AWS's list has to hold."""
    answer = failing(TableMissing("gone"))
    assert (answer["__type"], answer["message"]) == ("ServiceUnavailable", "gone")


def test_what_clients_did_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Lost: the lines about our own faults, among thousands about others'."""
    with caplog.at_level(logging.INFO, "lineament.dispatch"):
        failing(ResourceNotFoundException("c"))
    assert caplog.records == []
