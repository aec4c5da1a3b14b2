"""Collections indexed from S3 and what moves them: real storage, declared faces."""

import hashlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import numpy as np

from lineament.domain import ids
from lineament.domain.collections import Collection
from lineament.domain.faces import DetectedFace, FaceRecord, Matrix, Source
from lineament.domain.similarity import FaceModel
from lineament.jobs.moving import Mover, Outcome
from lineament.storage.clients import S3Clients
from lineament.storage.collections import DynamoCollectionStore, all_items
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.objects import S3ObjectStore
from lineament.storage.provision import Tables
from lineament.storage.purge import purge
from lineament.storage.staging import ABANDONED_SECONDS
from tests.property.engine import MODEL, DeclaredEngine, picture
from tests.storage.world import SCOPE, ids_of, make_collection, now, stored_items, view

LATER = -5.0
"""A grace that makes even what was just written old enough."""
NEW = FaceModel("model-2", 5, MODEL.calibration, "second")


def second_vectors(image: bytes, count: int) -> Matrix:
    """Return what the recogniser of NEW makes of a picture: another width, by its bytes."""
    seed = int.from_bytes(hashlib.sha256(image).digest()[:4], "big")
    rows = np.random.default_rng(seed).normal(size=(count, NEW.dimensions)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@dataclass(frozen=True)
class _Seen:
    faces: tuple[DetectedFace, ...]
    image: bytes
    width: int = 1000
    height: int = 1000

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        assert recogniser == NEW.recogniser
        return second_vectors(self.image, len(self.faces))[list(indices)]


class SecondEngine:
    """The declared pictures' faces, with the vectors of NEW."""

    def analyse(self, image: bytes) -> Any:
        return _Seen(DeclaredEngine().analyse(image).faces, image)


class World:
    """A collection bound to model-1, a bucket, and the service's way of indexing from it."""

    def __init__(self, tables: Tables, endpoint: str, name: str = "people") -> None:
        self.tables = tables
        self.collection = make_collection(tables, name)
        self.objects, self.s3 = _clients(endpoint)
        self.bucket = f"b{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.images: dict[str, bytes] = {}
        """By ImageId."""

    def now(self) -> Collection:
        return now(self.tables, self.collection)

    def index(self, label: str, faces: int = 2, *, from_s3: bool = True) -> list[FaceRecord]:
        """Commit the faces of a picture of that label, as IndexFaces does."""
        image = picture([[1, place, 0, 0, 0, 1] for place in range(faces)], label)
        image_id = ids.image_id(image)
        self.images[image_id] = image
        source = None
        if from_s3:
            self.s3.put_object(Bucket=self.bucket, Key=label, Body=image)
            source = Source(self.bucket, label)
        collection = self.now()
        seen = DeclaredEngine().analyse(image)
        records = [
            FaceRecord(
                ids.face_id(collection.lineage, image_id, label, place),
                image_id,
                face.box,
                face.confidence,
                label,
                source=source,
            )
            for place, face in enumerate(seen.faces)
        ]
        vectors = seen.embed(range(faces))
        if collection.model_version == NEW.version:
            vectors = second_vectors(image, faces)
        DynamoFaceStore(self.tables).add(collection, records, vectors)
        return records

    def delete(self, face_ids: Sequence[str]) -> None:
        DynamoFaceStore(self.tables).remove(self.now(), face_ids)

    def mover(self, tables: Tables | None = None) -> Mover:
        where = tables or self.tables
        return Mover(
            where,
            DynamoCollectionStore(where),
            DynamoFaceStore(where),
            self.objects,
            SecondEngine,
        )

    def move(self, tables: Tables | None = None, *, drop_unknown: bool = False) -> Outcome:
        outcome = Outcome()
        self.mover(tables).move(self.now(), NEW, outcome, drop_unknown=drop_unknown)
        return outcome

    def new_vector(self, record: FaceRecord) -> Any:
        """Return the vector that the face has to have in the end, as fp16 keeps it."""
        image = self.images[record.image_id]
        faces = DeclaredEngine().analyse(image).faces
        place = [face.box for face in faces].index(record.box)
        half = second_vectors(image, len(faces))[place].astype(np.float16).astype(np.float32)
        return half / np.linalg.norm(half)


@cache
def _clients(endpoint: str) -> tuple[S3ObjectStore, Any]:
    """Return what reads S3 for the service, and a client of the test's own."""
    return S3ObjectStore(S3Clients(endpoint)), boto3.client(
        "s3", endpoint_url=endpoint, region_name=SCOPE.region
    )


def require_moved(world: World, records: list[FaceRecord]) -> None:
    """The collection is bound to NEW and holds exactly these faces, with NEW's vectors."""
    collection = world.now()
    assert collection.model_version == NEW.version
    assert collection.lineage == world.collection.generation
    seen = view(world.tables, world.collection)
    assert seen.page(None, 1000) == sorted(ids_of(records))
    for record in records:
        assert np.allclose(seen.vector(record.face_id), world.new_vector(record), atol=1e-6)
    stored = DynamoFaceStore(world.tables).records(collection, ids_of(records))
    assert stored == {record.face_id: record for record in records}


def require_no_rests(tables: Tables, *worlds: World) -> None:
    """After two rounds of housekeeping hours later only the living generations are left."""
    for _ in range(2):
        purge(tables, None, LATER, lambda: time.time() + 2 * ABANDONED_SECONDS)
    kept = {item["pk"]["S"].split("#")[1] for item in stored_items(tables, "")}
    assert kept == {world.now().generation for world in worlds}
    for item in all_items(tables.control, SCOPE):
        assert item["garbage"] == item["deleted"] == {"M": {}}
        assert [name for name in item if name.startswith("staged")] == []
