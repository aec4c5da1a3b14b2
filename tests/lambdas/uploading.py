"""A bucket whose notifications are a queue's messages, and the function that takes them."""

import itertools
import json
from typing import Any

import boto3

from lambdas import image_uploaded, operations
from tests.lambdas.queueing import event, failed

BUCKET = "uploads"


class Uploader:
    """A bucket that tells a queue of what is put into it."""

    def __init__(self, endpoint: str) -> None:
        self._events = itertools.count(0x0055AED6DCD90281)
        self.s3 = boto3.client("s3")
        self._sqs = boto3.client("sqs", endpoint_url=endpoint)
        self._queue = self._sqs.create_queue(QueueName=BUCKET)["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:123456789012:uploads"
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_notification_configuration(
            Bucket=BUCKET,
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
            },
        )

    def put(self, key: str, body: bytes, **tags: str) -> None:
        names = {"collection": "lineament:collection", "external": "lineament:external-image-id"}
        tagging = "&".join(f"{names[name]}={value}" for name, value in tags.items())
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Tagging=tagging)

    def told(self) -> list[str]:
        """Take the messages that are there; numbered, as S3 does, and moto does not."""
        return [self._numbered(body) for body in self.unnumbered()]

    def _numbered(self, body: str) -> str:
        notice = json.loads(body)
        for record in notice.get("Records", []):
            record["s3"]["object"]["sequencer"] = f"{next(self._events):018X}"
        return json.dumps(notice)

    def unnumbered(self) -> list[str]:
        """Take them as they are, and as they come from stores of another make."""
        bodies: list[str] = []
        while True:
            found = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            for message in found.get("Messages", []):
                bodies.append(message["Body"])
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                )
            if not found.get("Messages"):
                return bodies

    def versions_told(self) -> list[str]:
        """Take the bodies with the versions that S3 tells of, and moto does not."""
        there = self.s3.list_object_versions(Bucket=BUCKET)["Versions"]
        ids = {each["ETag"].strip('"'): each["VersionId"] for each in there}
        bodies = []
        for body in self.told():
            notice = json.loads(body)
            about = notice["Records"][0]["s3"]["object"]
            about["versionId"] = ids[about["eTag"].strip('"')]
            bodies.append(json.dumps(notice))
        return bodies

    def keep_versions(self) -> None:
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def end(self) -> None:
        self._sqs.delete_queue(QueueUrl=self._queue)
        versions = self.s3.list_object_versions(Bucket=BUCKET)
        for each in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
            self.s3.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
        self.s3.delete_bucket(Bucket=BUCKET)


def run(*bodies: str) -> list[str]:
    return failed(image_uploaded.handler(event(*bodies), None))


def faces(collection: str = "staff") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operations.list_faces({"CollectionId": collection}, None)["Faces"]
    return found
