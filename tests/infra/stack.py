"""The template, deployed into moto in this process."""

import ast
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from cfnlint.decode import decode
from moto import mock_aws

from tests.emulated import set_meanwhile
from tests.infra.taught import teach

TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yaml"
OPERATION = TEMPLATE.with_name("operation.yaml")
"""The template of an operation's own function, beside a stack of the other one."""
DASHBOARD = TEMPLATE.with_name("dashboard.yaml")
OPERATOR = TEMPLATE.with_name("operator.yaml")
ACCOUNT, REGION = "123456789012", "eu-west-1"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/lineament@sha256:{'0' * 64}"
FUNCTIONS = ("Api", "ImageUploaded", "Worker", "Retention")
TABLES = ("ControlTable", "FacesTable", "TrustTable")


class Deployed:
    """What came of a deployment of a template."""

    def __init__(self, template: Path, stack: str, **given: str) -> None:
        """Deploy; parameters that are not given keep their defaults."""
        if "ImageUri" in decoded(template)["Parameters"]:
            given = {"ImageUri": IMAGE, **given}
        teach()
        self._cloudformation = boto3.client("cloudformation", REGION)
        self._stack = stack
        self._cloudformation.create_stack(
            StackName=stack,
            TemplateBody=template.read_text(),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        # What a condition leaves out, moto lists without a name.
        found = self._cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        self.ids = {
            each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
            for each in found
            if "LogicalResourceId" in each
        }
        """By logical name: what moto has made."""

    @property
    def outputs(self) -> dict[str, str]:
        """Return the outputs by name."""
        (stack,) = self._cloudformation.describe_stacks(StackName=self._stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    def parameter(self, name: str) -> str:
        """Return a parameter's value."""
        (stack,) = self._cloudformation.describe_stacks(StackName=self._stack)["Stacks"]
        found = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        return str(found[name])

    def function(self, name: str = "") -> dict[str, Any]:
        """Return the configuration of a function."""
        client = boto3.client("lambda", REGION)
        answer: dict[str, Any] = client.get_function(FunctionName=self.ids[f"{name}Function"])
        configuration: dict[str, Any] = answer["Configuration"]
        return configuration

    def statements(self, name: str = "") -> list[dict[str, Any]]:
        """Return the statements of a function's role, whichever way it has them."""
        iam = boto3.client("iam", REGION)
        role = self.ids[f"{name}Role"]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        statements: list[dict[str, Any]] = []
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            document = ast.literal_eval(document) if isinstance(document, str) else document
            # CloudFormation leaves out what AWS::NoValue stands for; moto makes it None.
            statements += filter(None, document["Statement"])
        return statements

    def environment(self, name: str = "") -> dict[str, str]:
        """Return the environment of a function, with what Lambda adds."""
        variables: dict[str, str] = self.function(name)["Environment"]["Variables"]
        return {
            **{name: str(value) for name, value in variables.items()},
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_NAME": self.function(name)["FunctionName"],
        }


class Stack(Deployed):
    """What came of a deployment of infra/template.yaml."""

    def __init__(self, **parameters: str) -> None:
        """Deploy; parameters that are not given keep their defaults."""
        super().__init__(TEMPLATE, "faces", **parameters)
        self._let_expire()
        self._lock_anchors()

    def _let_expire(self) -> None:
        """Do what moto leaves out of a table's properties."""
        client = boto3.client("dynamodb", REGION)
        for name in TABLES:
            asked = resources()[name]["Properties"].get("TimeToLiveSpecification")
            if asked is not None:
                client.update_time_to_live(
                    TableName=self.ids[name], TimeToLiveSpecification=dict(asked)
                )

    def _lock_anchors(self) -> None:
        """Do what moto leaves out of a bucket's properties."""
        asked, s3 = resources()["AuditBucket"]["Properties"], boto3.client("s3", REGION)
        bucket = {"Bucket": self.ids["AuditBucket"]}
        s3.put_bucket_versioning(
            **bucket, VersioningConfiguration=dict(asked["VersioningConfiguration"])
        )
        rule = asked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        days = int(self.parameter(rule["Days"]["Ref"]))
        s3.put_object_lock_configuration(
            **bucket,
            ObjectLockConfiguration={
                "ObjectLockEnabled": asked["ObjectLockConfiguration"]["ObjectLockEnabled"],
                "Rule": {"DefaultRetention": {"Mode": rule["Mode"], "Days": days}},
            },
        )

    def entry(self, name: str) -> Callable[[Any, Any], Any]:
        """Return the handler that a function's Command names; moto does not keep it."""
        command = resources()[f"{name}Function"]["Properties"]["ImageConfig"]["Command"]
        module, _, handler = command[0].rpartition(".")
        entry: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), handler)
        return entry

    def queue(self, name: str) -> dict[str, str]:
        """Return the attributes of a queue."""
        found: dict[str, str] = boto3.client("sqs", REGION).get_queue_attributes(
            QueueUrl=self.ids[name], AttributeNames=["All"]
        )["Attributes"]
        return found

    def empty(self) -> None:
        """Take everything out of tables and buckets, and the versions that a bucket keeps."""
        resource = boto3.resource("dynamodb", REGION)
        for name in TABLES:
            table = resource.Table(self.ids[name])
            for item in table.scan()["Items"]:
                table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        for name in ("Images", "SnapshotBucket"):
            bucket = boto3.resource("s3", REGION).Bucket(self.ids[name])
            bucket.object_versions.delete()
            bucket.Versioning().suspend()


def resources() -> dict[str, dict[str, Any]]:
    """Return the template's resources by logical name, functions unresolved."""
    found: dict[str, dict[str, Any]] = decoded(TEMPLATE)["Resources"]
    return found


def decoded(template: Path) -> dict[str, Any]:
    """Return a template, functions unresolved."""
    found, problems = decode(str(template))
    assert problems == []
    whole: dict[str, Any] = found
    return whole


@contextmanager
def inside_moto() -> Iterator[None]:
    """Answer all of AWS in this process, whatever endpoints other tests have set."""
    endpoints = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]
    kept = {name: os.environ.pop(name) for name in endpoints}
    try:
        with mock_aws(), set_meanwhile({"AWS_DEFAULT_REGION": REGION}):
            yield
    finally:
        os.environ.update(kept)
