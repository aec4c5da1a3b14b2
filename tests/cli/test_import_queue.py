"""`lineament import --queue`: the same import, by functions."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from lambdas import container, worker
from lineament.cli.bulk import parts
from lineament.cli.main import main
from tests.cli.album import EVERYBODY, Album, album
from tests.lambdas.queueing import event, failed

__all__ = ["album"]


class Queue:
    """A queue, and the functions behind it."""

    def __init__(self, endpoint: str) -> None:
        self._sqs = boto3.client("sqs", endpoint_url=endpoint)
        self.url = self._sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex}")["QueueUrl"]

    def taken(self) -> list[str]:
        """Take every message."""
        bodies: list[str] = []
        while True:
            found = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            for each in found.get("Messages", []):
                handle = each["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=handle)
                bodies.append(each["Body"])
            if not found.get("Messages"):
                return bodies


@pytest.fixture
def queue(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", aws_endpoint)
    container.forget()
    yield Queue(aws_endpoint)
    container.forget()


@pytest.fixture
def bucket(album: Album, photo_dir: Any) -> str:
    """Return a bucket with the photos and a text."""
    assert album
    s3, name = boto3.client("s3"), f"b-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    for photo in EVERYBODY:
        s3.upload_file(str(photo_dir / photo), name, f"in/{photo}")
    s3.put_object(Bucket=name, Key="in/notes.txt", Body=b"text")
    return name


def test_functions_import_what_the_command_would(
    album: Album, queue: Queue, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: an import by functions has other faces, or other ids, than one by the command."""
    monkeypatch.setattr(parts, "PART", 3)
    source = f"s3://{bucket}/in/"
    assert main(["import", "people", source, "--create", "--queue", queue.url]) == 0
    bodies = queue.taken()
    assert [len(json.loads(body)["images"]) for body in bodies] == [3, 1]
    assert album.faces() == []
    assert failed(worker.handler(event(*bodies), None)) == []
    by_functions = album.faces()
    assert len(by_functions) > len(EVERYBODY)
    told = album.imported(source=source)
    assert (told["added"], told["known"]) == (0, len(EVERYBODY))
    assert album.faces() == by_functions


def test_manifest_s_users_and_names_go_along(
    album: Album, queue: Queue, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: whoever a picture shows is forgotten on its way through the queue."""
    manifest = album.folder / "people.jsonl"
    rows = [
        {"image": f"s3://{bucket}/in/obama.jpg", "user_id": "A", "external_image_id": "a:1"},
        {"image": f"s3://{bucket}/in/biden.jpg"},
        {"image": f"s3://{bucket}/in/biden.jpg", "user_id": "two words"},
    ]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["import", "people", str(manifest), "--create", "--queue", queue.url]
    assert main(command) == 1
    assert "2 pictures handed out in 1 jobs, 1 rejected" in capsys.readouterr().out
    assert failed(worker.handler(event(*queue.taken()), None)) == []
    told = [(each["ExternalImageId"], each["UserId"]) for each in album.faces()]
    assert told == [(None, None), ("a:1", "A")]


def test_what_functions_cannot_do_is_refused(
    album: Album, queue: Queue, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: options are passed over silently, or pictures of a disk are sent as names."""
    album.put("biden.jpg")
    command = ["import", "people", str(album.folder), "--create", "--queue", queue.url]
    assert main(command) != 0
    assert "biden.jpg is not in S3" in capsys.readouterr().err
    source = f"s3://{bucket}/in/"
    asked = ["import", "people", source, "--create", "--queue", queue.url, "--max-faces", "1"]
    assert main(asked) != 0
    assert "--queue goes without --max-faces" in capsys.readouterr().err
    assert queue.taken() == []
