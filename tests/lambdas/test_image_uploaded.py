"""From an object in S3 to a face in a collection; moto writes the notifications, as S3 would."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas import container, image_uploaded, operations
from lineament.errors import InvalidS3ObjectException, ThrottlingException
from lineament.handlers.table import OPERATIONS
from lineament.jobs.batches import Unreadable
from lineament.storage.objects import S3ObjectStore
from tests.lambdas.queueing import counts, event
from tests.lambdas.uploading import BUCKET, Uploader, faces, run
from tests.pictures import jpeg, scenery


def seq() -> int:
    """Return how many changes the collection's log has."""
    found = container.application().services.collections.find(container.scope(), "staff")
    assert found is not None
    return found.seq


def test_prefix_names_the_collection(
    uploader: Uploader, portrait: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: pictures that are put into the bucket never arrive in a collection."""
    uploader.put("collections/staff/Grüße an/ada+1.jpg", portrait)
    uploader.put("collections/staff/two words.jpg", portrait)
    assert run(*uploader.told()) == []
    # A name that is no ExternalImageId is left out, and the same picture stays one picture.
    assert ["ExternalImageId" in each for each in faces()] == [False]
    uploader.put("collections/staff/ada.jpg", portrait)
    assert run(*uploader.told()) == []
    assert "ada" in {each.get("ExternalImageId") for each in faces()}
    assert counts(capsys.readouterr().out) == {"Failed": 0, "Indexed": 1, "Faces": 1}


def test_tags_name_the_collection(uploader: Uploader, portrait: bytes) -> None:
    """Lost: an existing layout of a bucket has to be changed before it can be indexed."""
    uploader.put("2026/11/p.jpg", portrait, collection="staff", external="ada:1")
    assert run(*uploader.told()) == []
    assert [each["ExternalImageId"] for each in faces()] == ["ada:1"]


def test_tags_do_not_lead_out_of_a_prefix(uploader: Uploader, portrait: bytes) -> None:
    """Lost: who may write for one collection puts faces into another by a tag."""
    operations.create_collection({"CollectionId": "other"}, None)
    uploader.put("collections/staff/p.jpg", portrait, collection="other")
    assert run(*uploader.told()) == []
    assert len(faces()) == 1
    assert faces("other") == []


def test_redelivery_changes_nothing(uploader: Uploader, portrait: bytes) -> None:
    """Lost: SQS delivers at least once, and people are in the collection twice."""
    uploader.put("collections/staff/ada.jpg", portrait)
    (message,) = uploader.told()
    assert run(message, message) == []
    first, number = faces(), seq()
    assert len(first) == 1
    assert run(message) == []
    container.forget()  # another container
    assert run(message) == []
    assert (faces(), seq()) == (first, number)


def test_deliveries_at_once_change_nothing_twice(uploader: Uploader, portrait: bytes) -> None:
    """Lost: SQS hands a message to two functions at once, and people are there twice."""
    uploader.put("collections/staff/ada.jpg", portrait)
    (message,) = uploader.told()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, [message] * 4)) == [[]] * 4
    assert len(faces()) == 1


def test_failure_after_the_write_is_made_good(
    uploader: Uploader, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a function that dies between writing and answering doubles a face when told again."""
    uploader.put("collections/staff/ada.jpg", portrait)
    (message,) = uploader.told()
    index = OPERATIONS["IndexFaces"]

    def dying(*arguments: Any) -> Any:
        index(*arguments)
        raise ThrottlingException

    with monkeypatch.context() as patched:
        patched.setitem(OPERATIONS, "IndexFaces", dying)
        assert run(message) == ["message-0"]
    number = seq()
    assert run(message) == []
    assert (len(faces()), seq()) == (1, number)


def test_bad_pictures_are_told_and_not_retried(
    uploader: Uploader,
    portrait: bytes,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Lost: a text file in the bucket is tried again until it hides among dead letters."""
    uploader.put("collections/staff/notes.jpg", b"no picture")
    uploader.put("collections/staff/huge.jpg", b"\xff\xd8\xff" + bytes(15 * 1024 * 1024))
    uploader.put("collections/staff/tiny.jpg", jpeg(scenery(20, 20)))
    uploader.put("collections/st aff/p.jpg", portrait)
    uploader.put("collections/staff/landscape.jpg", jpeg(scenery(400, 300)))
    assert run(*uploader.told()) == []
    assert counts(capsys.readouterr().out) == {
        "Failed": 0,
        "Rejected": 4,
        "Indexed": 1,
        "Faces": 0,
    }
    assert "InvalidImageFormatException: 's3://uploads/collections/staff/notes.jpg'" in caplog.text
    assert "ImageTooLargeException: 's3://uploads/collections/staff/huge.jpg'" in caplog.text


@pytest.mark.provokes_faults
@pytest.mark.parametrize("error", [ThrottlingException, InvalidS3ObjectException, OSError])
def test_what_may_be_cured_comes_again(
    error: type[Exception], uploader: Uploader, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: pictures vanish when S3 or DynamoDB are busy, or a right is missing for an hour."""
    uploader.put("collections/staff/ada.jpg", portrait)
    uploader.put("collections/staff/ben.jpg", portrait)
    first, second = uploader.told()
    index = OPERATIONS["IndexFaces"]

    def busy(services: Any, call: Any, params: Any) -> Any:
        if params["ExternalImageId"] == "ada":
            raise error
        return index(services, call, params)

    with monkeypatch.context() as patched:
        patched.setitem(OPERATIONS, "IndexFaces", busy)
        assert run(first, second) == ["message-0"]  # the other one is done
    assert run(first) == []
    assert len(faces()) == 2


def test_counts_are_told_under_the_function_s_name(
    uploader: Uploader, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: two deployments of an account count into each other's dashboards."""
    assert uploader.told() == []
    image_uploaded.handler(event(), SimpleNamespace(function_name="other-image-uploaded"))
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "_aws" in each]
    assert json.loads(line)["Function"] == "other-image-uploaded"


def test_unknown_collection_comes_again(uploader: Uploader, portrait: bytes) -> None:
    """Lost: pictures that came before their collection are gone; as dead letters they wait."""
    uploader.put("collections/later/p.jpg", portrait)
    (message,) = uploader.told()
    assert run(message) == ["message-0"]
    operations.create_collection({"CollectionId": "later"}, None)
    assert run(message) == []
    assert len(faces("later")) == 1


def test_what_is_deleted_meanwhile_is_passed_by(
    uploader: Uploader, portrait: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a deleted picture is retried for days; or, from a version that is left, indexed."""
    uploader.put("collections/staff/ada.jpg", portrait)
    uploader.s3.delete_object(Bucket=BUCKET, Key="collections/staff/ada.jpg")
    assert run(*uploader.told()) == []
    uploader.keep_versions()
    uploader.put("collections/staff/ben.jpg", portrait)
    uploader.s3.delete_object(Bucket=BUCKET, Key="collections/staff/ben.jpg")
    assert run(*uploader.versions_told()) == []
    assert counts(capsys.readouterr().out) == {"Failed": 0, "Gone": 1}
    assert faces() == []


def test_each_version_is_read_as_it_was(
    uploader: Uploader, portrait: bytes, photo_dir: Path
) -> None:
    """Lost: of two pictures put under one key one is indexed twice and the other never."""
    uploader.keep_versions()
    uploader.put("collections/staff/ada.jpg", portrait)
    uploader.put("collections/staff/ada.jpg", (photo_dir / "biden.jpg").read_bytes())
    assert run(*uploader.versions_told()) == []
    assert len({each["ImageId"] for each in faces()}) == 2


def test_other_notifications_are_passed_by(
    uploader: Uploader, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: setting notifications up, or a folder made in a console, ends as a dead letter."""
    uploader.put("collections/staff/", b"")
    uploader.put("elsewhere/p.jpg", b"")
    uploader.put("collections/loose.jpg", b"")
    created = uploader.told()
    removed = created[0].replace("ObjectCreated:Put", "ObjectRemoved:Delete")
    test = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})
    assert run(*created, removed, test) == []
    assert counts(capsys.readouterr().out) == {"Failed": 0, "PassedOver": 5}


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "3", "{}", '{"Records": [{}]}'])
def test_message_of_somebody_else_goes_to_the_dead_letters(
    body: str, uploader: Uploader, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: one strange message stops the queue, or vanishes without a word."""
    assert uploader.told() == []
    assert run(body) == ["message-0"]
    assert "message message-0: the message is no notification of S3" in caplog.text


@pytest.mark.parametrize("event", [None, {}, {"Records": None}, []])
@pytest.mark.usefixtures("fresh_container")
def test_event_of_another_source_is_an_error(event: Any) -> None:
    """Lost: a function that is wired up wrongly answers that all is well."""
    with pytest.raises(Unreadable):
        image_uploaded.handler(event, None)


def test_settings_name_the_prefix(
    uploader: Uploader, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: the keys of a bucket have to be as this service likes them."""
    monkeypatch.setenv("LINEAMENT_UPLOAD_PREFIX", "faces of/")
    container.settings.cache_clear()
    uploader.put("faces of/staff/ada.jpg", portrait)
    assert run(*uploader.told()) == []
    assert len(faces()) == 1


def test_right_that_is_missing_is_no_deleted_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a role without its rights lets every picture vanish as if it were deleted."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    class Refusing:
        def get_object_tagging(self, **_asked: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObjectTagging")

    class Clients:
        client: Callable[..., Any] = lambda _self, _region: Refusing()

    assert monkeypatch
    with pytest.raises(InvalidS3ObjectException):
        S3ObjectStore(Clients()).tags("us-east-1", "b", "k", None)  # type: ignore[arg-type]
