"""A container that has seen no event, on tables of its own; a bucket that tells of uploads."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from lambdas import container, operations
from tests.lambdas.uploading import Uploader
from tests.lambdas.working import BUCKET, SNAPSHOTS


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


@pytest.fixture
def work_queue(
    aws_endpoint: str,
    fresh_container: str,
    monkeypatch: pytest.MonkeyPatch,
    photo_dir: Path,
) -> Iterator[str]:
    """Return the address of a queue; three photos are in a bucket, and the collection is empty."""
    assert fresh_container
    sqs = boto3.client("sqs", endpoint_url=aws_endpoint)
    queue = sqs.create_queue(QueueName="work")["QueueUrl"]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", aws_endpoint)
    monkeypatch.setenv("LINEAMENT_WORK_QUEUE_URL", queue)
    monkeypatch.setenv("LINEAMENT_SNAPSHOT_BUCKET", SNAPSHOTS)
    monkeypatch.setenv("LINEAMENT_COLLECTION_PROFILES", "nobody=light")
    s3 = boto3.client("s3")
    for bucket in (BUCKET, SNAPSHOTS):
        s3.create_bucket(Bucket=bucket)
    for name in ("obama", "obama2", "biden"):
        s3.upload_file(str(photo_dir / f"{name}.jpg"), BUCKET, f"{name}.jpg")
    container.make_tables()
    operations.create_collection({"CollectionId": "staff"}, None)
    yield queue
    sqs.delete_queue(QueueUrl=queue)
