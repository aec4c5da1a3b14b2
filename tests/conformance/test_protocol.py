"""PR*: the wire itself. Source: SPEC.md F, A.1 to A.4."""

import json
import re
import time
import uuid
from typing import Any

import pytest

from lineament.handlers.table import OPERATIONS
from lineament.wire.http import HttpRequest
from tests import pictures
from tests.conformance.album import Album
from tests.conformance.asking import raw_refused, refused
from tests.conformance.conftest import People, Wire
from tests.conformance.promises import AWS

NOT_FOUND = "ResourceNotFoundException"
SERIALIZATION = "SerializationException"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "moon-base-1"])
def test_pr01_any_region_works(wire: Wire, account: str, region: str) -> None:
    """Lost: a client whose region we did not think of gets no answer."""
    answer = wire.client(account, region).list_collections()
    assert answer["CollectionIds"] == []


def test_pr02_request_ids_are_unique(c: Any) -> None:
    """Lost: a user cannot tell us which call went wrong."""
    ids = [c.list_collections()["ResponseMetadata"]["RequestId"] for _ in range(2)]
    assert all(uuid.UUID(request_id) for request_id in ids)
    assert ids[0] != ids[1]


def test_pr03_content_type(c: Any) -> None:
    """Lost: typed SDKs refuse to parse the answer."""
    headers = c.list_collections()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["date"].endswith("GMT")


def test_pr04_pr06_service_errors_carry_type_code_logref_and_message(wire: Wire) -> None:
    """Lost: SDKs name every error "400", and nobody finds the log line."""
    answer = wire.raw("DescribeCollection", {"CollectionId": "nowhere"})
    body = json.loads(answer.body)
    assert body["__type"] == body["Code"] == NOT_FOUND
    assert uuid.UUID(body["Logref"])
    assert "nowhere" in body["Message"]


def test_pr05_errors_are_400_access_denied_and_not_found_too(c: Any) -> None:
    """Lost: clients that branch on the status go wrong; `refused` asserts the 400."""
    refused(c.describe_collection, NOT_FOUND, CollectionId="nowhere")
    refused(c.detect_labels, "AccessDeniedException", Image={"Bytes": b"x"})


@pytest.mark.parametrize(
    "target",
    [
        "RekognitionService.Nope",
        "RekognitionService.listcollections",
        "RekognitionService.",
        "RekognitionService.ListCollections.ListCollections",
        "OtherService.ListCollections",
        "ListCollections",
        "RekognitionService.\u00e9",
        "",
        None,
    ],
)
def test_pr07_unknown_operation(wire: Wire, target: str | None) -> None:
    """Lost: a mistyped operation looks like a fault of the service."""
    answer = wire.raw("Nope", "{}", headers={"X-Amz-Target": target})
    raw_refused(answer, "UnknownOperationException")


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", "/"), ("POST", "/nowhere")])
def test_pr07_other_methods_and_paths_are_unknown(wire: Wire, method: str, path: str) -> None:
    """Lost: a browser or a scanner meets a page of HTML or a stack trace."""
    headers = {"X-Amz-Target": "RekognitionService.ListCollections"}
    answer = wire.send(HttpRequest(method, path, headers, b""))
    body = json.loads(answer.body)
    assert (answer.status, body["__type"]) == (404, "UnknownOperationException")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"{'CollectionId': 'x'}",
        b'{"CollectionId": "x"',
        b'{"CollectionId": "x"} and more',
        b"\xff\xfe{\x00}\x00",
        b'{"CollectionId": "\xff"}',
        b'{"CollectionId": "\\ud800"}',
        b"[" * 5000,
        b'{"a":' * 5000,
        b"\x00",
    ],
)
def test_pr09_broken_json(wire: Wire, body: bytes) -> None:
    """Lost: a broken client gets a 500 and retries for ever."""
    assert raw_refused(wire.raw("DescribeCollection", body), SERIALIZATION)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"3", b"null", b"true"])
def test_pr10_body_must_be_an_object(wire: Wire, body: bytes) -> None:
    """Lost: as for broken JSON."""
    assert "object" in raw_refused(wire.raw("ListCollections", body), SERIALIZATION)


@pytest.mark.parametrize(
    ("operation", "members", "named"),
    [
        ("ListCollections", {"MaxResults": "x"}, "maxResults"),
        ("ListCollections", {"MaxResults": True}, "maxResults"),
        ("ListCollections", {"MaxResults": 1.5}, "maxResults"),
        ("ListCollections", {"MaxResults": 2**40}, "maxResults"),
        ("ListCollections", {"NextToken": 5}, "nextToken"),
        ("DescribeCollection", {"CollectionId": ["a"]}, "collectionId"),
        ("DescribeCollection", {"CollectionId": {"a": 1}}, "collectionId"),
        ("CreateCollection", {"CollectionId": "a", "Tags": ["k"]}, "tags"),
        ("CreateCollection", {"CollectionId": "a", "Tags": {"k": 1}}, "tags"),
        ("SearchFaces", {"CollectionId": "a", "FaceMatchThreshold": "80"}, "faceMatchThreshold"),
        ("SearchFaces", {"CollectionId": "a", "FaceMatchThreshold": []}, "faceMatchThreshold"),
        ("DeleteFaces", {"CollectionId": "a", "FaceIds": "not a list"}, "faceIds"),
        ("DeleteFaces", {"CollectionId": "a", "FaceIds": [1]}, "faceIds"),
        ("DetectFaces", {"Image": "text"}, "image"),
        ("DetectFaces", {"Image": {"Bytes": 7}}, "image.bytes"),
        ("DetectFaces", {"Image": {"S3Object": []}}, "image.s3Object"),
    ],
)
def test_pr10_wrong_types_are_named(
    wire: Wire, operation: str, members: dict[str, Any], named: str
) -> None:
    """Lost: the caller does not learn which member is wrong."""
    assert named in raw_refused(wire.raw(operation, members), SERIALIZATION)


