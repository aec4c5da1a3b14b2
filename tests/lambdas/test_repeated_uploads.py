"""Events that come again after faces were deleted: late, redriven, after a crash, out of order."""

import itertools
import json
import time
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from lambdas import container, operations
from lineament.errors import ThrottlingException
from lineament.handlers.table import OPERATIONS
from tests.lambdas.queueing import counts
from tests.lambdas.uploading import Uploader, faces, run
from tests.storage.world import Fuse, diagnosed, stored_items

DAY = 24 * 3600


def erase() -> None:
    known = [each["FaceId"] for each in faces()]
    operations.delete_faces({"CollectionId": "staff", "FaceIds": known}, None)


def rows() -> list[dict[str, Any]]:
    return stored_items(container.application().tables, "NOTICE#")


def test_deleted_face_does_not_come_back(
    uploader: Uploader, portrait: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a person who was erased is found again, for SQS delivered an old event once more."""
    uploader.put("collections/staff/ada.jpg", portrait)
    (message,) = uploader.told()
    assert run(message) == []
    erase()
    container.forget()  # another container, days later
    assert run(message, message) == []
    assert faces() == []
    assert counts(capsys.readouterr().out) == {"Failed": 0, "Repeated": 2}


def test_new_upload_is_no_repetition(uploader: Uploader, portrait: bytes) -> None:
    """Lost: a person who comes back after an erasure is never found any more."""
    uploader.put("collections/staff/ada.jpg", portrait)
    assert run(*uploader.told()) == []
    erase()
    uploader.put("collections/staff/ada.jpg", portrait)
    assert run(*uploader.told()) == []
    assert len(faces()) == 1


def test_new_version_is_no_repetition(uploader: Uploader, portrait: bytes) -> None:
    """Lost: the same where the bucket keeps versions, whose events come in any order."""
    uploader.keep_versions()
    uploader.put("collections/staff/ada.jpg", portrait)
    (first,) = uploader.versions_told()
    uploader.put("collections/staff/ada.jpg", portrait + b"\0")
    (second,) = uploader.versions_told()
    assert run(second) == []
    assert run(first) == []
    assert len({each["ImageId"] for each in faces()}) == 2
    erase()
    assert run(first, second) == []
    assert faces() == []


def test_older_event_brings_no_newer_picture_back(
    uploader: Uploader, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a dead letter of a key is redriven, reads what is there now, and undoes an erasure."""
    uploader.put("collections/staff/ada.jpg", portrait)
    (dead,) = uploader.told()
    with monkeypatch.context() as patched:
        patched.setitem(OPERATIONS, "IndexFaces", _busy)
        assert run(dead) == ["message-0"]
    uploader.put("collections/staff/ada.jpg", portrait)
    assert run(*uploader.told()) == []
    erase()
    assert run(dead) == []
    assert faces() == []


@pytest.mark.parametrize("what", ["gone", "refused"])
def test_event_without_effect_gets_none_later(
    what: str, uploader: Uploader, portrait: bytes
) -> None:
    """Lost: an event that found no picture finds the next one under its key, after an erasure."""
    uploader.put("collections/staff/ada.jpg", b"no picture")
    if what == "gone":
        uploader.s3.delete_object(Bucket="uploads", Key="collections/staff/ada.jpg")
    (message,) = [each for each in uploader.told() if "Created" in each]
    assert run(message) == []
    uploader.put("collections/staff/ada.jpg", portrait)
    assert uploader.told()
    assert run(message) == []
    assert faces() == []


def test_failure_is_not_remembered(
    uploader: Uploader, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a picture that was throttled once is never indexed; or its batch is not."""
    for name in ("ada", "ben", "cem"):
        uploader.put(f"collections/staff/{name}.jpg", portrait)
    ada, ben, cem = uploader.told()
    assert run(ada) == []
    index = OPERATIONS["IndexFaces"]

    def busy_for_ben(services: Any, call: Any, params: Any) -> Any:
        return (_busy if params["ExternalImageId"] == "ben" else index)(services, call, params)

    with monkeypatch.context() as patched:
        patched.setitem(OPERATIONS, "IndexFaces", busy_for_ben)
        assert run(ada, ben, cem) == ["message-1"]
    assert len(faces()) == 2
    assert run(ben) == []
    assert len(faces()) == 3


@pytest.mark.parametrize("after", [False, True])
def test_crash_at_each_call(
    after: bool, uploader: Uploader, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a function that dies loses a picture, doubles a face, or forgets what it has done."""
    send = BaseClient._make_api_call  # type: ignore[attr-defined]
    died = 0
    for at in itertools.count():
        uploader.put("collections/staff/ada.jpg", portrait)
        (message,) = uploader.told()
        fuse = Fuse(at, after=after)

        def dying(client: Any, name: str, params: Any, fuse: Fuse = fuse) -> Any:
            return fuse.call(lambda: send(client, name, params), {})

        with monkeypatch.context() as patched:
            patched.setattr(BaseClient, "_make_api_call", dying)
            failed = run(message)
        died += bool(failed)
        assert run(message) == []
        assert len(faces()) == 1
        erase()
        assert run(message) == []
        assert faces() == []
        if not failed:
            break
    assert died >= 7  # the row, tags, collection, picture, face, number, entry, row


def test_rows_expire_and_name_nothing(uploader: Uploader, portrait: bytes) -> None:
    """Lost: the table grows with every upload for ever, and tells who was in the bucket."""
    uploader.put("collections/staff/ada.jpg", portrait)
    assert run(*uploader.told()) == []
    (row,) = rows()
    assert "ada" not in json.dumps(row)
    # From S3's event: 14 days in the queue and its dead letters, and 14 more once redriven.
    assert 28 * DAY < int(row["expires"]["N"]) - time.time() < 31 * DAY
    table = container.application().tables.faces.name
    told = boto3.client("dynamodb").describe_time_to_live(TableName=table)
    assert told["TimeToLiveDescription"]["AttributeName"] == "expires"


def test_doctor_knows_the_rows(uploader: Uploader, portrait: bytes) -> None:
    """Lost: `lineament doctor` calls what uploads leave the rests of a collection of nobody."""
    uploader.put("collections/staff/ada.jpg", portrait)
    assert run(*uploader.told()) == []
    assert rows()
    assert diagnosed(container.application().tables) == []


def test_store_that_numbers_no_events(uploader: Uploader, portrait: bytes) -> None:
    """Lost: behind a store of another make, the second upload of a key is never indexed."""
    for _ in range(2):
        uploader.put("collections/staff/ada.jpg", portrait)
        (message,) = uploader.unnumbered()
        assert run(message) == []
        assert len(faces()) == 1
        erase()
    assert rows() == []


def _busy(*_arguments: Any) -> Any:
    raise ThrottlingException
