"""A container that has seen no event, on tables of its own; a bucket that tells of uploads."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambdas import container, operations
from tests.lambdas.uploading import Uploader


@pytest.fixture
def fresh_container(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of the table that a container which has seen no event will use."""
    assert aws_endpoint
    name = f"lambda-{secrets.token_hex(8)}"
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    container.forget()
    yield name
    container.forget()


@pytest.fixture
def uploader(aws_endpoint: str, fresh_container: str) -> Iterator[Uploader]:
    assert fresh_container
    uploader = Uploader(aws_endpoint)
    uploader.told()
    container.make_tables()
    operations.create_collection({"CollectionId": "staff"}, None)
    yield uploader
    uploader.end()


@pytest.fixture
def portrait(photo_dir: Path) -> bytes:
    return (photo_dir / "obama.jpg").read_bytes()
