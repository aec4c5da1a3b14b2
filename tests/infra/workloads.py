"""What each function is there for, done for real in a deployed stack, rare ways through included.

A role must allow what happens here, and nothing else. What is only prepared for a function, as
another one, a crash or an operator would leave it, is done before the recording.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import boto3
import pytest

from lambdas import container
from lineament import app
from lineament.gallery import generation
from lineament.handlers.table import OPERATIONS
from lineament.jobs import messages, moving, work
from lineament.storage import audit, bucket, housekeeping, staging
from lineament.storage.compaction import Due
from lineament.storage.purge import purge
from tests.conformance.transports import as_lambda_event, client
from tests.infra.callers import consent, forget_trail, new_key
from tests.infra.calling import (
    refused,
    with_collections,
    with_expired_faces,
    with_faces_and_users,
    with_pictures,
    with_places,
    with_rules,
)
from tests.infra.stack import ACCOUNT, REGION
from tests.infra.world import World, expired, make_star, with_a_user, with_rests
from tests.lambdas.queueing import event, failed

OLD = -5.0
"""A grace that makes even what was just written old enough."""


Prepared = Iterator[Callable[[], None]]
"""Yields what is recorded, once all else is there."""


@contextmanager
def api(world: World, patch: pytest.MonkeyPatch) -> Prepared:
    """Every operation, cold starts with a snapshot that is there and one that is lost."""
    world.indexed("cold", "biden")
    world.snapshot("cold")
    world.indexed("lost", "biden")
    world.without(world.snapshot("lost"))
    world.gap("lost")
    world.put("p.jpg")
    boto3.client("s3", REGION).put_bucket_versioning(
        Bucket=world.images, VersioningConfiguration={"Status": "Enabled"}
    )
    version = world.put("versioned.jpg", "obama2")
    photo = (world.photos / "obama.jpg").read_bytes()
    make_star()
    for name in ("expired", "lapsed"):
        expired(world, name)
    key = new_key(ACCOUNT)
    patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    _begin(patch)

    def do() -> None:
        event = as_lambda_event(world.entry)
        c = client(event, None, key.access_key_id, REGION, (key.secret, None))
        with_collections(c)
        with_faces_and_users(c, world.images, photo, version)
        refused(c)
        with_places(c, world.images, version)
        with_pictures(c, world.images)
        with_rules(c, world.images)
        with_expired_faces(c, world.images)
        done = container.application().counts.requests.read()
        assert {name for name, status in done if status == "200"} == set(OPERATIONS)

    yield do


@contextmanager
def image_uploaded(world: World, patch: pytest.MonkeyPatch) -> Prepared:
    """Uploads that prefix or tags name, versions, what is gone, what is no picture."""
    for name in ("cold", "lost"):
        world.indexed(name, "biden")
        snapshot = world.snapshot(name)
    world.without(snapshot)
    world.gap("lost")
    world.call("CreateCollection", CollectionId="staff")
    photo = base64.b64encode((world.photos / "obama.jpg").read_bytes()).decode()
    known = {"Image": {"Bytes": photo}, "ExternalImageId": "known"}
    world.call("IndexFaces", CollectionId="staff", **known)
    world.put("collections/staff/known.jpg")
    agreed = {"lineament:consent": "required"}
    world.call("CreateCollection", CollectionId="consented", Tags=agreed)
    consent(ACCOUNT, "ada")
    world.put("collections/consented/ada.jpg")
    expired(world, "expired")
    world.put("collections/expired/obama!.jpg")  # no ExternalImageId, as the one that expired
    world.put("elsewhere.jpg", collection="cold")
    world.put("collections/lost/p.jpg")
    world.s3.put_object(Bucket=world.images, Key="collections/staff/text.jpg", Body=b"text")
    world.s3.put_bucket_versioning(
        Bucket=world.images, VersioningConfiguration={"Status": "Enabled"}
    )
    version = world.put("collections/staff/versioned.jpg", "obama2")
    names = ("known.jpg", "text.jpg", "gone.jpg")
    told = [f"collections/staff/{name}" for name in names]
    told += ["elsewhere.jpg", "collections/lost/p.jpg", "collections/consented/ada.jpg"]
    told.append("collections/expired/obama!.jpg")
    bodies = [notice(world.images, key) for key in told]
    bodies.append(notice(world.images, "collections/staff/versioned.jpg", version))
    bodies.append(notice(world.images, "collections/staff/gone.jpg", version))
    patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    _begin(patch)

    def do() -> None:
        assert failed(world.entry(event(*bodies), None)) == []

    yield do


@contextmanager
def worker(world: World, patch: pytest.MonkeyPatch) -> Prepared:
    """Every job, one that is handed on, a collection with a damaged snapshot, uploads in parts."""
    world.indexed("gone", "biden")
    world.snapshot("gone")
    world.call("DeleteCollection", CollectionId="gone")
    world.indexed("half", "obama")
    world.indexed("cut", "obama", "biden")
    with_a_user(world, "cut")
    boto3.client("s3", REGION).put_bucket_versioning(
        Bucket=world.images, VersioningConfiguration={"Status": "Enabled"}
    )
    version = world.put("cut/versioned.jpg", "obama2")
    place = {"Bucket": world.images, "Name": "cut/versioned.jpg", "Version": version}
    world.call("IndexFaces", CollectionId="cut", Image={"S3Object": place})
    world.indexed("damaged", "biden")
    world.without(world.snapshot("damaged"))
    world.indexed("folded", "biden")
    world.snapshot("folded")
    with_rests(world, "folded", patch)
    world.call("CreateCollection", CollectionId="filled", Tags={"lineament:consent": "required"})
    consent(ACCOUNT, "ada")
    expired(world, "expired")
    world.put("one.jpg")
    world.put("two.jpg", "obama2")
    world.put("three.jpg", "biden")
    patch.setattr(work, "purge", partial(purge, older_than=OLD))
    patch.setattr(moving, "_PICTURES_AT_ONCE", 1)
    patch.setattr(bucket.Bucket.__init__, "__defaults__", (1, bucket.PART))
    patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    container.forget()
    _moved_by_half(world, "half")
    _begin(patch)
    images = [
        {"image": f"s3://{world.images}/one.jpg", "user_id": "ada"},
        {"image": f"s3://{world.images}/one.jpg"},
        {"image": f"s3://{world.images}/two.jpg", "user_id": "ada"},
        {"image": f"s3://{world.images}/three.jpg", "user_id": "ben"},
    ]
    agreed = [{**each, "external_image_id": "ada"} for each in images]
    jobs: list[dict[str, Any]] = [
        {"job": "purge"},
        {"job": "compact", "collection": "folded"},
        {"job": "compact", "collection": "damaged"},
        _reindex("cut"),
        _reindex("half"),
        {"job": "purge"},
        {"job": "import", "collection": "filled", "images": agreed},
        {"job": "import", "collection": "damaged", "images": images[:1]},
        {"job": "import", "collection": "expired", "images": images[1:2]},
    ]

    assert {each["job"] for each in jobs} == set(messages.KINDS)

    def do() -> None:
        assert failed(world.entry(event(json.dumps(_reindex("cut"))), _Ending())) == []
        assert failed(world.entry(event(*map(json.dumps, jobs)), None)) == []

    yield do


def _begin(patch: pytest.MonkeyPatch) -> None:
    """Let a function start anew, in a deployment whose audit trail has not begun."""
    patch.setattr(audit, "HINT_EVERY", 1)
    forget_trail(container.application().tables)
    container.forget()


def _reindex(name: str) -> dict[str, str]:
    return {"job": "reindex", "collection": name, "profile": "light"}


def _moved_by_half(world: World, name: str) -> None:
    """Have a move stop before its switch, and delete what was moved and was searched till then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging.Stage, "switch", _stopped)
        assert failed(world.entry(event(json.dumps(_reindex(name))), None)) == ["message-0"]
    faces = [each["FaceId"] for each in world.call("ListFaces", CollectionId=name)["Faces"]]
    world.call("DeleteFaces", CollectionId=name, FaceIds=faces)


