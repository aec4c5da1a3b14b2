"""Who may call a deployment of infra/template.yaml, and what its audit trail is held against."""

import re
from collections.abc import Iterator

import boto3
import pytest

from lineament import config
from lineament.access import read_root_key
from lineament.auth.derivation import RootKey
from lineament.domain.house import House
from tests.infra.granted import granted
from tests.infra.stack import (
    ACCOUNT,
    FUNCTIONS,
    OPERATION,
    REGION,
    TEMPLATE,
    Stack,
    decoded,
    inside_moto,
    resources,
)

READING = ("GetItem", "Query")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with inside_moto():
        yield Stack()


def test_root_key_is_made_and_encrypted(stack: Stack) -> None:
    """Lost: no function can verify or sign; or the root key lies under a key of everybody's."""
    client, named = boto3.client("secretsmanager", REGION), {"SecretId": stack.ids["RootKey"]}
    text = client.get_secret_value(**named)["SecretString"]
    assert re.fullmatch("[A-Za-z0-9]{64}", text)
    assert RootKey.read(text.encode()).derive("a")
    assert client.describe_secret(**named)["KmsKeyId"] == stack.outputs["KeyArn"]
    assert read_root_key(stack.outputs["RootKey"], REGION).derive("a") == RootKey.read(
        text.encode()
    ).derive("a")


def test_anchors_cannot_be_taken_back(stack: Stack) -> None:
    """Lost: whoever may delete from the bucket removes what the audit trail is held against."""
    s3, bucket = boto3.client("s3", REGION), stack.ids["AuditBucket"]
    asked = resources()["AuditBucket"]["Properties"]  # of which moto's CloudFormation makes nothing
    assert asked["ObjectLockEnabled"] is True
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"
    retention = lock["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("COMPLIANCE", 365)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_anchors_are_written_where_callers_cannot_read(stack: Stack) -> None:
    """Lost: a caller names the bucket of the anchors as one with pictures."""
    for name in ("Api", "Retention"):
        settings = config.load(stack.environment(name))
        assert settings.audit_bucket == stack.ids["AuditBucket"]


def test_function_url_leaves_it_to_access_keys_of_ours(stack: Stack) -> None:
    """Lost: unmodified clients are refused by AWS; or everybody who finds the address is let in."""
    client = boto3.client("lambda", REGION)
    url = client.get_function_url_config(FunctionName=stack.ids["ApiFunction"])
    assert url["AuthType"] == "NONE"
    assert stack.outputs["Endpoint"] == url["FunctionUrl"]
    assert {"ApiUrlForEverybody", "ApiForEverybodyByItsUrl"} <= set(stack.ids)
    settings = config.load(stack.environment("Api"))
    assert (settings.auth, settings.access_keys, settings.iam_policies) == ("sigv4", "table", "")


def test_an_open_address_has_keys_of_ours() -> None:
    """Lost: a deployment in which everybody who finds the address may do everything."""
    rule = decoded(TEMPLATE)["Rules"]["SomebodyChecks"]
    off, reached = rule["RuleCondition"]["Fn::And"]
    assert off == {"Fn::Equals": [{"Ref": "Auth"}, "off"]}
    assert reached == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Endpoint"}, "None"]}]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "UrlAuth"}, "AWS_IAM"]}


def asserted(rule: str) -> set[str]:
    """Return the parameters of which a rule asks that they are not empty, or not off."""
    found = decoded(TEMPLATE)["Rules"][rule]["Assertions"]
    return set(re.findall(r"'Ref': '(\w+)'", str([each["Assert"] for each in found])))


def test_a_use_case_is_refused_where_its_functions_would_not_start() -> None:
    """Lost: the stack is there, and each of its functions ends with a sentence in the log."""
    for use_case, rules in (
        ("public-safety", ["UseIsPublic"]),
        ("law-enforcement", ["UseIsPublic", "PoliceUseIsPublic"]),
    ):
        house = House(use_case=use_case)
        lacks = {each.removeprefix("LINEAMENT_") for each in house.lacks(house.rules)}
        asked = {name for rule in rules for name in asserted(rule)}
        named = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in asked}
        assert named == lacks | {"AUDIT"}


def test_parameters_of_both_templates_are_alike() -> None:
    """Lost: a function of an operation refuses a rule that the stack has."""
    of_stack, beside = (decoded(each)["Parameters"] for each in (TEMPLATE, OPERATION))
    for name in {*of_stack, *beside} - {"Operation", "RootKeyArns"}:
        if name in beside:
            told = [dict(each[name]) for each in (of_stack, beside)]
            for each in told:
                each.pop("Description")
            assert told[0] == told[1]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nobody_who_serves_writes_keys_or_grants(function: str, stack: Stack) -> None:
    """Lost: who takes over a function makes keys or grants, lifts a suspension, cuts the trail."""
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lineament-trust"
    reached = granted(
        [s for s in stack.statements(function) if s["Resource"] == table], {table: ""}
    )
    written = {
        name.strip().partition("#")[0] for action, name in reached if not action.endswith(READING)
    }
    assert written <= {"AUDIT", "QUOTA", "WATCH"}
    assert "AUDIT" in written
    assert "dynamodb:DeleteItem" not in {action for action, _ in reached}
