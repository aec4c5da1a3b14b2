"""What a mock leaves when its end comes in an unusual order."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from lineament.testing import mock_rekognition


def collections() -> list[str]:
    listed: list[str] = boto3.client("rekognition", "us-east-1").list_collections()["CollectionIds"]
    return listed


def test_asynchronous_generator_that_is_left_ends_inside() -> None:
    """Lost: the teardown of an asynchronous fixture runs after the mock, and reaches AWS."""
    seen: list[list[str]] = []

    @mock_rekognition
    async def generator() -> AsyncIterator[None]:
        try:
            yield
        finally:
            seen.append(collections())

    async def left() -> None:
        values: Any = generator()
        await anext(values)
        await values.aclose()
        assert seen == [[]]

    asyncio.run(left())


def test_patches_of_others_stay_and_ours_does_not_come_back() -> None:
    """Lost: with pytest-mock or a tracer, every later test is answered by a mock that is over."""
    asked: list[str] = []
    with mock_aws(), pytest.MonkeyPatch.context() as outer, pytest.MonkeyPatch.context() as inner:
        outer.setattr(BaseClient, "_make_api_call", BaseClient._make_api_call)
        with mock_rekognition():
            ours: Any = BaseClient._make_api_call

            def theirs(client: Any, operation: str, params: Any) -> Any:
                asked.append(operation)
                return ours(client, operation, params)

            inner.setattr(BaseClient, "_make_api_call", theirs)
            assert collections() == []
        asked.clear()
        with pytest.raises(NotImplementedError):
            collections()
        assert asked == ["ListCollections"]
        inner.undo()
        with pytest.raises(NotImplementedError):
            collections()
        with mock_rekognition():
            assert collections() == []
