"""Which of several faults is told: docs/decisions.md, question 10. Source: SPEC.md A.5."""

from typing import Any

from tests.conformance.asking import VALIDATION, raw_refused
from tests.conformance.conftest import Wire

CAP = 16 * 1024 * 1024


def test_order_of_checks(wire: Wire, account: str) -> None:
    """Lost: programs that tell "not signed" from "not there" by which error comes first."""
    faults = [
        ("RequestEntityTooLargeException", {"body": "{}" + " " * CAP}),
        ("UnknownOperationException", {"headers": {"X-Amz-Target": "RekognitionService.Nope"}}),
        ("MissingAuthenticationTokenException", {"headers": {"Authorization": None}}),
        ("SerializationException", {"body": '{"CollectionId": "bad id!", "Image": 3}'}),
        (VALIDATION, {"body": '{"CollectionId": "bad id!", "Image": {"Bytes": "eA=="}}'}),
        (
            "ResourceNotFoundException",
            {"body": '{"CollectionId": "nowhere", "Image": {"Bytes": "eA=="}}'},
        ),
        (
            "InvalidImageFormatException",
            {"body": '{"CollectionId": "c", "Image": {"Bytes": "eA=="}}'},
        ),
    ]
    wire.client(account).create_collection(CollectionId="c")
    for place, (code, _) in enumerate(faults):
        request: dict[str, Any] = {"body": "{}", "headers": {}}
        for _, fault in reversed(faults[place:]):  # the earlier one has the last word
            request["body"] = fault.get("body", request["body"])
            request["headers"] = {**request["headers"], **fault.get("headers", {})}
        status = 413 if code == "RequestEntityTooLargeException" else 400
        answer = wire.raw("IndexFaces", request["body"], account, request["headers"])
        raw_refused(answer, code, status)
