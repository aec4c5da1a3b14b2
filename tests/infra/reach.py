"""A deployed stack to record in, and what its roles may reach, by name."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from tests.infra.stack import ACCOUNT, REGION, Stack, inside_moto

IMAGES = f"lineament-images-{ACCOUNT}-{REGION}"
SNAPSHOTS = f"lineament-snapshots-{ACCOUNT}-{REGION}"
ANCHORS = f"lineament-audit-{ACCOUNT}-{REGION}"
NAMES = {
    "lineament": "ControlTable",
    "lineament-faces": "FacesTable",
    "lineament-trust": "TrustTable",
    IMAGES: "Images",
    SNAPSHOTS: "Snapshots",
    ANCHORS: "Anchors",
    f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/lineament-jobs": "JobsQueue",
}
"""Of what the code asks for."""
STATED = {
    "Rates": "*=1000",
    "Purpose": "to try it",
    "NoticeUrl": "https://faces.example/notice",
    "Contact": "faces@example.com",
}
"""Parameters with which every rule can be met."""
BY_LAMBDA = {("logs:CreateLogStream", "Logs"), ("logs:PutLogEvents", "Logs")}
"""What Lambda does in every function's name. Source: its guide on execution roles."""


def names(stack: Stack) -> dict[str, str]:
    """Return the names of what the code asks for, the root key's among them."""
    return {**NAMES, stack.ids["RootKey"]: "RootKey"}


@contextmanager
def deployed() -> Iterator[Stack]:
    """Deploy the stack, so that what is called in it is answered."""
    with inside_moto():
        stack = Stack(CollectionProfiles="nobody=light", **STATED)
        for bucket in (IMAGES, SNAPSHOTS, ANCHORS):
            # moto denies what is denied under a condition only.
            boto3.client("s3", REGION).delete_bucket_policy(Bucket=bucket)
        for mapping in ("Uploads", "Jobs"):  # by which moto would start containers
            boto3.client("lambda", REGION).update_event_source_mapping(
                UUID=stack.ids[mapping], Enabled=False
            )
        yield stack


def arns(stack: Stack, logs: str) -> dict[str, str]:
    """Return the names of what a role may reach, by ARN; of logs, those of one group."""
    return {
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lineament": "ControlTable",
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lineament-faces": "FacesTable",
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lineament-trust": "TrustTable",
        f"arn:aws:s3:::{IMAGES}": "Images",
        f"arn:aws:s3:::{IMAGES}/*": "Images/*",
        f"arn:aws:s3:::{SNAPSHOTS}": "Snapshots",
        f"arn:aws:s3:::{SNAPSHOTS}/lineament/snapshots/*": "Snapshots/*",
        f"arn:aws:s3:::{ANCHORS}": "Anchors",
        f"arn:aws:s3:::{ANCHORS}/lineament/audit/*": "Anchors/*",
        stack.ids["RootKey"]: "RootKey",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:lineament-uploads": "UploadsQueue",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:lineament-jobs": "JobsQueue",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{stack.ids['Key']}": "Key",
        # CloudFormation gives it with :* for its streams, moto without.
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{logs}": "Logs",
    }
