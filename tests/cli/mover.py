"""A deployment with an engine, whose collection `lineament move` moves there and back."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import boto3
import numpy as np
import pytest

from lineament import config
from lineament.app import Application, build_application
from lineament.cli.main import main
from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.engine import Row, VectorEngine
from lineament.gallery import generation
from lineament.gallery.distant import DistantFaces
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.placement import Placement
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.published import Published
from lineament.storage.snapshots import SnapshotStore, connect_snapshots
from tests.conformance import transports
from tests.conformance.conftest import random_account
from tests.storage.snapshotting import AT_ONCE
from tests.storage.world import ids_of, make_faces

NAME = "people"
DIMENSIONS = 128
FEW = ("--compare", "4", "--yes")


@dataclass
class Deployment:
    """A service on tables, a bucket and an engine of its own; faces without pictures."""

    tables: Tables
    store: SnapshotStore
    engine: VectorEngine
    account: str
    application: Application
    c: Any
    faces: list[str] = field(default_factory=list)

    def move(self, to: str, *words: str) -> int:
        """Run the command."""
        return main(["move", NAME, "--account", self.account, "--to", to, *FEW, *words])

    def index(self, count: int) -> list[str]:
        """Add faces, each with others near it, as IndexFaces would."""
        faces, vectors = make_faces(count, DIMENSIONS)
        near = vectors[np.arange(count) // 4 * 4] + 0.4 * vectors
        vectors = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
        DynamoFaceStore(self.tables).add(self.now(), faces, vectors)
        self.faces += ids_of(faces)
        return ids_of(faces)

    def remove(self, *faces: str) -> None:
        """Remove faces by DeleteFaces."""
        self.c.delete_faces(CollectionId=NAME, FaceIds=list(faces))
        self.faces = [each for each in self.faces if each not in faces]

    def now(self) -> Collection:
        """Return the collection as it is."""
        scope = Scope(self.account, "us-east-1")
        found = DynamoCollectionStore(self.tables).find(scope, NAME)
        assert found is not None
        return found

    def published(self) -> Published:
        """Return what the collection's snapshot item tells."""
        return self.store.published(self.now().generation) or Published()

    def is_distant(self) -> bool:
        """Tell whether the service's view of the collection is on the engine, as of now."""
        view = self.application._dispatcher.services.gallery.sync(self.now())
        return isinstance(view.faces, DistantFaces)  # type: ignore[attr-defined]

    def held(self) -> set[Row]:
        """Return the rows of faces that the engine has."""
        table = self.engine.table(self.now().generation, "faces")
        return {row for rows in table.rows() for row in rows}

    def compact(self) -> None:
        """Make a snapshot, if there is none or something was added or removed since."""
        compact(self.tables, self.store, self.now(), AT_ONCE, placement=Placement(self.engine))

    def housekeep(self, seconds: float = 0.0) -> None:
        """Keep house as a server would so many seconds from now."""
        done = housekeep(
            self.tables,
            clock=lambda: time.time() + seconds,
            snapshots=self.store,
            placement=Placement(self.engine),
        )
        assert not done.failed

    def answers(self) -> dict[str, Any]:
        """Return what the API answers about some faces and users."""
        told: dict[str, Any] = {}
        for face in self.faces[::8]:
            for threshold in (0, 80):
                options = {"CollectionId": NAME, "FaceId": face, "FaceMatchThreshold": threshold}
                told[f"{face} {threshold}"] = self.c.search_faces(**options, MaxFaces=4096)[
                    "FaceMatches"
                ]
            told[f"{face} users"] = self.c.search_users(
                CollectionId=NAME, FaceId=face, UserMatchThreshold=0
            )["UserMatches"]
        told["users"] = self.c.search_users(CollectionId=NAME, UserId="ada", UserMatchThreshold=0)[
            "UserMatches"
        ]
        told["listed"] = self.c.list_faces(CollectionId=NAME, MaxResults=4096)["Faces"]
        return told


def deploy(
    monkeypatch: pytest.MonkeyPatch, engine: VectorEngine | None, uri: str = "unused.db"
) -> Deployment:
    """Return a deployment whose collection has a few faces and two users.

    Args:
        monkeypatch: sets what the command reads, and has servers look at each call.
        engine: in place of what the settings name; None: that.
        uri: of Milvus.
    """
    table = f"move-{uuid.uuid4().hex[:12]}"
    bucket = f"move-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    for name, value in {
        "TABLE": table,
        "SNAPSHOT_BUCKET": bucket,
        "MILVUS_URI": uri,
    }.items():
        monkeypatch.setenv(f"LINEAMENT_{name}", value)
    if engine is not None:
        monkeypatch.setattr("lineament.app.MilvusEngine", lambda *_: engine)
    monkeypatch.setattr(generation, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    settings = config.load()
    tables = connect(table, settings.region)
    ensure_tables(tables)
    store = connect_snapshots(tables, bucket, settings.region)
    assert store is not None
    account = random_account()
    application = build_application(settings)
    c = transports.client(application.handle, None, account)
    c.create_collection(CollectionId=NAME)
    own = application.placement.engine
    assert own is not None
    made = Deployment(tables, store, own, account, application, c)
    made.index(40)
    for user in ("ada", "ben"):
        c.create_user(CollectionId=NAME, UserId=user)
    c.associate_faces(CollectionId=NAME, UserId="ada", FaceIds=made.faces[:3])
    c.associate_faces(CollectionId=NAME, UserId="ben", FaceIds=made.faces[8:9])
    return made
