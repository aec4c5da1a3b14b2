"""Calls that must be refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.wire.http import HttpResponse
from tests.conformance.promises import FRAMEWORK_ERRORS

VALIDATION = "ValidationException"
STORED_FACE = {
    "FaceId",
    "BoundingBox",
    "ImageId",
    "ExternalImageId",
    "Confidence",
    "IndexFacesModelVersion",
}
"""The members of a Face in ListFaces and the searches, where it has an ExternalImageId."""


def refused(call: Callable[..., Any], code: str, **params: Any) -> str:
    """Call a boto3 client's method, assert that it raises `code` with 400, return the message.

    A modelled error must be the client's own exception class (PR21); others are bare ClientErrors.
    """
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value
    assert error.response["Error"]["Code"] == code, error
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    if code not in FRAMEWORK_ERRORS:
        client: Any = call.__self__  # type: ignore[attr-defined]
        assert type(error) is getattr(client.exceptions, code)
    return str(error.response["Error"]["Message"])


def raw_refused(answer: HttpResponse, code: str, status: int = 400) -> str:
    """Assert that an answer is the error `code`, and return its message."""
    body = json.loads(answer.body)
    assert (body["__type"], answer.status) == (code, status), body
    return str(body.get("message") or body["Message"])
