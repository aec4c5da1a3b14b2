"""The stranger's own tests."""

import json
import urllib.request

import boto3
import doorman
import pytest
from moto import mock_aws

from lineament.testing import faces, mock_rekognition


def upload(key, body):
    boto3.client("s3", "us-east-1").put_object(Bucket="door", Key=key, Body=body)
    return {"Records": [{"s3": {"bucket": {"name": "door"}, "object": {"key": key}}}]}


@pytest.fixture
def door():
    with mock_aws(), mock_rekognition():
        boto3.client("s3", "us-east-1").create_bucket(Bucket="door")
        boto3.client("dynamodb", "us-east-1").create_table(
            TableName="visits",
            KeySchema=[{"AttributeName": "photo", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "photo", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        doorman.rekognition.create_collection(CollectionId="residents")
        upload("alice.jpg", faces.picture("alice"))
        assert len(doorman.enrol("door", "alice.jpg", "Alice")) == 1
        yield


def test_a_resident_is_admitted(door):
    assert doorman.on_photo(upload("x.jpg", faces.picture("alice"))) == ["Alice"]
    table = boto3.resource("dynamodb", "us-east-1").Table("visits")
    assert table.get_item(Key={"photo": "x.jpg"})["Item"]["who"] == "Alice"


def test_a_sister_is_not(door):
    faces.similarity("alice", "her sister", 85)
    assert doorman.on_photo(upload("x.jpg", faces.picture("her sister"))) == []


def test_an_empty_doorstep(door):
    assert doorman.on_photo(upload("x.jpg", faces.picture())) == []


@mock_rekognition
@mock_aws
def test_decorators():
    doorman.rekognition.create_collection(CollectionId="residents")
    assert doorman.rekognition.list_collections()["CollectionIds"] == ["residents"]


def test_fixtures_of_the_plugin(rekognition_client, lineament_faces, lineament_server):
    rekognition_client.create_collection(CollectionId="residents")
    request = urllib.request.Request(
        lineament_server,
        b"{}",
        {
            "X-Amz-Target": "RekognitionService.ListCollections",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/"
            "rekognition/aws4_request, SignedHeaders=host, Signature=0",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["CollectionIds"] == ["residents"]


@pytest.mark.lineament(undeclared="no faces")
def test_marker(rekognition_client, lineament_faces):
    picture = lineament_faces.picture("alice")
    assert len(rekognition_client.detect_faces(Image={"Bytes": picture})["FaceDetails"]) == 1
