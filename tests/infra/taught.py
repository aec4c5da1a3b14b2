"""Kinds of resources that moto's CloudFormation does not make, made by moto's own services.

They take the properties as boto3's parameters, whose names are CloudFormation's; so what
CloudFormation would refuse, moto mostly refuses as well.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from moto.cloudformation.parsing import get_model_map
from moto.core.common_models import CloudFormationModel

Properties = Mapping[str, Any]
Made = tuple[str, Mapping[str, str]]
"""The physical id, and what Fn::GetAtt gives."""


def _bucket_policy(region: str, asked: Properties) -> Made:
    policy = json.dumps(asked["PolicyDocument"])
    boto3.client("s3", region).put_bucket_policy(Bucket=asked["Bucket"], Policy=policy)
    return f"{asked['Bucket']}-policy", {}


def _secret(region: str, asked: Properties) -> Made:
    client = boto3.client("secretsmanager", region)
    text = client.get_random_password(**asked["GenerateSecretString"])["RandomPassword"]
    about = {name: asked[name] for name in ("Description", "KmsKeyId")}
    made = client.create_secret(Name="RootKey-a1b2", SecretString=text, **about)
    return made["ARN"], {}


def _queue_policy(region: str, asked: Properties) -> Made:
    attributes = {"Policy": json.dumps(asked["PolicyDocument"])}
    for url in asked["Queues"]:
        boto3.client("sqs", region).set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return f"{asked['Queues'][0]}-policy", {}


def _function_url(region: str, asked: Properties) -> Made:
    made = boto3.client("lambda", region).create_function_url_config(
        FunctionName=asked["TargetFunctionArn"], AuthType=asked["AuthType"]
    )
    return made["FunctionArn"], {"FunctionUrl": made["FunctionUrl"]}


def _invoke_config(region: str, asked: Properties) -> Made:
    boto3.client("lambda", region).put_function_event_invoke_config(**asked)
    return f"{asked['FunctionName']}-invoke", {}


def _alarm(region: str, asked: Properties) -> Made:
    asked = {"AlarmName": asked["AlarmDescription"], **asked}
    boto3.client("cloudwatch", region).put_metric_alarm(**asked)
    return asked["AlarmName"], {}


def _http_api(region: str, asked: Properties) -> Made:
    made = boto3.client("apigatewayv2", region).create_api(**asked)
    return made["ApiId"], {"ApiEndpoint": made["ApiEndpoint"]}


def _http_part(operation: str, identity: str) -> Callable[[str, Properties], Made]:
    def create(region: str, asked: Properties) -> Made:
        made = getattr(boto3.client("apigatewayv2", region), operation)(**asked)
        return made[identity], {}

    return create


_KINDS: Mapping[str, Callable[[str, Properties], Made]] = {
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Lambda::Url": _function_url,
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::ApiGatewayV2::Api": _http_api,
    "AWS::ApiGatewayV2::Integration": _http_part("create_integration", "IntegrationId"),
    "AWS::ApiGatewayV2::Route": _http_part("create_route", "RouteId"),
    "AWS::ApiGatewayV2::Stage": _http_part("create_stage", "StageName"),
}


class _Taught(CloudFormationModel):
    """What was made."""

    def __init__(self, made: Made) -> None:
        self._id, self._attributes = made

    @property
    def physical_resource_id(self) -> str:
        return self._id

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in {"FunctionUrl", "ApiEndpoint"}

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self._attributes[attribute_name]


def _class_of(kind: str, create: Callable[[str, Properties], Made]) -> type[CloudFormationModel]:
    def from_json(
        _name: str, asked: Mapping[str, Any], _account: str, region: str, **_more: Any
    ) -> _Taught:
        return _Taught(create(region, asked["Properties"]))

    members = {
        "cloudformation_type": staticmethod(lambda: kind),
        "cloudformation_name_type": staticmethod(lambda: ""),
        "create_from_cloudformation_json": staticmethod(from_json),
    }
    return type(kind.replace("::", ""), (_Taught,), members)


def teach() -> None:
    """Make moto know them; harmless if done again."""
    known = get_model_map()
    known.update({kind: _class_of(kind, create) for kind, create in _KINDS.items()})
