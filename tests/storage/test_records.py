"""Stored forms, tables and batches."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, RatioBox, Source
from lineament.errors import (
    InternalServerError,
    ProvisionedThroughputExceededException,
    ResourceAlreadyExistsException,
    ServiceUnavailable,
    WireError,
)
from lineament.storage import entries
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.faults import from_dynamodb
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.secrets import DynamoSecrets
from tests.storage.conftest import REGION
from tests.storage.world import SCOPE, ids_of, make_collection, make_faces, now, through, view


def test_collection_comes_back_as_stored(tables: Tables) -> None:
    """Else DescribeCollection tells another creation time, model or tags than given."""
    made = Collection(
        SCOPE, "a.B-c_9", "f" * 32, "m 1.0", 1_789_000_000.123456, 0, {"k": "", "ü": "1"}
    )
    store = DynamoCollectionStore(tables)
    store.create(made)
    assert store.find(SCOPE, "a.B-c_9") == made
    assert store.find(SCOPE, "a.b-c_9") is None
    assert store.find(Scope(SCOPE.account, "eu-west-1"), "a.B-c_9") is None


def test_create_refuses_a_taken_name(tables: Tables) -> None:
    """Else creating a collection twice empties it."""
    collection = make_collection(tables)
    DynamoFaceStore(tables).add(collection, *make_faces(1))
    with pytest.raises(ResourceAlreadyExistsException, match="people already exists"):
        make_collection(tables)
    assert len(view(tables, collection)) == 1


def test_one_of_many_creators_wins(tables: Tables) -> None:
    """Else two processes believe that they made the collection."""

    def create(_: int) -> bool:
        try:
            make_collection(tables)
        except ResourceAlreadyExistsException:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(create, range(6))) == 1


def test_pages_cover_living_collections_in_code_point_order(tables: Tables) -> None:
    """Else ListCollections skips, repeats or shows deleted collections."""
    names = ["Z", "a", "a-", "a.b", "a0", "aa", "b", "z_"]
    store = DynamoCollectionStore(tables)
    for name in names:
        make_collection(tables, name)
    make_collection(tables, "other", Scope("999999999999", REGION))
    store.delete(make_collection(tables, "a1"))
    found: list[str] = []
    while page := store.page(SCOPE, found[-1] if found else None, 3):
        found += [collection.collection_id for collection in page]
    assert found == names == sorted(names)


def test_face_records_come_back_as_stored(tables: Tables) -> None:
    """Else ListFaces tells other boxes or ids than IndexFaces stored."""
    collection = make_collection(tables)
    faces = [
        FaceRecord(
            str(uuid.uuid4()), "i", RatioBox(-0.01, 1 / 3, 0.1, 1.2), 99.99942779541016, *rest
        )
        for rest in (
            (),  # what releases before sources stored
            ("ext:1",),
            (None, Source("bucket", "a/b ü.jpg")),
            ("ext:1", Source("bucket", "key", "version")),
        )
    ]
    store = DynamoFaceStore(tables)
    store.add(collection, faces, make_faces(len(faces))[1])
    found = store.records(collection, [*ids_of(faces), str(uuid.uuid4()), faces[0].face_id])
    assert found == {face.face_id: face for face in faces}


def test_a_source_is_kept_for_faces_that_are_there(tables: Tables) -> None:
    """Else a photo indexed again from S3 cannot be found by `lineament reindex`, or a face that
    was deleted meanwhile gets half a record."""
    collection = make_collection(tables)
    faces, vectors = make_faces(2)
    store = DynamoFaceStore(tables)
    store.add(collection, faces, vectors)
    store.remove(now(tables, collection), [faces[0].face_id])
    located = [replace(face, source=Source("bucket", "key")) for face in faces]
    store.locate(now(tables, collection), located)
    assert store.records(collection, ids_of(faces)) == {faces[1].face_id: located[1]}


def test_100_faces_of_1024_dimensions_fit_an_item(tables: Tables) -> None:
    """Else a group photo cannot be indexed with a large model."""
    collection = make_collection(tables)
    faces, vectors = make_faces(100, 1024)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    content = entries.to_added(ids_of(faces), vectors)
    size = sum(len(block["B"]) + 1 for block in content["vectors"]["L"]) + len(content["ids"]["B"])
    assert size + 200 < 400_000
    seen = view(tables, collection)
    for face, vector in zip(faces, vectors, strict=True):
        found = seen.vector(face.face_id)
        assert found is not None
        assert abs(float(np.linalg.norm(found)) - 1) < 1e-6
        assert float(found @ vector) > 0.99999


@pytest.mark.parametrize("bad", [np.zeros((1, 4)), np.full((1, 4), np.nan), np.ones((2, 4))])
def test_vectors_without_direction_are_refused(tables: Tables, bad: Any) -> None:
    """Else one broken vector makes every search of the collection fail."""
    collection = make_collection(tables)
    faces, _ = make_faces(1)
    with pytest.raises(ValueError, match=r"vector|shape"):
        DynamoFaceStore(tables).add(collection, faces, bad.astype(np.float32))
    assert now(tables, collection).seq == 0


class Reluctant:
    """A client that leaves part of every batch undone, as a throttled table does."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)

        def call(**params: Any) -> Any:
            if not name.startswith("batch"):
                return operation(**params)
            ((table, batch),) = params["RequestItems"].items()
            if name == "batch_write_item":
                done, left = batch[: len(batch) // 2 + 1], batch[len(batch) // 2 + 1 :]
                operation(RequestItems={table: done})
                return {"UnprocessedItems": {table: left} if left else {}}
            half = len(batch["Keys"]) // 2 + 1
            answer = operation(RequestItems={table: {**batch, "Keys": batch["Keys"][:half]}})
            rest = {**batch, "Keys": batch["Keys"][half:]}
            return {**answer, "UnprocessedKeys": {table: rest} if rest["Keys"] else {}}

        return call


def test_batches_done_in_part_are_finished(tables: Tables) -> None:
    """Else a busy table loses records silently."""
    collection = make_collection(tables)
    slow = DynamoFaceStore(through(tables, Reluctant(tables.control.client)))
    faces, vectors = make_faces(60)
    slow.add(collection, faces, vectors)
    assert len(slow.records(collection, ids_of(faces))) == 60
    assert len(DynamoFaceStore(tables).records(collection, ids_of(faces))) == 60


class Throttled:
    """A client that does `share` keys of each batch, and writes down what it was asked to do."""

    def __init__(self, client: Any, share: int) -> None:
        self._client = client
        self._share = share
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)

        def call(**params: Any) -> Any:
            ((table, batch),) = params["RequestItems"].items()
            wanted = batch["Keys"]
            self.sizes.append(len(wanted))
            rest = {**batch, "Keys": wanted[self._share :]}
            left = {"UnprocessedKeys": {table: rest} if rest["Keys"] else {}}
            if not self._share:
                return {"Responses": {}, **left}
            done = {**batch, "Keys": wanted[: self._share]}
            return {**operation(RequestItems={table: done}), **left}

        return call if name == "batch_get_item" else operation


