"""What Lambda carries: 6,291,456 bytes of an event, 6,291,556 of an answer (AWS's quotas)."""

import base64
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from lambdas.api import make_handler
from lambdas.url_events import from_response
from lineament.app import Application, build_application
from lineament.config import load
from lineament.domain.limits import DEFAULT_MATCHES
from lineament.wire.serialise import success
from tests.conformance.transports import as_lambda_event, client
from tests.lambdas.test_api_event import HEADERS, _event

EVENT = 6 * 1024 * 1024
ANSWER = EVENT + 100
CAP = 4 * 1024 * 1024
"""LINEAMENT_MAX_BODY_BYTES of infra/template.yaml."""
HEADERS_AT_MOST = 10_240
"""Bytes of all headers that API Gateway lets through; Function URLs take less."""


def _encoded(body: bytes) -> dict[str, Any]:
    """Return the event of a body of AWS's own media type, which arrives in base64."""
    return _event(body=base64.b64encode(body).decode(), isBase64Encoded=True)


@pytest.fixture
def capped(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Application:
    assert aws_endpoint
    monkeypatch.setenv("LINEAMENT_MAX_BODY_BYTES", str(CAP))
    return build_application(load())


def test_whatever_is_within_the_cap_arrives() -> None:
    """Lost: the cap promises what Lambda refuses before the function can explain it."""
    event = _encoded(b"x" * CAP)
    event["headers"] = {**HEADERS, "x-filler": "x" * HEADERS_AT_MOST}
    assert len(json.dumps(event)) < EVENT


def test_picture_over_the_cap_is_told_of_s3object(capped: Application, photo_dir: Path) -> None:
    """Lost: a user of a large picture has no word of what to do."""
    photo = (photo_dir / "obama.jpg").read_bytes()
    rekognition = client(as_lambda_event(make_handler(capped)), None, "123456789012")
    fits = photo + bytes(3_000_000 - len(photo))  # what follows a JPEG's end is not looked at
    assert rekognition.detect_faces(Image={"Bytes": fits})["FaceDetails"]
    with pytest.raises(rekognition.exceptions.ClientError) as raised:
        rekognition.detect_faces(Image={"Bytes": photo + bytes(3_300_000 - len(photo))})
    told = raised.value.response
    assert told["Error"]["Code"] == "RequestEntityTooLargeException"  # as Lambda's own
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert "S3Object" in told["Error"]["Message"]


def test_largest_answers_fit() -> None:
    """Lost: a search that finds everybody ends in a 502 of the front end."""
    box = {"Width": 0.12345678, "Height": 0.12345678, "Left": 0.12345678, "Top": 0.12345678}
    face = {
        "FaceId": str(uuid.uuid4()),
        "ImageId": str(uuid.uuid4()),
        "BoundingBox": box,
        "Confidence": 99.99999,
        "ExternalImageId": "x" * 255,
        "IndexFacesModelVersion": "x" * 40,
        "UserId": "x" * 128,
    }
    match = {"Similarity": 99.99999, "Face": face}
    answers = {
        "SearchFaces": {
            "SearchedFaceId": face["FaceId"],
            "FaceMatches": [match] * DEFAULT_MATCHES,
        },
        "ListFaces": {"Faces": [face] * 4096, "NextToken": "x" * 512},
    }
    for operation, answer in answers.items():
        whole = json.dumps(from_response(success(operation, answer, str(uuid.uuid4()), 0.0)))
        assert len(whole) < ANSWER * 0.6, operation
