"""Deployments of infra/template.yaml with other parameters than the defaults, in moto."""

import json
from collections.abc import Iterator

import boto3
import pytest

from tests.infra.stack import ACCOUNT, REGION, Stack, inside_moto

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
    assert stack.ids["TrustTable"] == "other-trust"
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
    assert stack.outputs["Endpoint"].startswith("https://")
    client = boto3.client("apigatewayv2", REGION)
    (route,) = client.get_routes(ApiId=stack.ids["HttpApi"])["Items"]
    assert (route["RouteKey"], route["AuthorizationType"]) == ("$default", "AWS_IAM")
    (integration,) = client.get_integrations(ApiId=stack.ids["HttpApi"])["Items"]
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["IntegrationUri"] == stack.function("Api")["FunctionArn"]
    assert integration["TimeoutInMillis"] == 1000 * stack.function("Api")["Timeout"]
    (allowed,) = called_by(stack)
    assert allowed["Action"] == "execute-api:Invoke"
    assert stack.ids["HttpApi"] in allowed["Resource"]
    (faults,) = (
        each
        for each in boto3.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
        if each.get("Namespace") == "AWS/ApiGateway"
    )
    assert faults["Dimensions"] == [{"Name": "ApiId", "Value": stack.ids["HttpApi"]}]


def called_by(stack: Stack) -> list[dict[str, str]]:
    """Return the statements of the policy for callers."""
    found: list[dict[str, str]] = boto3.client("iam", REGION).get_policy_version(
        PolicyArn=stack.outputs["CallerPolicyArn"], VersionId="v1"
    )["PolicyVersion"]["Document"]["Statement"]
    return found


@pytest.mark.parametrize(("asked", "kept"), [("", None), ("7", 7), ("0", 0)])
def test_the_api_can_be_bounded(asked: str, kept: int | None) -> None:
    """Lost: one caller takes all functions of the account, and uploads and jobs stand still."""
    stack = Stack(ApiConcurrency=asked)
    told = boto3.client("lambda", REGION).get_function_concurrency(
        FunctionName=stack.ids["ApiFunction"]
    )
    assert told.get("ReservedConcurrentExecutions") == kept


def test_everybody_is_let_in_where_that_is_asked_for() -> None:
    """Lost: unmodified clients cannot try it; or an address is open that nobody meant to open."""
    opening = {"ApiUrlForEverybody", "ApiForEverybodyByItsUrl"}
    assert opening <= set(Stack(UrlAuth="NONE").ids)


def test_no_endpoint_at_all() -> None:
    """Lost: who only wants uploads, jobs and state machines has an address that is open."""
    stack = Stack(Endpoint="None")
    assert not {"ApiUrl", "HttpApi", "CallerPolicy", "ApiFaults"} & set(stack.ids)
    assert not {"Endpoint", "CallerPolicyArn"} & set(stack.outputs)
