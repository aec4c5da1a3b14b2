"""A collection of made-up faces in the emulator's tables, written straight."""

import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from lineament import config
from lineament.cli.emulator import LOOPBACK, free_port, running
from lineament.cli.gallery_bench import people
from lineament.cli.vision_bench.serving import server, until_it_answers
from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, Matrix, RatioBox, Vector
from lineament.domain.ports import ChangeLog
from lineament.errors import LineamentError
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from lineament.storage import entries, keys
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.records import to_face_item
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.table import Item
from lineament.vision.profiles import read_profile

SCOPE = Scope("123456789012", "us-east-1")
_WRITTEN = 500
"""Items that are held until they are written."""


class BenchError(LineamentError):
    """The bench cannot run."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Tables with one collection of so many faces."""

    environment: Mapping[str, str]
    tables: Tables
    collection_id: str
    persons: tuple[tuple[str, ...], ...]
    """FaceIds of the people who are searched for."""
    dimensions: int

    @property
    def recorded(self) -> frozenset[str]:
        """The faces that have records: a search tells no others."""
        return frozenset(face_id for person in self.persons for face_id in person)

    def view(self) -> MemoryGalleryView:
        """Return the collection as a process sees it that starts now."""
        return gallery(DynamoChangeLog(self.tables)).sync(self.now())

    @staticmethod
    def vector(view: MemoryGalleryView, face_id: str) -> Vector:
        """Return a face's vector.

        Raises:
            BenchError: it is gone.
        """
        found = view.vector(face_id)
        if found is None:
            raise BenchError("a face of the bench is gone")
        return found

    def now(self) -> Collection:
        """Read the collection.

        Raises:
            BenchError: it is gone.
        """
        found = DynamoCollectionStore(self.tables).find(SCOPE, self.collection_id)
        if found is None:
            raise BenchError("the bench's collection is gone")
        return found

    def add(self, face_id: str, vector: Matrix) -> None:
        """Commit one face as IndexFaces does; shape (1, d)."""
        DynamoFaceStore(self.tables).add(self.now(), [record(face_id)], vector)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Run a server that has no house to keep meanwhile, and give its address once ready."""
        variables = {**self.environment, "LINEAMENT_HOUSEKEEPING_SECONDS": "86400"}
        variables["LINEAMENT_TABLE"] = self.tables.control.name
        with server(variables) as (url, process):
            until_it_answers(lambda: _require_ready(url), process)
            yield url


@contextmanager
def emulated() -> Iterator[dict[str, str]]:
    """Run S3 and DynamoDB on loopback, let boto3 find nothing else, and give its variables."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = config.local_environment(url, url)
    config.enter(environment)
    with running(port, environment):
        yield environment


def _require_ready(url: str) -> None:
    urllib.request.urlopen(f"{url}/readyz", timeout=9).close()  # noqa: S310 - loopback # nosec B310


def deployed(
    environment: Mapping[str, str], faces: int, dimensions: int, searched: int
) -> Deployment:
    """Make tables and a collection whose log has 100 faces an entry.

    Args:
        environment: of the emulator.
        faces: how many.
        dimensions: of a vector.
        searched: people who are searched for; their faces have records, the others' none.
    """
    tables = make_tables(environment)
    collection = make_collection(tables, "served")
    people_ids: list[tuple[str, ...]] = []
    entries_made: list[Item] = []
    for ids, vectors in people.faces(0, faces, dimensions):
        entries_made += to_entries(collection, len(entries_made), ids, vectors, entries.MAX_ADDED)
        people_ids += [
            tuple(ids[at : at + people.PHOTOS]) for at in range(0, len(ids), people.PHOTOS)
        ]
    commit(tables, collection, entries_made)
    chosen = people_ids[:: -(-len(people_ids) // searched)]
    records = [
        {**to_face_item(collection.generation, record(face_id)), "write": {"S": "bench"}}
        for person in chosen
        for face_id in person
    ]
    tables.faces.put_many(records)
    return Deployment(environment, tables, collection.collection_id, tuple(chosen), dimensions)


def gallery(log: ChangeLog, snapshots: SnapshotStore | None = None) -> MemoryGallery:
    """Return the galleries of a process that never lets go of one."""
    return MemoryGallery(log, 1 << 40, snapshots=snapshots)


def make_tables(environment: Mapping[str, str]) -> Tables:
    """Make tables of their own: nothing else is in them."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    tables = connect(name, SCOPE.region, environment["AWS_ENDPOINT_URL_DYNAMODB"])
    ensure_tables(tables)
    return tables


def make_collection(tables: Tables, name: str) -> Collection:
    """Make an empty collection, bound to the default face model."""
    version = read_profile("default").model.version
    made = Collection(SCOPE, name, uuid.uuid4().hex, version, time.time())
    DynamoCollectionStore(tables).create(made)
    return made


def to_entries(
    collection: Collection, after: int, ids: list[str], vectors: Matrix, each: int
) -> list[Item]:
    """Return the log's entries behind number `after` that add faces, so many each."""
    return [
        entries.entry(
            collection.generation,
            after + number,
            {
                **entries.to_added(ids[start : start + each], vectors[start : start + each]),
                "write": {"S": "bench"},
            },
        )
        for number, start in enumerate(range(0, len(ids), each), 1)
    ]


def commit(tables: Tables, collection: Collection, log: list[Item]) -> Collection:
    """Write a whole log, from number 1 on, and return the collection as of then."""
    for start in range(0, len(log), _WRITTEN):
        tables.faces.put_many(log[start : start + _WRITTEN])
    return set_seq(tables, collection, len(log))


def set_seq(tables: Tables, collection: Collection, seq: int) -> Collection:
    """Have the collection's item tell how far its log goes, and return the collection so."""
    tables.control.update(
        keys.collection_key(collection.scope, collection.collection_id),
        "SET #seq = :seq",
        "attribute_exists(pk)",
        {":seq": {"N": str(seq)}},
    )
    return replace(collection, seq=seq)


def record(face_id: str) -> FaceRecord:
    """Return what is known of a made-up face."""
    return FaceRecord(face_id, str(uuid.UUID(int=7)), RatioBox(0.1, 0.2, 0.3, 0.4), 99.9, None)
