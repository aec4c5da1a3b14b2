"""What the code calls, as the rights that AWS asks for, by the name of the resource."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

Right = tuple[str, str]
"""An IAM action, and the resource's name as `Names` has it."""

_S3 = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "GetObject": "GetObject",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetObjectTagging": "GetObjectTagging",
    "HeadObject": "GetObject",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "PutObject": "PutObject",
    "UploadPart": "PutObject",
}
"""Source: AWS's service authorization reference, and S3's user guide on required permissions."""
_OF_VERSIONS = {"GetObject": "GetObjectVersion", "GetObjectTagging": "GetObjectVersionTagging"}
_OF_BUCKETS = {
    "GetBucketObjectLockConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
}
BY_PARTITION = "TrustTable"
"""The table of which roles may reach some partitions only: rights on it name those."""
_DECRYPTING = {"GetObject", "HeadObject"}
_OF_UPLOADS = {"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}


def leading(asked: Any) -> set[str]:
    """Return what the partitions that a call reaches begin with, as " AUDIT#*" or " AUDIT".

    Args:
        asked: the call's parameters, or what it asks for of one of several tables.
    """
    by_key = _partitions(asked)
    return {f" {name.partition('#')[0]}#*" if "#" in name else f" {name}" for name in by_key}


def _partitions(asked: Any) -> Iterator[str]:
    """Yield every partition that is named, however deep; of a Query, that of `Table.query`."""
    if isinstance(asked, list):
        for each in asked:
            yield from _partitions(each)
    elif isinstance(asked, Mapping):
        for name, value in asked.items():
            if name in {"pk", ":pk"}:
                yield value["S"]
            else:
                yield from _partitions(value)


class Recording:
    """The rights that calls needed, and the calls that nobody here knows the rights of."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take the names of tables, buckets and queues by what they are called in AWS."""
        self._names = names
        self._lock = threading.Lock()
        self.rights: set[Right] = set()
        self.unknown: set[tuple[str, str]] = set()

    def note(self, service: str, operation: str, asked: Mapping[str, Any], error: str) -> None:
        """Take a call, with the code of the error that it ended in."""
        rights = set(self._rights(service, operation, asked, error))
        with self._lock:
            self.rights |= rights
            if not rights:
                self.unknown.add((service, operation))

    def _rights(
        self, service: str, operation: str, asked: Mapping[str, Any], error: str
    ) -> Iterator[Right]:
        if service == "dynamodb":
            tables = asked.get("RequestItems") or {asked["TableName"]: asked}
            for table, items in tables.items():
                name = self._names[table]
                places = (leading(items) if name == BY_PARTITION else set()) or {""}
                yield from ((f"dynamodb:{operation}", f"{name}{place}") for place in places)
            yield "kms:Decrypt", "Key"  # the table's key, on behalf of whoever asks
        elif service == "secretsmanager" and operation == "GetSecretValue":
            yield "secretsmanager:GetSecretValue", self._names[asked["SecretId"]]
            yield "kms:Decrypt", "Key"
        elif service == "sqs" and operation == "SendMessage":
            yield "sqs:SendMessage", self._names[asked["QueueUrl"]]
            yield from (("kms:GenerateDataKey", "Key"), ("kms:Decrypt", "Key"))
        elif service == "s3" and operation in _S3:
            yield from self._of_s3(operation, asked, error)

    def _of_s3(self, operation: str, asked: Mapping[str, Any], error: str) -> Iterator[Right]:
        action, bucket = _S3[operation], self._names[asked["Bucket"]]
        if asked.get("VersionId"):
            action = _OF_VERSIONS[action]
        key = str(asked.get("Key", ""))
        beyond = "*" if key.startswith(_PREFIXES.get(bucket, "")) else key
        yield f"s3:{action}", bucket if action in _OF_BUCKETS else f"{bucket}/{beyond}"
        if error in {"NoSuchKey", "404"}:  # 403 without this right
            yield "s3:ListBucket", bucket
        if operation in _DECRYPTING | _OF_UPLOADS:
            yield "kms:Decrypt", "Key"
        if asked.get("ObjectLockMode"):
            yield "s3:PutObjectRetention", f"{bucket}/*"
        if action == "PutObject":
            yield "kms:GenerateDataKey", "Key"


_PREFIXES = {"Snapshots": "lineament/snapshots/", "Anchors": "lineament/audit/"}
"""What keys begin with in buckets of which roles reach a part; other objects are beyond them."""


@contextmanager
def recorded(names: Mapping[str, str]) -> Iterator[Recording]:
    """Note every call of every boto3 client meanwhile."""
    recording = Recording(names)
    call = BaseClient._make_api_call

    def noting(client: Any, operation: str, asked: Mapping[str, Any]) -> Any:
        error = ""
        try:
            return call(client, operation, asked)
        except ClientError as failed:
            error = failed.response["Error"]["Code"]
            raise
        finally:
            service = client.meta.service_model.service_name
            if service != "rekognition":  # the caller's own
                recording.note(service, operation, asked, error)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", noting)
        yield recording
