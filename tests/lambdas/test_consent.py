"""Uploads and jobs into a collection that takes faces by consent only."""

import json
import time

import pytest

from lambdas import container
from lineament.domain.consent import Consent
from lineament.domain.rules import CONSENT, REQUIRED
from lineament.storage.consents import DynamoConsents
from tests.lambdas.queueing import counts
from tests.lambdas.uploading import Uploader, faces, run
from tests.lambdas.working import Clock, do, handed_on, images


def rule() -> None:
    """Have the collection ask for consent."""
    store = container.application().services.collections
    found = store.find(container.scope(), "staff")
    assert found is not None
    store.retag(found, lambda tags: {**tags, CONSENT: REQUIRED})


def consent(name: str) -> None:
    register = DynamoConsents(container.application().tables)
    register.add(container.scope(), Consent(name, time.time(), "ops"))


def test_an_upload_waits_for_consent(uploader: Uploader, portrait: bytes) -> None:
    """Lost: who puts a picture into a bucket need not ask the person in it."""
    rule()
    uploader.put("collections/staff/ada.jpg", portrait)
    told = uploader.told()
    assert len(run(*told)) == 1  # It comes again, and then is a dead letter.
    assert faces() == []
    consent("ada")
    assert run(*told) == []
    assert [each["ExternalImageId"] for each in faces()] == ["ada"]


def test_one_without_consent_holds_up_no_other(
    work_queue: str, aws_endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a thousand pictures are not imported for the sake of one, or that one is."""
    rule()
    consent("bo")
    ada = images("obama", external_image_id="ada")
    job = {
        "job": "import",
        "collection": "staff",
        "images": [*ada, *images("biden", external_image_id="bo")],
    }
    assert do(job) == []
    assert [each["ExternalImageId"] for each in faces()] == ["bo"]
    assert counts(capsys.readouterr().out)["Indexed"] == 1
    (rest,) = handed_on(work_queue, aws_endpoint)
    assert json.loads(rest)["images"] == ada
    assert do(rest, Clock(9)) == ["message-0"]
