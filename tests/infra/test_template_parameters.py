"""Deployments of infra/template.yaml with other parameters than the defaults, in moto."""

import json
from collections.abc import Iterator

import boto3
import pytest

from tests.infra.stack import ACCOUNT, REGION, Stack, inside_moto, resources

KEY_OF_MINE = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def moto() -> Iterator[None]:
    with inside_moto():
        yield


def test_what_is_there_already_is_used() -> None:
    """Lost: a bucket, key or topic of one's own cannot be used."""
    boto3.client("s3", REGION).create_bucket(
        Bucket="mine", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
    stack = Stack(ImagesBucket="mine", KmsKeyArn=KEY_OF_MINE, AlarmTopicArn=topic, Name="other")
    assert not {"Images", "ImagesPolicy", "Key", "KeyAlias"} & set(stack.ids)
    assert stack.outputs["ImagesBucketName"] == "mine"
    assert stack.outputs["KeyArn"] == KEY_OF_MINE
    statements = stack.statements("Api")
    reached = {each["Resource"] for each in statements}
    assert {"arn:aws:s3:::mine", "arn:aws:s3:::mine/*", KEY_OF_MINE} <= reached
    policy = json.loads(stack.queue("UploadsQueue")["Policy"])
    assert policy["Statement"][0]["Condition"]["ArnEquals"] == {
        "aws:SourceArn": "arn:aws:s3:::mine"
    }
    alarms = boto3.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(topic,)}
    assert stack.ids["FacesTable"] == "other-faces"


def test_http_api_in_place_of_a_function_url() -> None:
    """Lost: regions without Function URLs have no endpoint."""
    stack = Stack(Endpoint="HttpApi")
    assert "ApiUrl" not in stack.ids
    assert stack.outputs["HttpApiEndpoint"].startswith("https://")
    client = boto3.client("apigatewayv2", REGION)
    (route,) = client.get_routes(ApiId=stack.ids["HttpApi"])["Items"]
    assert (route["RouteKey"], route["AuthorizationType"]) == ("$default", "AWS_IAM")
    (integration,) = client.get_integrations(ApiId=stack.ids["HttpApi"])["Items"]
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["IntegrationUri"] == stack.function("Api")["FunctionArn"]


def test_an_operation_for_state_machines() -> None:
    """Lost: Step Functions have nothing to invoke; or it fails and no alarm rings."""
    stack = Stack(Endpoint="None", DirectOperation="index_faces")
    command = resources()["DirectFunction"]["Properties"]["ImageConfig"]["Command"]
    assert command == [{"Fn::Sub": "lambdas.operations.${DirectOperation}"}]
    assert stack.outputs["DirectFunctionArn"] == stack.function("Direct")["FunctionArn"]
    assert "Endpoint" not in stack.outputs
    watched = [
        (alarm["MetricName"], each["Value"])
        for alarm in boto3.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
        for each in alarm.get("Dimensions", [])
    ]
    assert ("Errors", stack.ids["DirectFunction"]) in watched