def test_a_table_that_gives_little_is_waited_for(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a cold start on a busy table ends in an error, though it comes on all the time."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    collection = make_collection(tables)
    faces, vectors = make_faces(30)
    DynamoFaceStore(tables).add(collection, faces, vectors)
    client = Throttled(tables.control.client, 2)
    found = DynamoFaceStore(through(tables, client)).records(
        collection, [*ids_of(faces), *ids_of(make_faces(4)[0])]
    )
    assert len(found) == 30
    assert client.sizes == list(range(34, 0, -2))
    assert len(pauses) == 16, "one whenever keys are left: absent faces come as nothing"
    assert max(pauses) <= 0.02


def test_a_table_that_gives_nothing_ends_the_call(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a call hangs for as long as a table is throttled."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    store = DynamoFaceStore(through(tables, Throttled(tables.control.client, 0)))
    with pytest.raises(ProvisionedThroughputExceededException):
        store.records(make_collection(tables), ids_of(make_faces(3)[0]))
    assert pauses == sorted(pauses)
    assert len(pauses) == 7


def test_tables_are_made_once_by_many(moto_endpoint: str) -> None:
    """Else the second of two servers that start together dies."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ensure_tables(connect(name, REGION, moto_endpoint)), range(4)))
    make_collection(connect(name, REGION, moto_endpoint))


def test_paging_key_is_one_for_all(tables: Tables) -> None:
    """Else a page token from one server is refused by the next."""
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: DynamoSecrets(tables).paging_key(), range(8)))
    assert len(found) == 1
    assert len(found.pop()) == 32


def test_a_missing_table_is_not_our_fault(moto_endpoint: str) -> None:
    """Else a deployment that is not ready answers as if it were broken."""
    absent = connect("no-such-table", REGION, moto_endpoint)
    with pytest.raises(ServiceUnavailable):
        DynamoCollectionStore(absent).find(SCOPE, "people")


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ProvisionedThroughputExceededException", 400, ProvisionedThroughputExceededException),
        ("ThrottlingException", 400, ProvisionedThroughputExceededException),
        ("RequestLimitExceeded", 400, ProvisionedThroughputExceededException),
        ("InternalServerError", 500, ServiceUnavailable),
        ("AccessDeniedException", 400, InternalServerError),
    ],
)
def test_dynamodb_errors_are_told_as_ours(
    code: str, status: int, expected: type[WireError]
) -> None:
    """Else clients do not retry what they should, or are told about our database."""
    metadata: Any = {"HTTPStatusCode": status}
    answer: Any = {"Error": {"Code": code, "Message": "secret"}, "ResponseMetadata": metadata}
    found = from_dynamodb(ClientError(answer, "PutItem"))
    assert type(found) is expected
    assert "secret" not in str(found)
    gone = from_dynamodb(EndpointConnectionError(endpoint_url="http://10.0.0.1"))
    assert isinstance(gone, ServiceUnavailable)
    assert "10.0.0.1" not in str(gone)
