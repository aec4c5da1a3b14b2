"""Each function's role, held against the calls that the function makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas import container
from tests.emulated import set_meanwhile
from tests.infra import workloads
from tests.infra.granted import Surplus, granted
from tests.infra.recording import Recording, Right, recorded
from tests.infra.stack import ACCOUNT, FUNCTIONS, REGION, Stack, inside_moto
from tests.infra.world import World

WORKLOADS = {
    "Api": workloads.api,
    "ImageUploaded": workloads.image_uploaded,
    "Worker": workloads.worker,
    "Retention": workloads.retention,
}
BY_POLLER = {
    "ImageUploaded": "UploadsQueue",
    "Worker": "JobsQueue",
}
"""Queues that Lambda itself reads, in the function's name."""
IMAGES = f"lineament-images-{ACCOUNT}-{REGION}"
SNAPSHOTS = f"lineament-snapshots-{ACCOUNT}-{REGION}"
NAMES = {
    "lineament": "ControlTable",
    "lineament-faces": "FacesTable",
    IMAGES: "Images",
    SNAPSHOTS: "Snapshots",
    f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/lineament-jobs": "JobsQueue",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with inside_moto():
        stack = Stack(CollectionProfiles="nobody=light", DirectOperation="index_faces")
        for bucket in (IMAGES, SNAPSHOTS):  # moto denies what is denied under a condition only
            boto3.client("s3", REGION).delete_bucket_policy(Bucket=bucket)
        for mapping in ("Uploads", "Jobs"):  # by which moto would start containers
            boto3.client("lambda", REGION).update_event_source_mapping(
                UUID=stack.ids[mapping], Enabled=False
            )
        yield stack


@pytest.fixture(params=FUNCTIONS)
def function(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def arns(stack: Stack, function: str) -> dict[str, str]:
    """Return the names of what a role may reach, by ARN."""
    return {
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lineament": "ControlTable",
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/lineament-faces": "FacesTable",
        f"arn:aws:s3:::{IMAGES}": "Images",
        f"arn:aws:s3:::{IMAGES}/*": "Images/*",
        f"arn:aws:s3:::{SNAPSHOTS}": "Snapshots",
        f"arn:aws:s3:::{SNAPSHOTS}/lineament/snapshots/*": "Snapshots/*",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:lineament-uploads": "UploadsQueue",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:lineament-jobs": "JobsQueue",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{stack.ids['Key']}": "Key",
        # CloudFormation gives it with :* for its streams, moto without.
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{stack.ids[f'{function}Logs']}": "Logs",
    }


def by_lambda(function: str) -> set[Right]:
    """Return what Lambda does in a function's name. Source: its guide on execution roles."""
    rights = {("logs:CreateLogStream", "Logs"), ("logs:PutLogEvents", "Logs")}
    queue = BY_POLLER.get(function)
    if queue is not None:
        actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        rights |= {(f"sqs:{action}", queue) for action in actions} | {("kms:Decrypt", "Key")}
    return rights


def record(stack: Stack, function: str, photo_dir: Path) -> Recording:
    """Let a function do all that it is there for, as deployed."""
    with set_meanwhile(stack.environment(function)), pytest.MonkeyPatch.context() as patch:
        container.forget()
        world = World(stack.entry(function), IMAGES, photo_dir)
        try:
            with WORKLOADS[function](world, patch) as do, recorded(NAMES) as recording:
                do()
        finally:
            container.forget()
            stack.empty()
    return recording


def test_role_allows_what_its_function_does_and_nothing_else(
    stack: Stack, function: str, photo_dir: Path
) -> None:
    """Lost: a deployed function is refused what it needs; or who takes it over reaches more."""
    recording = record(stack, function, photo_dir)
    assert recording.unknown == set()
    needed = recording.rights | by_lambda(function)
    allowed = granted(stack.statements(function), arns(stack, function))

    assert (needed - allowed, allowed - needed) == (set(), set())


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "t"},
        {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Batch*"], "Resource": "t"},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": ["t", "u"]},
        {"Effect": "Allow", "NotAction": "dynamodb:GetItem", "Resource": "t"},
    ],
)
def test_wildcards_are_found(statement: dict[str, Any]) -> None:
    """Lost: a role that may do everything passes the test above."""
    plain = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": ["t"]}
    assert granted([plain], {"t": "Table"}) == {("dynamodb:GetItem", "Table")}
    with pytest.raises(Surplus):
        granted([statement], {"t": "Table"})


def test_direct_function_may_do_what_the_api_does(stack: Stack) -> None:
    """Lost: an operation that works over HTTP is refused when a state machine invokes it."""
    direct, api = (granted(stack.statements(f), arns(stack, f)) for f in ("Direct", "Api"))
    assert direct == api
