"""A developer's machine as the kit's tests want it: no AWS, and no endpoint of another test's."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from lineament.testing import Faces, mock_rekognition
from tests.testing_kit.installed import python, wheel

__all__ = ["python", "wheel"]

_AWS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ACCESS_KEY_ID")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no way to an emulator of another test, nor any credentials."""
    for name in (*_AWS, "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def faces() -> Iterator[Faces]:
    """Mock Amazon Rekognition."""
    with mock_rekognition() as declared:
        yield declared


@pytest.fixture
def c(faces: Faces) -> Any:
    """Return a client of the mock."""
    assert faces is not None
    return boto3.client("rekognition")
