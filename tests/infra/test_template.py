"""What a deployment of infra/template.yaml makes, in moto."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lineament import config
from lineament.storage.provision import connect, ensure_tables
from lineament.storage.staging import ABANDONED_SECONDS
from lineament.trust import build_house
from tests.infra.stack import (
    ACCOUNT,
    DASHBOARD,
    FUNCTIONS,
    OPERATION,
    OPERATOR,
    REGION,
    TABLES,
    TEMPLATE,
    Stack,
    decoded,
    inside_moto,
    resources,
)

TEMPLATES = (TEMPLATE, OPERATION, DASHBOARD, OPERATOR)
CFN_LINT = str(Path(sys.executable).with_name("cfn-lint"))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with inside_moto():
        yield Stack()


def test_cfn_lint_finds_nothing() -> None:
    """Lost: CloudFormation refuses the template, or a later one does."""
    done = subprocess.run(
        [CFN_LINT, "--non-zero-exit-code", "informational", *map(str, TEMPLATES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_only_the_image_has_to_be_named() -> None:
    """Lost: a first deployment begins with questions that nobody can answer yet."""
    parameters = decoded(TEMPLATE)["Parameters"]
    assert [name for name, each in parameters.items() if "Default" not in each] == ["ImageUri"]
    assert all(each["Description"] for each in parameters.values())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.stem)
def test_yaml_is_what_cloudformation_reads(template: Path) -> None:
    """Lost: a deployment fails: CloudFormation knows no anchors, aliases and merges."""
    text = template.read_text()
    assert not any(line.split("#")[0].rstrip().endswith(" &") for line in text.splitlines())
    assert " *" not in "".join(line.split('"')[0] for line in text.splitlines(keepends=True))
    assert len(text.encode()) < 51_200, "the most that a template may have without a bucket"


def described(name: str) -> dict[str, Any]:
    client = boto3.client("dynamodb", REGION)
    table: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return {
        "KeySchema": table["KeySchema"],
        "AttributeDefinitions": table["AttributeDefinitions"],
        "BillingMode": table["BillingModeSummary"]["BillingMode"],
        "TimeToLive": expiry,
    }


def test_tables_are_those_that_the_service_makes(stack: Stack) -> None:
    """Lost: a deployed service finds tables that it cannot use, or that never let go of tokens."""
    ensure_tables(connect("reference", REGION))
    deployed = [stack.ids[name] for name in TABLES]
    made = ("reference", "reference-faces", "reference-trust")
    assert deployed == ["lineament", "lineament-faces", "lineament-trust"]
    for name, other in zip(deployed, made, strict=True):
        assert described(name) == described(other)


def test_tables_are_kept_safe(stack: Stack) -> None:
    """Lost: a wrong command, or a wrong write, takes all faces with it."""
    client = boto3.client("dynamodb", REGION)
    for name in TABLES:
        table = client.describe_table(TableName=stack.ids[name])["Table"]
        assert str(table["DeletionProtectionEnabled"]).lower() == "true"
        asked = resources()[name]["Properties"]  # of which moto leaves out the rest
        assert asked["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        key = {"Fn::If": ["MakesKey", {"Fn::GetAtt": ["Key", "Arn"]}, {"Ref": "KmsKeyArn"}]}
        encrypted = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        assert asked["SSESpecification"] == encrypted


@pytest.mark.parametrize(
    "name",
    [
        *("Key", *TABLES, "RootKey", "AuditBucket", "AuditBucketPolicy"),
        *("SnapshotBucket", "SnapshotBucketPolicy", "Images", "ImagesPolicy"),
    ],
)
def test_what_is_kept_stays_when_the_stack_goes(name: str) -> None:
    """Lost: deleting a stack, or renaming something in it, deletes faces or what decrypts them."""
    resource = resources()[name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (
        "RetainExceptOnCreate",
        "Retain",
    )


def test_key_changes_and_serves_notifications_and_logs(stack: Stack) -> None:
    """Lost: S3 cannot tell the encrypted queue of uploads, and nobody learns why."""
    kms = boto3.client("kms", REGION)
    key = stack.ids["Key"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    policy: Any = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    by_service = {
        str(each["Principal"].get("Service")): each
        for each in policy["Statement"]
        if "Service" in each["Principal"]
    }
    assert set(by_service) == {"s3.amazonaws.com", f"logs.{REGION}.amazonaws.com"}
    assert set(by_service["s3.amazonaws.com"]["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert all("Condition" in each for each in by_service.values())


@pytest.mark.parametrize("name", ["AuditBucket", "Images", "SnapshotBucket"])
def test_buckets_are_private_and_encrypted(name: str, stack: Stack) -> None:
    """Lost: pictures or vectors of people are readable by others, or travel in the clear."""
    s3, bucket = boto3.client("s3", REGION), stack.ids[name]
    # moto's CloudFormation leaves this out.
    blocked = resources()[name]["Properties"]["PublicAccessBlockConfiguration"]
    assert list(blocked.values()) == [True] * 4
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    encryption = rule["ApplyServerSideEncryptionByDefault"]
    assert encryption["SSEAlgorithm"] == "aws:kms"
    assert encryption["KMSMasterKeyID"] == stack.outputs["KeyArn"]
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert set(statement["Resource"]) == {f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"}


def test_snapshots_have_no_versions(stack: Stack) -> None:
    """Lost: vectors that were erased stay in S3 as old versions (docs/decisions.md, Snapshots)."""
    bucket = stack.ids["SnapshotBucket"]
    assert "Status" not in boto3.client("s3", REGION).get_bucket_versioning(Bucket=bucket)
    assert "ObjectLockEnabled" not in resources()["SnapshotBucket"]["Properties"]


@pytest.mark.parametrize(
    ("queue", "mapping", "function", "times"),
    [("Uploads", "Uploads", "ImageUploaded", 6), ("Jobs", "Jobs", "Worker", 3)],
)
def test_messages_come_again_one_by_one_and_end_as_dead_letters(
    queue: str, mapping: str, function: str, times: int, stack: Stack
) -> None:
    """Lost: messages come again while they are worked on, or for ever, or drag others with them."""
    live, dead = stack.queue(f"{queue}Queue"), stack.queue(f"{queue}DeadLetters")
    assert int(live["VisibilityTimeout"]) == times * stack.function(function)["Timeout"]
    redrive = json.loads(live["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == dead["QueueArn"]
    assert int(redrive["maxReceiveCount"]) > 1
    assert live["KmsMasterKeyId"] == dead["KmsMasterKeyId"] == stack.outputs["KeyArn"]
    assert int(dead["MessageRetentionPeriod"]) == 14 * 24 * 3600
    source = boto3.client("lambda", REGION).get_event_source_mapping(UUID=stack.ids[mapping])
    assert source["EventSourceArn"] == live["QueueArn"]
    assert source["FunctionArn"] == stack.function(function)["FunctionArn"]
    asked = resources()[mapping]["Properties"]
    assert asked["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert asked["BatchSize"] == 1


@pytest.mark.parametrize(
    "name", ["UploadsQueue", "UploadsDeadLetters", "JobsQueue", "JobsDeadLetters"]
)
def test_queues_are_spoken_to_under_encryption_only(name: str, stack: Stack) -> None:
    """Lost: who put which picture is read by whoever listens on the way to a queue."""
    statements = json.loads(stack.queue(name)["Policy"])["Statement"]
    (denied,) = [each for each in statements if each["Effect"] == "Deny"]
    assert (denied["Principal"], denied["Action"]) == ("*", "sqs:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] in {"*", stack.queue(name)["QueueArn"]}


def test_moves_outlive_the_wait_between_two_events(stack: Stack) -> None:
    """Lost: a job that is handed on, or cut off, finds its work of before given to the purge."""
    assert stack.function("Worker")["Timeout"] * 1000 > 2 * 60_000
    again = int(stack.queue("JobsQueue")["VisibilityTimeout"])
    assert again + stack.function("Retention")["Timeout"] <= ABANDONED_SECONDS
    assert stack.environment("Worker")["LINEAMENT_WORK_QUEUE_URL"] == stack.outputs["JobsQueueUrl"]


def test_bucket_tells_the_queue_and_nobody_else_may(stack: Stack) -> None:
    """Lost: uploads are never told; or a stranger's bucket feeds pictures into collections."""
    bucket = stack.ids["Images"]
    told = resources()["Images"]["Properties"]["NotificationConfiguration"]
    (queue,) = told["QueueConfigurations"]  # which moto's CloudFormation leaves out
    assert queue["Event"] == "s3:ObjectCreated:*"
    assert queue["Queue"] == {"Fn::GetAtt": ["UploadsQueue", "Arn"]}
    policy = json.loads(stack.queue("UploadsQueue")["Policy"])
    (allowed,) = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert allowed["Condition"]["ArnEquals"] == {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert resources()["Images"]["DependsOn"] == "UploadsQueuePolicy"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_of_one_image_and_start(name: str, stack: Stack) -> None:
    """Lost: a function that is deployed and cannot start: a wrong handler or an unknown setting."""
    assert callable(stack.entry(name))
    asked = resources()[f"{name}Function"]["Properties"]
    assert asked["Code"] == {"ImageUri": {"Ref": "ImageUri"}}
    settings = config.load(stack.environment(name))
    assert (settings.auth, settings.audit) == ("sigv4", "on")
    assert settings.root_key == stack.ids["RootKey"]
    assert settings.audit_bucket in {stack.ids["AuditBucket"], settings.snapshot_bucket}
    assert build_house(settings)
    assert (settings.table, settings.region) == (stack.ids["ControlTable"], REGION)
    assert settings.default_account == ACCOUNT
    assert settings.snapshot_bucket == stack.ids["SnapshotBucket"]
    groups = boto3.client("logs", REGION).describe_log_groups(
        logGroupNamePrefix=stack.ids[f"{name}Logs"]
    )["logGroups"]
    assert [each["retentionInDays"] for each in groups] == [30]


def test_body_that_the_api_takes_is_one_that_lambda_carries(stack: Stack) -> None:
    """Lost: what tests/lambdas/test_payloads.py shows is not what is deployed."""
    assert config.load(stack.environment("Api")).max_body_bytes == 4 * 1024 * 1024


def test_housekeeping_comes_by(stack: Stack) -> None:
    """Lost: nothing ever erases what deleted collections left."""
    events = boto3.client("events", REGION)
    rule = events.describe_rule(Name=stack.ids["Housekeeping"])
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(15 minutes)")
    (target,) = events.list_targets_by_rule(Rule=stack.ids["Housekeeping"])["Targets"]
    function = stack.function("Retention")["FunctionArn"]
    assert target["Arn"] == function
    policy = boto3.client("lambda", REGION).get_policy(FunctionName=function)["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
