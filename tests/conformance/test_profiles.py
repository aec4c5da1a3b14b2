"""Collections of two face models in one service, over each transport."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.api import make_handler
from lineament import config
from lineament.context import Scope
from lineament.domain.faces import Source
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import connect
from lineament.vision.profiles import read_profile
from tests.conformance import declared, transports
from tests.conformance.album import Album
from tests.conformance.conftest import BuildApplication, Wire
from tests.profiles import SECOND
from tests.serving import Server

DEFAULT = read_profile("default").model.version


@pytest.fixture(scope="module")
def second() -> str:
    """Return the profile that `vip-*` and `staff` are bound to."""
    return SECOND


@pytest.fixture(scope="module")
def bound(
    wire: Wire, build: BuildApplication, second: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wire]:
    """Return a service of both models on the tables of `wire`, which runs one."""
    bindings = (("vip-*", second), ("staff", second))
    if wire.name == "http":
        text = ",".join("=".join(binding) for binding in bindings)
        variables = {**wire.variables, "LINEAMENT_COLLECTION_PROFILES": text}
        server = Server(tmp_path_factory.mktemp("serve") / "log", variables)
        yield Wire("http", transports.over_http(server.url), server.url, wire.aws)
        server.stop()
    elif wire.name == "lambda":
        made = build(table="conformance-lambda", collection_profiles=bindings)
        yield Wire("lambda", transports.as_lambda_event(make_handler(made)), None)
    else:
        yield Wire("in-process", build(collection_profiles=bindings).handle, None)


@declared.EYES
def test_a_collections_name_decides_its_model(bound: Wire, second: str, account: str) -> None:
    """Lost: the people at the door are told apart by the model that was meant for albums."""
    c = bound.client(account)
    other = read_profile(second).model.version
    expected = {"Staff": DEFAULT, "people": DEFAULT, "staff": other, "vip-1": other}
    for name, version in expected.items():
        assert c.create_collection(CollectionId=name)["FaceModelVersion"] == version
        assert c.describe_collection(CollectionId=name)["FaceModelVersion"] == version
    answer = c.list_collections()
    assert dict(zip(answer["CollectionIds"], answer["FaceModelVersions"], strict=True)) == expected


@declared.EYES
def test_each_collection_searches_with_its_own_model(
    bound: Wire, second: str, account: str, album: Album
) -> None:
    """Lost: vectors of two lengths meet, and every search of one kind of collection fails."""
    c = bound.client(account)
    similarities = {}
    for name, version in (("people", DEFAULT), ("staff", read_profile(second).model.version)):
        c.create_collection(CollectionId=name)
        indexed = c.index_faces(CollectionId=name, Image={"Bytes": album.a2})
        assert indexed["FaceModelVersion"] == version
        c.index_faces(CollectionId=name, Image={"Bytes": album.b1})
        found = c.search_faces_by_image(CollectionId=name, Image={"Bytes": album.a3})
        assert found["FaceModelVersion"] == version
        (match,) = found["FaceMatches"]
        (record,) = indexed["FaceRecords"]
        assert match["Face"]["FaceId"] == record["Face"]["FaceId"]
        assert match["Face"]["IndexFacesModelVersion"] == version
        similarities[name] = match["Similarity"]
        others = c.search_faces(
            CollectionId=name, FaceId=match["Face"]["FaceId"], FaceMatchThreshold=0
        )
        assert len(others["FaceMatches"]) == 1
    assert similarities["people"] != similarities["staff"]
    compared = c.compare_faces(
        SourceImage={"Bytes": album.a3}, TargetImage={"Bytes": album.a2}, SimilarityThreshold=0
    )
    assert compared["FaceMatches"][0]["Similarity"] == pytest.approx(
        similarities["people"], abs=0.05
    )


@declared.EYES
def test_a_model_that_is_not_run_is_refused_by_name(
    bound: Wire, wire: Wire, second: str, account: str, album: Album
) -> None:
    """Lost: a service without the profile adds vectors of the wrong model, or fails with a 500."""
    bound.client(account).create_collection(CollectionId="staff")
    c = wire.client(account)  # the same tables, one model
    other = read_profile(second).model.version
    image = {"Bytes": album.small}
    for call in (
        lambda: c.index_faces(CollectionId="staff", Image=image),
        lambda: c.search_faces_by_image(CollectionId="staff", Image=image),
        lambda: c.search_faces(
            CollectionId="staff", FaceId="0" * 8 + "-0000-4000-8000-" + "0" * 12
        ),
    ):
        with pytest.raises(ClientError, match="InvalidParameterException") as refused:
            call()
        assert f"bound to FaceModelVersion {other}" in str(refused.value)
        assert f"this service runs {DEFAULT};" in str(refused.value)
    assert c.describe_collection(CollectionId="staff")["FaceCount"] == 0
    c.delete_collection(CollectionId="staff")


def test_where_a_picture_came_from_is_kept_and_never_told(
    wire: Wire, account: str, album: Album, s3: Any, bucket: str
) -> None:
    """Lost: a collection cannot be moved to another model, or callers learn names of buckets."""
    c = wire.client(account)
    c.create_collection(CollectionId="people")
    put = s3.put_object(Bucket=bucket, Key=f"{account}/a2.jpg", Body=album.a2)
    pointer = {"Bucket": bucket, "Name": f"{account}/a2.jpg", "Version": put["VersionId"]}
    answers = [
        c.index_faces(CollectionId="people", Image={"S3Object": pointer}),
        c.index_faces(CollectionId="people", Image={"Bytes": album.b1}),
        c.list_faces(CollectionId="people"),
    ]
    assert bucket not in str(answers)
    assert put["VersionId"] not in str(answers)
    by_s3, by_bytes = (answer["FaceRecords"][0]["Face"]["FaceId"] for answer in answers[:2])
    settings = config.load()
    table = "conformance-lambda" if wire.name == "lambda" else settings.table
    tables = connect(table, settings.region, wire.aws)
    collection = DynamoCollectionStore(tables).find(Scope(account, "us-east-1"), "people")
    assert collection is not None
    stored = DynamoFaceStore(tables).records(collection, [by_s3, by_bytes])
    assert stored[by_s3].source == Source(bucket, f"{account}/a2.jpg", put["VersionId"])
    assert stored[by_bytes].source is None
