"""One handler an operation, without HTTP."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lambdas import container, operations
from lineament import errors
from lineament.domain.engine import EngineUnavailable
from lineament.handlers.table import OPERATIONS
from lineament.wire import model

pytestmark = pytest.mark.usefixtures("fresh_container")


def invoke(name: str, **request: Any) -> Any:
    """Call an entry as awslambdaric does: found by name, with JSON on both sides."""
    event = json.loads(json.dumps(request))
    return json.loads(json.dumps(getattr(operations, name)(event, None)))


def test_every_operation_has_its_entry() -> None:
    """Lost: a state machine cannot call what the API offers."""
    assert len(dir(operations)) == len(OPERATIONS) > 20
    assert all(callable(getattr(operations, name)) for name in dir(operations))
    with pytest.raises(AttributeError, match="no entry detect_labels"):
        operations.detect_labels  # noqa: B018


def test_request_is_the_event_and_the_answer_its_result(photo_dir: Path) -> None:
    """Lost: a picture cannot be indexed and found from a state machine."""
    picture = base64.b64encode((photo_dir / "obama.jpg").read_bytes()).decode()
    created = invoke("create_collection", CollectionId="direct")
    assert created["CollectionArn"].split(":")[4] == container.settings().default_account
    indexed = invoke(
        "index_faces", CollectionId="direct", Image={"Bytes": picture}, ExternalImageId="one"
    )
    assert len(indexed["FaceRecords"]) == 1
    assert set(indexed) <= set(model.operation("IndexFaces").output.members)
    found = invoke("search_faces_by_image", CollectionId="direct", Image={"Bytes": picture})
    assert [each["Face"]["ExternalImageId"] for each in found["FaceMatches"]] == ["one"]


@pytest.mark.parametrize(
    ("name", "request_", "code"),
    [
        ("describe_collection", {"CollectionId": "none"}, "ResourceNotFoundException"),
        ("describe_collection", {}, "ValidationException"),
        ("describe_collection", {"CollectionId": 3}, "SerializationException"),
        ("detect_faces", {"Image": {"Bytes": "AAAA"}}, "InvalidImageFormatException"),
    ],
)
def test_error_is_raised_under_its_code(name: str, request_: dict[str, Any], code: str) -> None:
    """Lost: ErrorEquals of a state machine matches nothing."""
    container.make_tables()
    with pytest.raises(errors.WireError) as raised:
        invoke(name, **request_)
    assert type(raised.value).__name__ == code
    assert raised.value.message


@pytest.mark.parametrize("event", [None, [], 3, "text"])
def test_event_that_is_no_object_is_refused_as_one(event: Any) -> None:
    """Lost: a wrong input path of a state machine ends in a trace instead of an error to catch."""
    with pytest.raises(errors.SerializationException):
        operations.list_collections(event, None)


@pytest.mark.provokes_faults
def test_fault_is_raised_under_the_api_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: whatever breaks inside is not retried by a state machine that knows the API's codes."""

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(OPERATIONS, "ListCollections", broken)
    with pytest.raises(errors.InternalServerError):
        operations.list_collections({}, None)
    counts = container.application().counts
    assert counts.requests.read()[("ListCollections", "500")] == 1


def test_a_kind_of_fault_is_raised_under_the_api_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: Step Functions' ErrorEquals ServiceUnavailable, where an engine is what is away."""

    def call(*_args: object) -> bytes:
        raise EngineUnavailable("the engine is away")

    monkeypatch.setattr(operations, "_call", call)
    monkeypatch.setattr(container, "make_tables", lambda: False)
    with pytest.raises(errors.ServiceUnavailable, match="away") as raised:
        operations.list_collections({}, None)
    assert type(raised.value).__name__ == "ServiceUnavailable"


def test_fault_is_told_where_the_role_may_not_make_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a deployed state machine reads InternalServerError, and does not wait and try again."""

    def call(*_args: object) -> bytes:
        raise errors.ServiceUnavailable("DynamoDB does not answer")

    def refused() -> bool:
        raise errors.InternalServerError

    monkeypatch.setattr(operations, "_call", call)
    monkeypatch.setattr(container, "make_tables", refused)
    with pytest.raises(errors.ServiceUnavailable, match="does not answer"):
        operations.list_collections({}, None)
