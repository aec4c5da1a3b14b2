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
from tests.infra.stack import (
    ACCOUNT,
    FUNCTIONS,
    OPERATION,
    REGION,
    TABLES,
    TEMPLATE,
    Stack,
    decoded,
    inside_moto,
    resources,
)

CFN_LINT = str(Path(sys.executable).with_name("cfn-lint"))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with inside_moto():
        yield Stack()


def test_cfn_lint_finds_nothing() -> None:
    """Lost: CloudFormation refuses the template, or a later one does."""
    done = subprocess.run(
        [CFN_LINT, "--non-zero-exit-code", "informational", str(TEMPLATE), str(OPERATION)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_only_the_image_has_to_be_named() -> None:
    """Lost: a first deployment begins with questions that nobody can answer yet."""
    template = decoded(TEMPLATE)
    parameters = template["Parameters"]
    assert [name for name, each in parameters.items() if "Default" not in each] == ["ImageUri"]
    assert all(each["Description"] for each in parameters.values())
    shown = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in shown for name in group["Parameters"]) == sorted(parameters)


@pytest.mark.parametrize("template", [TEMPLATE, OPERATION], ids=lambda template: template.stem)
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
    "name", ["Key", *TABLES, "SnapshotBucket", "SnapshotBucketPolicy", "Images", "ImagesPolicy"]
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


@pytest.mark.parametrize("name", ["Images", "SnapshotBucket"])
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
    assert settings.auth == "off", "or it needs access keys, which the template does not make"
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


def test_function_url_lets_in_whom_iam_knows(stack: Stack) -> None:
    """Lost: everybody who finds the address may do everything, in any account."""
    client = boto3.client("lambda", REGION)
    url = client.get_function_url_config(FunctionName=stack.ids["ApiFunction"])
    assert url["AuthType"] == "AWS_IAM"
    assert stack.outputs["Endpoint"] == url["FunctionUrl"]
    assert "ApiUrlForEverybody" not in stack.ids
    policy = boto3.client("iam", REGION).get_policy_version(
        PolicyArn=stack.outputs["CallerPolicyArn"], VersionId="v1"
    )["PolicyVersion"]["Document"]
    function = stack.function("Api")["FunctionArn"]
    assert {each["Resource"] for each in policy["Statement"]} == {function}
    actions = {each["Action"] for each in policy["Statement"]}
    assert actions == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}


def spelt_out(metrics: list[list[str]]) -> Iterator[list[str]]:
    """Yield metrics with what "..." stands for: all but the last word of the one before."""
    before: list[str] = []
    for metric in metrics:
        before = before[:-1] + metric[1:] if metric[0] == "..." else metric
        yield before


def test_alarms_and_dashboard_watch_what_there_is(stack: Stack) -> None:
    """Lost: alarms that can never ring, because they watch something of another name."""
    cloudwatch = boto3.client("cloudwatch", REGION)
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    watched = {
        (dimension["Name"], dimension["Value"])
        for alarm in alarms
        for metric in [alarm, *(m["MetricStat"]["Metric"] for m in alarm.get("Metrics", [])[1:])]
        for dimension in metric.get("Dimensions", [])
    }
    functions = {("FunctionName", stack.ids[f"{name}Function"]) for name in FUNCTIONS}
    tables = {("TableName", stack.ids[name]) for name in TABLES}
    queues = {
        ("QueueName", stack.ids[name].rpartition("/")[2])
        for name in ("UploadsQueue", "UploadsDeadLetters", "JobsQueue", "JobsDeadLetters")
    }
    retention = {("Function", stack.ids["RetentionFunction"])}
    assert watched == functions | tables | queues | retention
    (missing,) = (alarm for alarm in alarms if alarm["TreatMissingData"] != "notBreaching")
    assert (missing["MetricName"], missing["TreatMissingData"]) == ("Invocations", "breaching")
    assert (missing["Threshold"], missing["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert missing["Dimensions"][0]["Value"] == stack.ids["RetentionFunction"]
    assert not any(alarm.get("AlarmActions") for alarm in alarms)
    body = cloudwatch.get_dashboard(DashboardName=stack.ids["Dashboard"])["DashboardBody"]
    metrics = [widget["properties"]["metrics"] for widget in json.loads(body)["widgets"]]
    shown = {tuple(metric[2:4]) for widget in metrics for metric in spelt_out(widget)}
    own = {("Function", stack.ids[f"{name}Function"]) for name in ("ImageUploaded", "Worker")}
    assert shown == functions | tables | queues | own
