"""Jobs as messages of the work queue, and what is in the bucket for them."""

import json
from typing import Any

import boto3

from lambdas import worker
from tests.lambdas.queueing import event, failed

BUCKET = "work-pictures"
SNAPSHOTS = "work-snapshots"


class Clock:
    """Lambda's context, of an event that has time for so many looks at it."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self._looks -= 1
        return 900_000 if self._looks >= 0 else 0


def do(job: Any, context: Any = None) -> list[str]:
    body = job if isinstance(job, str) else json.dumps(job)
    return failed(worker.handler(event(body), context))


def handed_on(queue: str, aws_endpoint: str) -> list[str]:
    sqs = boto3.client("sqs", endpoint_url=aws_endpoint)
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    return [each["Body"] for each in found]


def images(*names: str, **members: str) -> list[dict[str, str]]:
    return [{"image": f"s3://{BUCKET}/{name}.jpg", **members} for name in names]


def import_(*names: str) -> dict[str, Any]:
    return {"job": "import", "collection": "staff", "images": images(*names)}