def _stopped(*_arguments: object) -> bool:
    raise TimeoutError


class _Ending:
    """Lambda's context of an event that has time for one picture."""

    def __init__(self) -> None:
        self._looks = 0

    def get_remaining_time_in_millis(self) -> int:
        self._looks += 1
        return 900_000 if self._looks == 1 else 0


@contextmanager
def retention(world: World, patch: pytest.MonkeyPatch) -> Prepared:
    """What deletions and every kind of crash leave."""
    world.indexed("gone", "biden")
    world.snapshot("gone")
    world.call("DeleteCollection", CollectionId="gone")
    world.indexed("kept", "obama", "biden")
    world.snapshot("kept")
    with_rests(world, "kept", patch)
    expired(world, "expired")
    world.indexed("staged", "biden")
    staging.open_stage(container.application().tables, world.collection("staged"), "other", _then)
    patch.setattr(app, "housekeep", partial(housekeeping.housekeep, grace=OLD, sweep_interval=0))
    patch.setattr(housekeeping, "Due", lambda *_: Due(0, 1))
    patch.setattr(bucket.Bucket.__init__, "__defaults__", (1, bucket.PART))
    container.forget()

    def do() -> None:
        done = world.entry({"source": "aws.events"}, None)
        assert done["failed_purges"] + done["failed_collections"] + done["failed_snapshots"] == 0
        assert min(done["purged_generations"], done["swept_records"], done["swept_vectors"]) > 0
        assert min(done["swept_names"], done["made_snapshots"], done["expired_faces"]) > 0
        world.entry({"source": "aws.events"}, None)

    yield do


def _then() -> float:
    return 1_000_000_000.0


def notice(name: str, key: str, version: str | None = None) -> str:
    """Return what S3 tells of an object that was put into a bucket."""
    about = {"key": key, "sequencer": "0A", **({"versionId": version} if version else {})}
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": name}, "object": about}}
    return json.dumps({"Records": [record]})
