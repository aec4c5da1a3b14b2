"""Snapshots for the storage tests: buckets, cold starts, and processes that die at any call."""

import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lineament.domain.collections import Collection
from lineament.domain.ports import ChangeLog
from lineament.domain.snapshots import Snapshots
from lineament.gallery import generation
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from lineament.storage import keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.clients import S3Clients
from lineament.storage.compaction import Due
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from tests.storage.inhabited import change_user
from tests.storage.world import Fuse, ids_of, make_collection, make_faces, now, through

REGION = "us-east-1"
AT_ONCE = Due(interval=0, growth=1)
NO_GROWTH = Due(interval=0, growth=1_000_000)
"""Only what was removed makes another snapshot due."""


def make_store(tables: Tables, endpoint: str) -> SnapshotStore:
    """Return the snapshots of the tables in a bucket of their own."""
    clients = S3Clients(endpoint)
    bucket = f"snapshots-{uuid.uuid4().hex[:8]}"
    clients.client(REGION).create_bucket(Bucket=bucket)
    return SnapshotStore(tables, bucket, REGION, clients)


class DyingClients:
    """Clients of a process that dies at its n-th call of DynamoDB or S3, from 0."""

    def __init__(self, tables: Tables, store: SnapshotStore, at: int, *, after: bool) -> None:
        """Die before the call takes effect, or after."""
        self._fuse = Fuse(at, after=after)
        self._s3 = _Watched(store._objects._clients.client(REGION), self._fuse.call)
        self.tables = through(tables, _Watched(tables.control.client, self._fuse.call))
        self.store = SnapshotStore(self.tables, store._objects.bucket, REGION, self)  # type: ignore[arg-type]

    def client(self, _region: str) -> Any:
        return self._s3

    @property
    def calls(self) -> int:
        return self._fuse.calls


class _Watched:
    def __init__(self, client: Any, call: Callable[..., Any]) -> None:
        self._client, self._call = client, call

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        return lambda **params: self._call(operation, params)


def cold(log: ChangeLog, collection: Collection, snapshots: Snapshots | None) -> MemoryGalleryView:
    """Return what a process sees that starts now, from a snapshot however short the log is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
        return MemoryGallery(log, 1 << 30, snapshots=snapshots).sync(collection)


def same(one: MemoryGalleryView, other: MemoryGalleryView) -> None:
    """Assert that two views hold the same, bit for bit."""
    assert one.seq == other.seq
    ids = one.page(None, 10_000)
    assert ids == other.page(None, 10_000)
    for face_id in ids:
        assert _bits(one.vector(face_id)) == _bits(other.vector(face_id))
    users = one.user_page(None, 10_000)
    assert users == other.user_page(None, 10_000)
    for user in users:
        assert _bits(one.template(user.key)) == _bits(other.template(user.key))
    assert dict(one.membership.users) == dict(other.membership.users)
    assert dict(one.membership.owners) == dict(other.membership.owners)
    assert set(one.membership.erased) == set(other.membership.erased)


def cold_start_agrees(tables: Tables, store: SnapshotStore, collection: Collection) -> None:
    """Assert that a start from the snapshot, where there is one, sees what the log tells."""
    log, newest = DynamoChangeLog(tables, 0.0), now(tables, collection)
    same(cold(log, newest, store), cold(log, newest, None))


def objects(store: SnapshotStore) -> dict[str, bytes]:
    """Return every object of the deployment."""
    s3 = store._objects._clients.client(REGION)
    return {
        key: s3.get_object(Bucket=store._objects.bucket, Key=key)["Body"].read()
        for key in store.objects()
    }


def every_key(store: SnapshotStore) -> list[str]:
    """Return every key of the bucket, other deployments' included."""
    answer = store._objects._clients.client(REGION).list_objects_v2(Bucket=store._objects.bucket)
    return [each["Key"] for each in answer.get("Contents", [])]


def put_object(store: SnapshotStore, key: str, body: bytes) -> None:
    """Write an object as somebody else might."""
    store._objects._clients.client(REGION).put_object(
        Bucket=store._objects.bucket, Key=key, Body=body
    )


def begin_upload(store: SnapshotStore, key: str) -> None:
    """Leave a part of an object in S3, as who dies meanwhile does."""
    s3, where = (
        store._objects._clients.client(REGION),
        {"Bucket": store._objects.bucket, "Key": key},
    )
    upload = s3.create_multipart_upload(**where)["UploadId"]
    s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"vectors")


def uploads(tables: Tables, store: SnapshotStore) -> list[tuple[str, str]]:
    """Return key and id of every upload of the deployment that nobody has completed."""
    return list(store._objects.uploads(keys.snapshot_objects(tables.control.name)))


def _bits(vector: "np.ndarray[Any, Any] | None") -> bytes | None:
    return None if vector is None else vector.tobytes()


def people(tables: Tables, name: str = "people") -> tuple[Collection, list[str]]:
    """Make a collection with four faces, of which two are ada's, and a user without faces."""
    collection = make_collection(tables, name)
    faces, vectors = make_faces(4)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    change_user(tables, collection, "create", "ada")
    change_user(tables, collection, "create", "ben")
    change_user(tables, collection, "associate", "ada", *ids_of(faces[:2]))
    return collection, ids_of(faces)
