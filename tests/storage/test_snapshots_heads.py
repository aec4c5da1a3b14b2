"""What is read of a snapshot by who has no use for its vectors."""

from pathlib import Path
from typing import Any

import pytest

from lineament.domain.raw_ids import to_names
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from tests.storage.snapshotting import AT_ONCE, objects, people, put_object
from tests.storage.test_snapshots_parts import large
from tests.storage.world import make_collection, make_faces, now


class Body:
    """The body of an answer that tells what became of it."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self.taken, self.closed = 0, False

    def read(self, size: int) -> bytes:
        piece: bytes = self._body.read(size)
        self.taken += len(piece)
        return piece

    def close(self) -> None:
        self.closed = True
        self._body.close()


class Watching:
    """Clients that keep the bodies they gave."""

    def __init__(self, store: SnapshotStore) -> None:
        self._client = store._objects._clients.client("us-east-1")
        self.bodies: list[Body] = []

    def client(self, _region: str) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_object(self, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.get_object(**params)
        self.bodies.append(Body(answer["Body"]))
        return {**answer, "Body": self.bodies[-1]}


def test_a_head_leaves_the_vectors_in_s3(tables: Tables, store: SnapshotStore) -> None:
    """Lost: every process on an engine reads all vectors, or keeps a connection open for each."""
    snapshot = large(make_collection(tables).generation, 5)
    assert store.claim(snapshot.generation, 0, 0)
    assert store.publish(snapshot)
    watching = store._objects._clients = Watching(store)  # type: ignore[assignment]
    head = store.newest_head(snapshot.generation)
    assert head is not None
    assert head.ids.tobytes() == snapshot.ids.tobytes()
    assert head.marks.tolist() == snapshot.marks.tolist()
    assert (head.seq, head.dimensions) == (5, 128)
    (body,) = watching.bodies
    assert body.closed
    assert body.taken < 1.2 * (snapshot.ids.nbytes + snapshot.marks.nbytes)


@pytest.mark.usefixtures("stays_healthy")
def test_marks_are_the_numbers_of_the_log(tables: Tables, store: SnapshotStore) -> None:
    """Lost: rows of an engine stand for faces that were removed, or those there are do not."""
    collection, first = people(tables)
    added, vectors = make_faces(2)
    DynamoFaceStore(tables).add(now(tables, collection), added, vectors)
    again = now(tables, collection).seq
    DynamoFaceStore(tables).remove(now(tables, collection), first[3:])
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    head = store.newest_head(collection.generation)
    assert head is not None
    marks = dict(zip(to_names(head.ids), head.marks.tolist(), strict=True))
    assert marks == dict.fromkeys(first[:3], 1) | {each.face_id: again for each in added}


@pytest.mark.parametrize("part", ["head", "vectors"])
def test_only_damage_that_is_read_is_told(
    tables: Tables, store: SnapshotStore, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: a flipped mark is believed; or a good head is refused, and the whole log read."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    ((key, body),) = objects(store).items()
    place = 60 if part == "head" else len(body) - 40
    put_object(store, key, body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
    head = store.newest_head(collection.generation)
    published = store.published(collection.generation)
    assert published is not None
    assert (head is None) == (part == "head")
    assert published.usable == (part == "vectors")
    assert ("checksum" in caplog.text) == (part == "head")
    assert store.newest(collection.generation) is None


def test_a_first_version_has_no_head_and_is_not_damaged(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: an update writes every snapshot of the release before off, and reads whole logs."""
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    (key,) = objects(store)
    content = Path(__file__).with_name("snapshot-1.hex").read_text()
    put_object(store, key, bytes.fromhex(content))
    assert store.newest_head(collection.generation) is None
    published = store.published(collection.generation)
    assert published is not None
    assert published.usable
