"""A deployed function among collections, pictures, and what crashes leave of them."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas import container
from lineament.domain import celebrities
from lineament.domain.collections import Collection
from lineament.domain.expiry import DAY
from lineament.domain.rules import RETENTION_DAYS
from lineament.storage import keys
from lineament.storage.compaction import Due, compact
from lineament.storage.faces import DynamoFaceStore
from tests.infra.stack import REGION
from tests.storage.inhabited import change_user
from tests.storage.world import make_faces

Entry = Callable[[Any, Any], Any]

STAR = "1a2b"
"""A celebrity's id."""


class World:
    """A function in its stack, the bucket of pictures, and the photos."""

    def __init__(self, entry: Entry, images: str, photos: Path) -> None:
        self.entry = entry
        self.images = images
        self.photos = photos
        self.s3 = boto3.client("s3", REGION)

    def put(self, key: str, photo: str = "obama", **tags: str) -> str | None:
        """Put a photo under a key; return its version, where the bucket has versions."""
        tagging = "&".join(f"lineament:{name}={value}" for name, value in tags.items())
        put = self.s3.put_object(
            Bucket=self.images,
            Key=key,
            Body=(self.photos / f"{photo}.jpg").read_bytes(),
            Tagging=tagging,
        )
        version: str | None = put.get("VersionId")
        return version

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """Do an operation beside the function, as another caller would."""
        body = json.dumps(request).encode()
        answer: dict[str, Any] = json.loads(
            container.application().call(operation, body, container.scope())
        )
        return answer

    def find(self, name: str) -> Collection | None:
        """Return a collection of the account, or that of the celebrities."""
        scope = celebrities.SCOPE if name == celebrities.COLLECTION_ID else container.scope()
        return container.application().services.collections.find(scope, name)

    def collection(self, name: str) -> Collection:
        found = self.find(name)
        assert found is not None
        return found

    def indexed(self, name: str, *photos: str, make: bool = True) -> Collection:
        """Make a collection of photos in S3, or put them into one."""
        if make:
            self.call("CreateCollection", CollectionId=name)
        for photo in photos:
            self.put(f"{name}/{photo}.jpg", photo)
            place = {"Bucket": self.images, "Name": f"{name}/{photo}.jpg"}
            self.call("IndexFaces", CollectionId=name, Image={"S3Object": place})
        return self.collection(name)

    def snapshot(self, name: str) -> str:
        """Have a collection's snapshot made; return its object's key."""
        here = container.application()
        assert here.snapshots is not None
        compact(here.tables, here.snapshots, self.collection(name), Due(0, 1))
        published = here.snapshots.published(self.collection(name).generation)
        assert published is not None
        return published.object_key

    def without(self, snapshot: str) -> None:
        """Lose a snapshot."""
        self.s3.delete_object(Bucket=container.settings().snapshot_bucket, Key=snapshot)

    def gap(self, name: str) -> None:
        """Leave a number of the log without an entry, as who dies meanwhile does."""
        where = keys.collection_key(self.collection(name).scope, name)
        tables = container.application().tables
        tables.control.update(where, "ADD #seq :one", "attribute_exists(pk)", {":one": {"N": "1"}})


def expired(world: World, name: str) -> None:
    """Make a collection of a user's face that has expired and is still stored."""
    services, then = container.application().services, time.time() - 3 * DAY
    model = services.models.default.version
    made = Collection(container.scope(), name, secrets.token_hex(16), model, then)
    services.collections.create(replace(made, tags={RETENTION_DAYS: "9"}))
    with pytest.MonkeyPatch.context() as before:
        before.setattr(services.faces, "_clock", lambda: then)
        world.indexed(name, "obama", make=False)
    with_a_user(world, name)
    services.collections.retag(world.collection(name), lambda _: {RETENTION_DAYS: "1"})


def with_a_user(world: World, name: str) -> None:
    world.call("CreateUser", CollectionId=name, UserId="ada")
    faces = [each["FaceId"] for each in world.call("ListFaces", CollectionId=name)["Faces"]]
    world.call("AssociateFaces", CollectionId=name, UserId="ada", FaceIds=faces[:1])


def with_rests(world: World, name: str, patch: pytest.MonkeyPatch) -> None:
    """Leave a collection as crashes do: records of nobody, vectors and names of what is removed."""
    here, before = container.application(), world.collection(name)
    store = DynamoFaceStore(here.tables)
    faces, vectors = make_faces(2, here.services.models.default.dimensions)
    seq = store.add(before, faces, vectors)
    now = replace(before, seq=seq)
    with patch.context() as dying:
        dying.setattr("lineament.storage.erase.Eraser.erase", lambda *_arguments, **_named: None)
        dying.setattr("lineament.storage.users.DynamoUserStore.forget_name", lambda *_: None)
        world.call("DeleteFaces", CollectionId=name, FaceIds=[faces[0].face_id])
        world.call("CreateUser", CollectionId=name, UserId="left")
        world.call("DeleteUser", CollectionId=name, UserId="left")
    nobody, _ = make_faces(1)
    here.tables.faces.put(
        {
            **keys.face_key(now.generation, nobody[0].face_id),
            "write": {"S": secrets.token_hex(8)},
            "at": {"N": "1000"},
        }
    )
    orphan = keys.snapshot_object(here.tables.control.name, secrets.token_hex(16), 1, "x")
    where = {"Bucket": container.settings().snapshot_bucket, "Key": orphan}
    world.s3.put_object(**where, Body=b"of nobody")
    for key in (orphan, keys.snapshot_object(here.tables.control.name, now.generation, 0, "x")):
        world.s3.create_multipart_upload(**{**where, "Key": key})
    world.gap(name)


def make_star() -> None:
    """Make a celebrity whom nobody of the photos is."""
    here = container.application()
    model = here.services.models.default
    gallery = Collection(
        celebrities.SCOPE, celebrities.COLLECTION_ID, secrets.token_hex(16), model.version, 0.0
    )
    here.services.collections.create(gallery)
    star, vector = make_faces(1, model.dimensions)
    change_user(here.tables, gallery, "create", STAR)
    here.services.celebrities.put(gallery, celebrities.Celebrity(STAR, "A Star"))
    DynamoFaceStore(here.tables).add(gallery, star, vector)
    change_user(here.tables, gallery, "associate", STAR, star[0].face_id)
