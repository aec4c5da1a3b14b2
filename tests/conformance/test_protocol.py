"""SPEC.md F, protocol: what every SDK relies on before it looks at an operation."""

import time
import uuid
from typing import Any

import botocore
import orjson
import pytest
from botocore.config import Config

from tests.conformance.conftest import Wire

UNKNOWN = "no-such-collection"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-3", "moon-north-9"])
def test_pr01_any_region_works(wire: Wire, account: str, region: str) -> None:
    """Else a client in another region cannot use the service."""
    assert wire.client(account, region).list_collections()["CollectionIds"] == []


def test_pr02_pr03_every_answer_has_its_own_request_id_and_the_content_type(c: Any) -> None:
    """Else an error cannot be found in the log, and strict SDKs refuse the body."""
    answers = [c.list_collections()["ResponseMetadata"] for _ in range(2)]
    assert len({uuid.UUID(answer["RequestId"]) for answer in answers}) == 2
    assert {a["HTTPHeaders"]["content-type"] for a in answers} == {"application/x-amz-json-1.1"}


def test_pr04_pr05_pr06_a_service_error_has_type_code_message_and_logref(wire: Wire) -> None:
    """Else SDKs raise a nameless error."""
    answer = wire.raw("DescribeCollection", {"CollectionId": UNKNOWN})
    body = orjson.loads(answer.body)
    assert answer.status == 400
    assert body["__type"] == body["Code"] == "ResourceNotFoundException"
    assert body["Message"] == f"The collection id: {UNKNOWN} does not exist"
    assert uuid.UUID(body["Logref"])


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("Nope", "{}", "UnknownOperationException"),
        ("listCollections", "{}", "UnknownOperationException"),
        ("ListCollections", "{", "SerializationException"),
        ("ListCollections", "[]", "SerializationException"),
        ("SearchFaces", '{"CollectionId":"a","MaxFaces":"x"}', "SerializationException"),
        ("SearchFaces", '{"CollectionId":"a","FaceMatchThreshold":NaN}', "SerializationException"),
        ("DetectFaces", '{"Image":{"Bytes":"%%%"}}', "SerializationException"),
        ("DescribeCollection", "{}", "ValidationException"),
    ],
)
def test_pr07_pr09_pr10_pr11_va12_framework_errors(
    wire: Wire, operation: str, body: str, code: str
) -> None:
    """Else a broken request looks like a fault of the service."""
    answer = wire.raw(operation, body)
    told = orjson.loads(answer.body)
    assert (answer.status, told["__type"]) == (400, code)
    assert told["message"]
    assert "Traceback" not in told["message"]
    assert wire.raw("ListCollections", "{}").status == 200


def test_pr13_null_is_absent_and_unknown_members_are_ignored(wire: Wire) -> None:
    """Else clients that send nulls or newer members break."""
    assert wire.raw("ListCollections", '{"NextToken":null,"Newer":{"a":1}}').status == 200


def test_pr15_pr16_no_null_and_no_decimal_point_in_integers(wire: Wire, account: str) -> None:
    """Else typed SDKs cannot parse the answer."""
    created = wire.raw("CreateCollection", {"CollectionId": "x"}, account)
    told = wire.raw("DescribeCollection", {"CollectionId": "x"}, account)
    assert b'"StatusCode":200,' in created.body
    assert b'"FaceCount":0,' in told.body
    assert b"null" not in created.body + told.body


def test_pr17_timestamps_are_epoch_seconds(c: Any) -> None:
    """Else boto3 fails on every DescribeCollection."""
    c.create_collection(CollectionId="x")
    made = c.describe_collection(CollectionId="x")["CreationTimestamp"]
    assert abs(made.timestamp() - time.time()) < 60


def test_pr21_errors_are_the_clients_own_classes(c: Any) -> None:
    """Else `except client.exceptions.ResourceNotFoundException` never catches."""
    with pytest.raises(c.exceptions.ResourceNotFoundException):
        c.describe_collection(CollectionId=UNKNOWN)


def test_au04_an_unsigned_call_is_refused(wire: Wire, account: str) -> None:
    """Else anonymous calls land in somebody's account."""
    client = wire.client(account, signature_version=botocore.UNSIGNED)
    assert isinstance(client.meta.config, Config)
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.list_collections()
    assert caught.value.response["Error"]["Code"] == "MissingAuthenticationTokenException"


def test_au11_accounts_and_regions_are_isolated(wire: Wire, account: str) -> None:
    """Else one tenant sees another's collections."""
    here = wire.client(account)
    here.create_collection(CollectionId="mine")
    elsewhere = wire.client(account, "eu-west-1")
    other = wire.client("999999999999")
    assert elsewhere.list_collections()["CollectionIds"] == []
    assert "mine" not in other.list_collections()["CollectionIds"]
    elsewhere.create_collection(CollectionId="mine")


def test_as05_an_operation_that_is_not_built_is_denied_by_name(c: Any) -> None:
    """Else a client cannot tell a missing feature from a broken service."""
    with pytest.raises(c.exceptions.AccessDeniedException, match="rekognition:DetectLabels"):
        c.detect_labels(Image={"Bytes": b"x"})


def test_a_body_over_the_cap_is_413(wire: Wire) -> None:
    """Else one request can fill the memory."""
    answer = wire.raw("DetectFaces", b'{"x":"' + b"a" * (16 * 1024 * 1024) + b'"}')
    assert answer.status == 413
    assert orjson.loads(answer.body)["__type"] == "RequestEntityTooLargeException"
