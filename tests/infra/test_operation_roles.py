"""The role of each operation's own function, held against the calls that the operation makes."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from lambdas import container, operations
from lineament.domain import celebrities
from lineament.gallery import generation
from lineament.handlers.table import OPERATIONS
from lineament.storage import audit, keys
from tests.emulated import set_meanwhile
from tests.infra.callers import forget_trail, grant
from tests.infra.calling import (
    refused,
    with_collections,
    with_expired_faces,
    with_faces_and_users,
    with_pictures,
    with_places,
    with_rules,
)
from tests.infra.direct import Direct, by_operation
from tests.infra.granted import granted
from tests.infra.reach import BY_LAMBDA, IMAGES, STATED, arns, deployed, names
from tests.infra.recording import Right, recorded
from tests.infra.stack import ACCOUNT, OPERATION, REGION, Deployed, Stack, decoded
from tests.infra.world import World, expired, make_star

pytestmark = pytest.mark.timeout(300)
Deploy = Callable[[str], Deployed]
READ = ("b", celebrities.COLLECTION_ID)
"""Collections that operations read."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with deployed() as stack:
        yield stack


@pytest.fixture(scope="module")
def deploy(stack: Stack) -> Deploy:
    """Give what deploys an operation's function, once."""

    @functools.cache
    def once(operation: str) -> Deployed:
        asked = {"Operation": operation, "RootKeyArns": stack.outputs["RootKey"], **STATED}
        return Deployed(OPERATION, f"of-{operation}", **asked)

    return once


@pytest.fixture(scope="module")
def needed(stack: Stack, deploy: Deploy, photo_dir: Path) -> dict[str, set[Right]]:
    """Return what each operation needed.

    Its first call is the first event of its function, when every log has a gap, every snapshot is
    lost, the secret of page tokens is not made yet, and the audit trail has not begun.
    """
    with set_meanwhile(deploy("DetectFaces").environment()), pytest.MonkeyPatch.context() as patch:
        container.forget()
        grant(ACCOUNT, IMAGES)
        world = World(operations.index_faces, IMAGES, photo_dir)
        for name in ("cold", "lost"):
            world.indexed(name, "biden")
        world.put("p.jpg")
        boto3.client("s3", REGION).put_bucket_versioning(
            Bucket=IMAGES, VersioningConfiguration={"Status": "Enabled"}
        )
        version = world.put("versioned.jpg", "obama2")
        make_star()
        for name in ("expired", "lapsed"):
            expired(world, name)
        patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
        patch.setattr(audit, "HINT_EVERY", 1)

        def disturb() -> None:
            for collection in filter(None, map(world.find, READ)):
                name = collection.collection_id
                if collection.seq:
                    world.without(world.snapshot(name))
                world.gap(name)
            boto3.client("dynamodb", REGION).delete_item(
                TableName=stack.ids["ControlTable"], Key=keys.secret_key("PAGING")
            )
            forget_trail(container.application().tables)
            container.forget()

        client, photo = Direct(), (photo_dir / "obama.jpg").read_bytes()
        try:
            with recorded(names(stack)) as recording, by_operation(recording, disturb) as rights:
                with_collections(client)
                with_faces_and_users(client, IMAGES, photo, version)
                refused(client)
                with_places(client, IMAGES, version)
                with_pictures(client, IMAGES)
                with_rules(client, IMAGES)
                with_expired_faces(client, IMAGES)
        finally:
            container.forget()
            stack.empty()
    assert recording.unknown == set()
    return rights


@pytest.mark.parametrize("operation", OPERATIONS)
def test_role_allows_what_its_operation_does_and_nothing_else(
    operation: str, stack: Stack, deploy: Deploy, needed: dict[str, set[Right]]
) -> None:
    """Lost: an operation is refused in a state machine; or who reads tags may delete faces."""
    function = deploy(operation)
    allowed = granted(function.statements(), arns(stack, function.ids["Logs"]))
    wanted = needed[operation] | BY_LAMBDA
    assert (wanted - allowed, allowed - wanted) == (set(), set())


def test_every_operation_can_be_deployed() -> None:
    """Lost: an operation has an entry that no function can be made of."""
    template = decoded(OPERATION)
    assert template["Parameters"]["Operation"]["AllowedValues"] == sorted(OPERATIONS)
    entries = {name: row["Entry"] for name, row in template["Mappings"]["Operations"].items()}
    assert entries == {name: function.__name__ for name, function in OPERATIONS.items()}


def test_function_is_of_the_stack_beside_it(stack: Stack, deploy: Deploy) -> None:
    """Lost: a state machine works on tables of nobody; or it fails and no alarm rings."""
    function = deploy("IndexFaces")
    assert function.function()["FunctionName"] == "lineament-index_faces"
    assert function.outputs["FunctionArn"] == function.function()["FunctionArn"]
    ours, theirs = function.environment(), stack.environment("Api")
    assert {name for name in theirs if ours.get(name) != theirs[name]} == {
        *("LINEAMENT_ACCESS_KEYS", "LINEAMENT_IAM_POLICIES"),  # whom IAM has let in needs neither
        *("LINEAMENT_AUDIT_BUCKET", "LINEAMENT_MAX_BODY_BYTES"),
        *("LINEAMENT_COLLECTION_PROFILES", "AWS_LAMBDA_FUNCTION_NAME"),
    }
    watched = [
        alarm["MetricName"]
        for alarm in boto3.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
        for each in alarm.get("Dimensions", [])
        if each["Value"] == function.ids["Function"]
    ]
    assert sorted(watched) == ["Errors", "Throttles", "Unrecorded"]
