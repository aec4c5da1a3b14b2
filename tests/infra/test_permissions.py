"""Each function's role, held against the calls that the function makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdas import container
from tests.emulated import set_meanwhile
from tests.infra import workloads
from tests.infra.callers import grant
from tests.infra.granted import Surplus, granted
from tests.infra.reach import BY_LAMBDA, IMAGES, arns, deployed, names
from tests.infra.recording import Recording, Right, recorded
from tests.infra.stack import ACCOUNT, FUNCTIONS, Stack
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


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with deployed() as stack:
        yield stack


@pytest.fixture(params=FUNCTIONS)
def function(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def by_lambda(function: str) -> set[Right]:
    """Return what Lambda does in a function's name, its queue included."""
    rights = set(BY_LAMBDA)
    queue = BY_POLLER.get(function)
    if queue is not None:
        actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        rights |= {(f"sqs:{action}", queue) for action in actions} | {("kms:Decrypt", "Key")}
    return rights


def record(stack: Stack, function: str, photo_dir: Path) -> Recording:
    """Let a function do all that it is there for, as deployed."""
    with set_meanwhile(stack.environment(function)), pytest.MonkeyPatch.context() as patch:
        container.forget()
        grant(ACCOUNT, IMAGES)
        world = World(stack.entry(function), IMAGES, photo_dir)
        try:
            with WORKLOADS[function](world, patch) as do, recorded(names(stack)) as recording:
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
    allowed = granted(stack.statements(function), arns(stack, stack.ids[f"{function}Logs"]))

    assert (needed - allowed, allowed - needed) == (set(), set())


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "t"},
        {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Batch*"], "Resource": "t"},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": ["t", "u"]},
        {"Effect": "Allow", "NotAction": "dynamodb:GetItem", "Resource": "t"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "t", "Condition": {"Bool": {}}},
    ],
)
def test_wildcards_are_found(statement: dict[str, Any]) -> None:
    """Lost: a role that may do everything passes the test above."""
    plain = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": ["t"]}
    assert granted([plain], {"t": "Table"}) == {("dynamodb:GetItem", "Table")}
    some = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["A#*", "B"]}}
    assert granted([{**plain, "Condition": some}], {"t": "Table"}) == {
        ("dynamodb:GetItem", "Table A#*"),
        ("dynamodb:GetItem", "Table B"),
    }
    with pytest.raises(Surplus):
        granted([statement], {"t": "Table"})
