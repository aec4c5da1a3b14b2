"""Whom a deployed stack lets in, and what it records: every function as the template runs it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas import container
from lineament.cli.main import main
from tests.conformance.transports import as_lambda_event, client
from tests.emulated import set_meanwhile
from tests.infra.callers import grant, new_key
from tests.infra.reach import IMAGES, deployed
from tests.infra.stack import ACCOUNT, REGION, Stack
from tests.infra.workloads import notice
from tests.infra.world import World
from tests.lambdas.queueing import event, failed

PLACE = {"S3Object": {"Bucket": IMAGES, "Name": "collections/staff/ada.jpg"}}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with deployed() as stack:
        yield stack


@pytest.fixture
def world(stack: Stack, photo_dir: Path) -> Iterator[World]:
    """Give the API's function, and a picture in the bucket."""
    with set_meanwhile(stack.environment("Api")):
        container.forget()
        world = World(stack.entry("Api"), IMAGES, photo_dir)
        world.put("collections/staff/ada.jpg")
        yield world
        container.forget()
        stack.empty()


def caller(world: World) -> Any:
    """Return an unmodified client with a key of ours."""
    key = new_key(ACCOUNT)
    transport = as_lambda_event(world.entry)
    return client(transport, None, key.access_key_id, REGION, (key.secret, None))


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


def uploaded(stack: Stack) -> list[str]:
    """Tell the function of uploads of the picture; return what comes again."""
    with set_meanwhile(stack.environment("ImageUploaded")):
        container.forget()
        told = event(notice(IMAGES, "collections/staff/ada.jpg"))
        again = failed(stack.entry("ImageUploaded")(told, None))
        container.forget()
        return again


def test_keys_of_ours_are_let_in_and_nobody_else(world: World) -> None:
    """Lost: an open address on which everybody may do everything; or an endpoint for nobody."""
    caller(world).create_collection(CollectionId="staff")
    stranger = client(as_lambda_event(world.entry), None, "AKIAQNZGKIQY56JQ7WML", REGION)
    with pytest.raises(ClientError) as refused:
        stranger.list_collections()
    assert code_of(refused) == "UnrecognizedClientException"
    claiming = client(as_lambda_event(world.entry), None, ACCOUNT, REGION)
    with pytest.raises(ClientError) as refused:
        claiming.list_collections()
    assert code_of(refused) == "UnrecognizedClientException"


def test_pictures_are_read_for_who_was_granted_the_bucket(world: World, stack: Stack) -> None:
    """Lost: any caller has the stack read the pictures of all others; or its own uploads stop."""
    faces = caller(world)
    faces.create_collection(CollectionId="staff")
    with pytest.raises(ClientError) as refused:
        faces.detect_faces(Image=PLACE)
    assert code_of(refused) == "InvalidS3ObjectException"
    grant(ACCOUNT, IMAGES)
    container.forget()
    assert faces.detect_faces(Image=PLACE)["FaceDetails"]
    assert uploaded(stack) == []
    (face,) = faces.list_faces(CollectionId="staff")["Faces"]
    assert face["ExternalImageId"] == "ada"


def test_what_is_suspended_takes_no_uploads(world: World, stack: Stack) -> None:
    """Lost: a collection that a court has closed goes on taking faces through the bucket."""
    faces = caller(world)
    faces.create_collection(CollectionId="staff")
    grant(ACCOUNT, IMAGES)
    assert main(["suspend", "--collection", "staff", "--reason", "court order"]) == 0
    assert uploaded(stack) == ["message-0"]
    assert main(["reinstate", "--collection", "staff"]) == 0
    assert uploaded(stack) == []


def test_the_trail_has_clients_and_uploads_and_is_anchored(
    world: World, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: who used faces is known of some ways in only, or can be cut off at the end."""
    faces = caller(world)
    faces.create_collection(CollectionId="staff")
    grant(ACCOUNT, IMAGES)
    assert uploaded(stack) == []
    faces.search_faces_by_image(CollectionId="staff", Image=PLACE)
    with set_meanwhile(stack.environment("Retention")):
        container.forget()
        assert stack.entry("Retention")({}, None)["anchored"] == 1
        container.forget()
    assert main(["audit", "verify"]) == 0
    capsys.readouterr()
    assert main(["audit", "export", "--format", "jsonl"]) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    used = {each["operation"]: each["user"] for each in entries if "user" in each}
    assert {"IndexFaces", "SearchFacesByImage"} <= {each["operation"] for each in entries}
    assert used["SearchFacesByImage"] == "door"
    s3 = boto3.client("s3", REGION)
    (anchor,) = s3.list_objects_v2(Bucket=stack.ids["AuditBucket"])["Contents"]
    assert anchor["Key"].startswith(f"lineament/audit/{ACCOUNT}/")
