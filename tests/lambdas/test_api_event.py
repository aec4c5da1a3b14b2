"""Function URL and API Gateway events, to requests and back."""

import base64
import json
from typing import Any

import pytest

from lambdas.api import make_handler
from lambdas.url_events import from_response, to_request
from lineament.app import Application
from lineament.wire.http import HttpResponse

HEADERS = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "RekognitionService.ListCollections",
    "authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20261123/us-east-1/rekognition/"
    "aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
}


def _event(**changed: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": HEADERS,
        "requestContext": {"stage": "$default", "http": {"method": "POST", "path": "/"}},
        "body": "{}",
        "isBase64Encoded": False,
        **changed,
    }


def test_function_url_event_is_answered(application: Application) -> None:
    """Lost: the deployed function answers nothing."""
    answer = make_handler(application)(_event(), None)
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] is False
    assert "CollectionIds" in json.loads(answer["body"])
    assert answer["headers"]["x-amzn-RequestId"]


def test_base64_body_is_the_same_body() -> None:
    """Lost: API Gateway encodes the body of AWS's own media type, and no call can be read."""
    text = '{"CollectionId": "caf\u00e9"}'
    encoded = base64.b64encode(text.encode()).decode()
    plain = to_request(_event(body=text))
    assert plain.body == text.encode()
    assert to_request(_event(body=encoded, isBase64Encoded=True)) == plain


@pytest.mark.parametrize(
    ("stage", "raw", "path"),
    [
        ("$default", "/", "/"),
        ("prod", "/prod", "/"),
        ("prod", "/prod/", "/"),
        ("prod", "/prod/IndexFaces", "/IndexFaces"),
        ("prod", "/production", "/production"),
        ("prod", "", "/"),
    ],
)
def test_named_stage_is_no_part_of_the_path(stage: str, raw: str, path: str) -> None:
    """Lost: behind a stage such as /prod every call is an unknown path."""
    context = {"stage": stage, "http": {"method": "POST", "path": raw}}
    assert to_request(_event(rawPath=raw, requestContext=context)).path == path


def test_answer_that_is_no_text_goes_out_as_base64() -> None:
    """Lost: bytes that are not UTF-8 break the function's answer."""
    answer = from_response(HttpResponse(200, {}, b"\xff\x00"))
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"\xff\x00"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (None, "UnknownOperationException"),
        ([], "UnknownOperationException"),
        ({}, "UnknownOperationException"),
        ({"httpMethod": "POST", "path": "/"}, "UnknownOperationException"),
        (_event(requestContext=3), "UnknownOperationException"),
        (_event(requestContext={"http": "POST"}), "UnknownOperationException"),
        (_event(headers=None), "UnknownOperationException"),
        (_event(headers={**HEADERS, "authorization": None}), "IncompleteSignatureException"),
        (_event(body="%%%", isBase64Encoded=True), "SerializationException"),
        (_event(body=["{}"]), "SerializationException"),
        (_event(body="\ud800"), "SerializationException"),
    ],
)
def test_malformed_event_gets_a_modelled_error(
    application: Application, event: Any, code: str
) -> None:
    """Lost: a test event from the console ends in a trace with the code's paths."""
    answer = make_handler(application)(event, None)
    assert json.loads(answer["body"])["__type"] == code
    assert 400 <= answer["statusCode"] < 500


def test_body_over_the_cap_is_answered_with_413(application: Application) -> None:
    """Lost: Lambda and the server answer the same request differently."""
    answer = make_handler(application)(_event(body=" " * (17 * 1024 * 1024)), None)
    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["__type"] == "RequestEntityTooLargeException"