def test_pr10_unknown_members_are_ignored(wire: Wire) -> None:
    """Lost: a client newer than we are cannot call us."""
    answer = wire.raw("ListCollections", {"NewMember": {"deep": [None, 1]}, "MaxResults": 2})
    assert answer.status == 200


@pytest.mark.parametrize("text", ["%%%", "YWJj\nYWJj", "YWJ", "YWJj=", "-_-_", "\u00e9"])
def test_pr11_bad_base64(wire: Wire, text: str) -> None:
    """Lost: broken bytes are taken for a picture."""
    answer = wire.raw("DetectFaces", {"Image": {"Bytes": text}})
    assert "image.bytes" in raw_refused(answer, SERIALIZATION)


def test_pr13_null_is_absent(wire: Wire) -> None:
    """Lost: SDKs that write null for what is not set cannot call us."""
    assert wire.raw("ListCollections", {"NextToken": None, "MaxResults": None}).status == 200


def test_pr13_null_for_a_required_member_is_named(wire: Wire) -> None:
    """Lost: the caller does not learn what is missing."""
    message = raw_refused(wire.raw("DescribeCollection", {"CollectionId": None}), VALIDATION)
    assert "Value null at 'collectionId'" in message


VALIDATION = "ValidationException"


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("ListCollections", {}),
        ("DescribeCollection", {}),
        ("ListFaces", {}),
        ("SearchFaces", {"FaceId": "B"}),
        ("DeleteFaces", {"FaceIds": ["a" * 8 + "-0000-0000-0000-" + "a" * 12]}),
    ],
)
def test_pr15_no_nulls(wire: Wire, people: People, operation: str, members: dict[str, Any]) -> None:
    """Lost: loops on `'NextToken' in answer` never end; `promises` looks at every other answer."""
    if "FaceId" in members:
        members = {"FaceId": people.faces[members["FaceId"]][0]}
    if operation != "ListCollections":
        members = {"CollectionId": people.id, **members}
    answer = wire.raw(operation, members, account=people.account)
    assert answer.status == 200
    assert b"null" not in answer.body


def test_pr16_integers_have_no_decimal_point(wire: Wire, account: str) -> None:
    """Lost: SDKs of typed languages cannot parse the answer."""
    made = wire.raw("CreateCollection", {"CollectionId": "a"}, account=account)
    told = wire.raw("DescribeCollection", {"CollectionId": "a"}, account=account)
    assert re.search(rb'"StatusCode": ?200[,}]', made.body)
    assert re.search(rb'"FaceCount": ?0[,}]', told.body)
    assert re.search(rb'"UserCount": ?0[,}]', told.body)


def test_pr17_timestamps_are_epoch_seconds(c: Any) -> None:
    """Lost: boto3 raises ValueError on milliseconds."""
    before = time.time()
    c.create_collection(CollectionId="a")
    created = c.describe_collection(CollectionId="a")["CreationTimestamp"]
    assert before - 1 <= created.timestamp() <= time.time() + 1


def test_pr19_two_images_of_five_mib(c: Any, album: Album) -> None:
    """Lost: photos straight from a camera cannot be compared."""
    size = 5 * 1024 * 1024
    one, two = (
        pictures.jpeg_of_size(album.pixels(name), size) for name in ("obama.jpg", "obama2.jpg")
    )
    answer = c.compare_faces(SourceImage={"Bytes": one}, TargetImage={"Bytes": two})
    assert len(answer["FaceMatches"]) == 1


def test_pr21_errors_are_the_clients_own_classes(c: Any) -> None:
    """Lost: `except client.exceptions.X` never catches; `refused` asserts it across the suite."""
    c.create_collection(CollectionId="a")
    refused(c.create_collection, "ResourceAlreadyExistsException", CollectionId="a")
    refused(c.delete_collection, NOT_FOUND, CollectionId="b")
    refused(c.list_faces, "InvalidPaginationTokenException", CollectionId="a", NextToken="x")
    refused(c.detect_faces, "InvalidImageFormatException", Image={"Bytes": b"no picture"})
    refused(c.detect_faces, "InvalidParameterException", Image={})
    refused(c.detect_faces, "InvalidS3ObjectException", Image={"S3Object": {}})
    too_large = pictures.png_bomb(12_000, 100)
    refused(c.detect_faces, "ImageTooLargeException", Image={"Bytes": too_large})


def test_as05_operations_not_built_yet_are_denied(wire: Wire) -> None:
    """Lost: a client that calls what we lack cannot tell, or takes the service for broken."""
    missing = set(AWS.operation_names) - set(OPERATIONS)
    assert len(missing) + len(OPERATIONS) == 75
    for operation in sorted(missing):
        message = raw_refused(wire.raw(operation, "{}"), "AccessDeniedException")
        assert f"rekognition:{operation}" in message
