"""SQS as Lambda's poller shows it: messages in, events out, failures back."""

import json
from typing import Any


def event(*bodies: str) -> dict[str, Any]:
    """Return an event of an SQS event source mapping."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:uploads",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failed(answer: dict[str, Any]) -> list[str]:
    """Return the ids of the messages that come again."""
    told = json.loads(json.dumps(answer))
    assert set(told) == {"batchItemFailures"}
    return [each["itemIdentifier"] for each in told["batchItemFailures"]]


def counts(written: str) -> dict[str, int]:
    """Return the last counts that a function wrote for CloudWatch."""
    lines = [json.loads(line) for line in written.splitlines() if line.startswith('{"_aws"')]
    named = lines[-1]["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert lines[-1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Function"]]
    return {each["Name"]: lines[-1][each["Name"]] for each in named}
