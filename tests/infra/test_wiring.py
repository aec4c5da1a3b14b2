"""What belongs together in infra/template.yaml: roles, logs, keys, and metrics that are counted."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.stack import FUNCTIONS, TEMPLATE, resources
from tests.packaging.dockerfile import ROOT

KEY = {"Fn::If": ["MakesKey", {"Fn::GetAtt": ["Key", "Arn"]}, {"Ref": "KmsKeyArn"}]}
AWS = {
    "AWS/ApiGateway": {"5xx"},
    "AWS/DynamoDB": {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"}
    | {"ReadThrottleEvents", "WriteThrottleEvents"},
    "AWS/Lambda": {"Duration", "Errors", "Invocations", "Throttles", "Url5xxCount"},
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
}
"""Of what AWS counts, what is watched. Source: each service's page on its CloudWatch metrics."""


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    found = {n: each["Properties"] for n, each in resources().items() if each["Type"] == kind}
    assert found
    return found


def told() -> dict[str, set[str]]:
    """Return the names of metrics by namespace: AWS's, and those that the functions tell."""
    sources = [*ROOT.glob("service/lineament/jobs/*.py"), *ROOT.glob("lambdas/*.py")]
    names = {name for each in sources for name in re.findall(r'"([A-Z]\w+)"', each.read_text())}
    return {**AWS, "Lineament": names}


def watched() -> Iterator[tuple[str, str]]:
    """Yield the metrics of alarms, whichever way a condition goes."""
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        parts = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", [])[1:]]
        for metric in parts or [alarm]:
            namespace, name = metric["Namespace"], metric["MetricName"]
            if isinstance(namespace, dict):
                yield from zip(namespace["Fn::If"][1:], name["Fn::If"][1:], strict=True)
            else:
                yield namespace, name


def test_each_function_has_its_own_role_and_log() -> None:
    """Lost: a function that takes another one's role may do what that one may; its log is lost."""
    functions = of_type("AWS::Lambda::Function")
    assert set(functions) == {f"{name}Function" for name in FUNCTIONS}
    for name in FUNCTIONS:
        function = functions[f"{name}Function"]
        assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
        assert function["LoggingConfig"] == {"LogGroup": {"Ref": f"{name}Logs"}}


@pytest.mark.parametrize(
    ("kind", "member"), [("AWS::Logs::LogGroup", "KmsKeyId"), ("AWS::SQS::Queue", "KmsMasterKeyId")]
)
def test_logs_and_queues_are_encrypted(kind: str, member: str) -> None:
    """Lost: who was put where, and what failed, lies about readable."""
    for name, asked in of_type(kind).items():
        assert asked.get(member) == KEY, name


def test_alarms_ring_for_what_is_counted() -> None:
    """Lost: an alarm of a metric that nobody counts, or that rings while all is well."""
    counted = told()
    assert [each for each in watched() if each[1] not in counted[each[0]]] == []
    for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
        less = alarm.get("TreatMissingData") == "breaching"
        operator = "LessThanThreshold" if less else "GreaterThanThreshold"
        assert alarm["ComparisonOperator"] == operator, name


def test_dashboards_show_what_is_counted() -> None:
    """Lost: a diagram that is empty for ever."""
    text = "".join(each.read_text() for each in TEMPLATE.parent.glob("*.yaml"))
    shown = set(re.findall(r'\["(AWS/\w+|Lineament)",\s*"(\w+)"', text))
    assert len(shown) > 15
    counted = told()
    assert [each for each in sorted(shown) if each[1] not in counted[each[0]]] == []
