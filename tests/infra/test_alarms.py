"""What a deployment of infra/template.yaml watches, and what infra/dashboard.yaml shows of it."""

import json
from collections.abc import Iterator

import boto3
import pytest

from tests.infra.stack import DASHBOARD, FUNCTIONS, REGION, TABLES, Deployed, Stack, inside_moto


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with inside_moto():
        yield Stack()


def spelt_out(metrics: list[list[str]]) -> Iterator[list[str]]:
    """Yield metrics with what "..." stands for: all but the last word of the one before."""
    before: list[str] = []
    for metric in metrics:
        before = before[:-1] + metric[1:] if metric[0] == "..." else metric
        yield before


Dimensions = set[tuple[str, str]]


def functions_of(stack: Stack) -> Dimensions:
    return {("FunctionName", stack.ids[f"{name}Function"]) for name in FUNCTIONS}


def tables_of(stack: Stack) -> Dimensions:
    return {("TableName", stack.ids[name]) for name in TABLES}


def queues_of(stack: Stack) -> Dimensions:
    queues = ("UploadsQueue", "UploadsDeadLetters", "JobsQueue", "JobsDeadLetters")
    return {("QueueName", stack.ids[name].rpartition("/")[2]) for name in queues}


def test_alarms_watch_what_there_is(stack: Stack) -> None:
    """Lost: alarms that can never ring, because they watch something of another name."""
    cloudwatch = boto3.client("cloudwatch", REGION)
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    watched = {
        (dimension["Name"], dimension["Value"])
        for alarm in alarms
        for metric in [alarm, *(m["MetricStat"]["Metric"] for m in alarm.get("Metrics", [])[1:])]
        for dimension in metric.get("Dimensions", [])
    }
    own = {("Function", stack.ids[f"{name}Function"]) for name in FUNCTIONS}
    assert watched == functions_of(stack) | tables_of(stack) | queues_of(stack) | own
    assert {alarm.get("MetricName") for alarm in alarms} >= {"Failed", "Unfinished"}
    (unrecorded,) = (alarm for alarm in alarms if "audit trail" in alarm["AlarmDescription"])
    assert [metric["MetricStat"]["Metric"] for metric in unrecorded["Metrics"][1:]] == [
        {
            "Namespace": "Lineament",
            "MetricName": "Unrecorded",
            "Dimensions": [{"Name": "Function", "Value": stack.ids[f"{name}Function"]}],
        }
        for name in ("Api", "ImageUploaded", "Worker")
    ]
    (missing,) = (alarm for alarm in alarms if alarm["TreatMissingData"] != "notBreaching")
    assert (missing["MetricName"], missing["TreatMissingData"]) == ("Invocations", "breaching")
    assert (missing["Threshold"], missing["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert missing["Dimensions"][0]["Value"] == stack.ids["RetentionFunction"]
    assert not any(alarm.get("AlarmActions") for alarm in alarms)


def test_dashboard_shows_what_there_is(stack: Stack) -> None:
    """Lost: a widget that stays empty, because it shows something of another name."""
    cloudwatch, deployed = boto3.client("cloudwatch", REGION), Deployed(DASHBOARD, "dashboard")
    body = cloudwatch.get_dashboard(DashboardName=deployed.ids["Dashboard"])["DashboardBody"]
    metrics = [widget["properties"]["metrics"] for widget in json.loads(body)["widgets"]]
    shown = {tuple(metric[2:4]) for widget in metrics for metric in spelt_out(widget)}
    own = {("Function", stack.ids[f"{name}Function"]) for name in ("ImageUploaded", "Worker")}
    assert shown == functions_of(stack) | tables_of(stack) | queues_of(stack) | own
