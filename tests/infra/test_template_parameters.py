"""Deployments of infra/template.yaml with other parameters than the defaults, in moto."""

import json
from collections.abc import Iterator

import boto3
import pytest

from lineament import config
from lineament.access import read_root_keys
from lineament.auth.derivation import RootKey, new_root_key
from lineament.trust import build_house
from tests.infra.stack import ACCOUNT, FUNCTIONS, REGION, Stack, inside_moto

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
    stack = Stack(Endpoint="HttpApi", UrlAuth="AWS_IAM")
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


def test_iam_can_stand_before_a_function_url() -> None:
    """Lost: who gives rights by IAM alone has an address that is open, or is let in by nobody."""
    stack = Stack(UrlAuth="AWS_IAM", IamPolicies="read-only")
    url = boto3.client("lambda", REGION).get_function_url_config(
        FunctionName=stack.ids["ApiFunction"]
    )
    assert url["AuthType"] == "AWS_IAM"
    assert not {"ApiUrlForEverybody", "ApiForEverybodyByItsUrl"} & set(stack.ids)
    allowed, function = called_by(stack), stack.function("Api")["FunctionArn"]
    assert {each["Resource"] for each in allowed} == {function}
    assert {each["Action"] for each in allowed} == {
        "lambda:InvokeFunctionUrl",
        "lambda:InvokeFunction",
    }
    assert config.load(stack.environment("Api")).iam_policies == "read-only"


def test_auth_can_be_left_to_iam_alone() -> None:
    """Lost: a deployment of before goes on only with keys that nobody has given out."""
    stack = Stack(Auth="off", UrlAuth="AWS_IAM")
    for name in FUNCTIONS:
        settings = config.load(stack.environment(name))
        assert (settings.auth, settings.audit) == ("off", "on")


def test_a_root_key_takes_over_from_another() -> None:
    """Lost: a root key that may have leaked cannot be replaced, or all keys die at once."""
    client = boto3.client("secretsmanager", REGION)
    texts = {name: new_root_key() for name in ("new", "old")}
    new, old = (
        client.create_secret(Name=name, SecretString=text)["ARN"] for name, text in texts.items()
    )
    stack = Stack(RootKeyArns=f"{new},{old}")
    assert "RootKey" not in stack.ids
    found = read_root_keys(stack.outputs["RootKey"], REGION)
    assert [each.derive("a") for each in found] == [
        RootKey.read(text.encode()).derive("a") for text in texts.values()
    ]
    for name in FUNCTIONS:
        assert stack.environment(name)["LINEAMENT_ROOT_KEY"] == f"{new},{old}"
        (read,) = (
            each["Resource"]
            for each in stack.statements(name)
            if each["Action"] == "secretsmanager:GetSecretValue"
        )
        assert read == [new, old]


@pytest.mark.parametrize("name", ["Api", "ImageUploaded", "Worker"])
def test_a_use_case_holds_for_whoever_uses_faces(name: str) -> None:
    """Lost: rules of law enforcement hold for clients, and uploads or imports go round them."""
    stated = {
        "Purpose": "case work, with a warrant",
        "NoticeUrl": "https://faces.example/notice",
        "Contact": "faces@example.com",
        "DisclosureUrl": "https://faces.example/use",
    }
    stack = Stack(UseCase="law-enforcement", Audit="strict", **stated)
    settings = config.load(stack.environment(name))
    house = build_house(settings)
    assert (house.use_case, house.lacks(house.rules)) == ("law-enforcement", ())
    assert (house.purpose, settings.audit) == (stated["Purpose"], "strict")


def test_no_endpoint_at_all() -> None:
    """Lost: who only wants uploads, jobs and state machines has an address that is open."""
    stack = Stack(Endpoint="None")
    assert not {"ApiUrl", "HttpApi", "CallerPolicy", "ApiFaults"} & set(stack.ids)
    assert not {"Endpoint", "CallerPolicyArn"} & set(stack.outputs)
