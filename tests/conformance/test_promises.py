"""AP05, PR15, PR16: the judge of every answer in this suite can find something."""

import json
from typing import Any

import pytest

from lineament.wire.http import HttpResponse
from tests import judging
from tests.conformance import promises
from tests.conformance.conftest import Wire

REQUEST_ID = "0a1b2c3d-0000-4000-8000-0123456789ab"
GOOD: dict[str, Any] = {
    "FaceCount": 1,
    "UserCount": 0,
    "FaceModelVersion": "7.0",
    "CollectionARN": "arn",
    "CreationTimestamp": 1.5,
}
ERROR = {
    "__type": "ResourceNotFoundException",
    "Code": "ResourceNotFoundException",
    "Logref": REQUEST_ID,
    "Message": "The collection id: x does not exist",
}


def answer(body: Any, status: int = 200, **headers: str) -> HttpResponse:
    """Return what a server might answer to DescribeCollection."""
    content = json.dumps(body).encode()
    whole = {
        "x-amzn-RequestId": REQUEST_ID,
        "Content-Type": "application/x-amz-json-1.1",
        "Content-Length": str(len(content)),
        "Date": "Mon, 23 Nov 2026 00:00:00 GMT",
        **({} if status == 200 else {"x-amzn-ErrorType": body["__type"]}),
        **headers,
    }
    return HttpResponse(status, whole, content)


def test_ap05_good_answers_pass() -> None:
    """Lost: the tests below prove nothing."""
    promises.keep("DescribeCollection", answer(GOOD))
    promises.keep("DescribeCollection", answer(ERROR, 400))


@pytest.mark.parametrize(
    "change",
    [
        {"Unknown": 1},
        {"FaceCount": 1.0},
        {"FaceCount": "1"},
        {"FaceModelVersion": None},
        {"FaceModelVersion": ""},
        {"CreationTimestamp": "soon"},
        {"CreationTimestamp": float("nan")},
    ],
)
def test_ap05_pr15_pr16_bad_outputs_are_found(change: dict[str, Any]) -> None:
    """Lost: an answer that typed SDKs cannot parse goes out."""
    with pytest.raises(AssertionError):
        promises.keep("DescribeCollection", answer({**GOOD, **change}))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 404),
        ({}, 500),
        ({"Code": "Other"}, 400),
        ({"Message": ""}, 400),
        ({"Logref": "another"}, 400),
        ({"__type": "ImageTooLargeException", "Code": "ImageTooLargeException"}, 400),
        ({"__type": "ValidationException", "Code": "ValidationException"}, 400),
        ({"Message": 'File "/work/x.py", line 3'}, 400),
        ({"Message": "KeyError: 'x'"}, 400),
        ({"Message": "could not open /usr/share/models/x"}, 400),
        ({"Extra": 1}, 400),
    ],
)
def test_ap05_bad_errors_are_found(change: dict[str, Any], status: int) -> None:
    """Lost: a fault goes out that no SDK knows, or that tells our internals."""
    with pytest.raises(AssertionError):
        promises.keep("DescribeCollection", answer({**ERROR, **change}, status))


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/html"}, {"Content-Length": "7"}, {"Date": "today"}]
)
def test_pr03_bad_headers_are_found(headers: dict[str, str]) -> None:
    """Lost: strict SDKs refuse the answer."""
    with pytest.raises(AssertionError):
        promises.keep("DescribeCollection", answer(GOOD, **headers))


def test_ap05_clients_of_this_suite_are_judged(wire: Wire, account: str) -> None:
    """Lost: boto3's answers pass unseen, on one of the transports."""
    c = wire.client(account)
    c.meta.events.register_first("response-received.rekognition", _spoil)
    with judging.breaches() as found, pytest.raises(AssertionError, match="Spoilt"):
        c.list_collections()
    assert len(found) == 1


def _spoil(response_dict: dict[str, Any], **_: Any) -> None:
    response_dict["body"] = b'{"CollectionIds":[],"FaceModelVersions":[],"Spoilt":1}'
    response_dict["headers"]["Content-Length"] = str(len(response_dict["body"]))
