"""CO*: CreateCollection, DescribeCollection, ListCollections, DeleteCollection. SPEC.md F."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.album import Album
from tests.conformance.asking import refused
from tests.conformance.conftest import BuildApplication, People, Wire
from tests.conformance.deploying import deployed

NOT_FOUND = "ResourceNotFoundException"
TOKEN = "InvalidPaginationTokenException"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_co01_create(c: Any, account: str) -> None:
    """Lost: samples that read these members, and ARNs that policies are written with."""
    answer = c.create_collection(CollectionId="people")
    assert answer["StatusCode"] == 200
    assert answer["CollectionArn"] == (f"arn:aws:rekognition:us-east-1:{account}:collection/people")
    assert answer["FaceModelVersion"]


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_co01_partition_of_the_arn(wire: Wire, account: str, region: str, partition: str) -> None:
    """Lost: policies of China's and the government's regions never match."""
    arn = wire.client(account, region).create_collection(CollectionId="a")["CollectionArn"]
    assert arn == f"arn:{partition}:rekognition:{region}:{account}:collection/a"


def test_co02_duplicate(c: Any, album: Album) -> None:
    """Lost: a second CreateCollection empties the first."""
    c.create_collection(CollectionId="people")
    c.index_faces(CollectionId="people", Image={"Bytes": album.small})
    message = refused(c.create_collection, "ResourceAlreadyExistsException", CollectionId="people")
    assert message == "The collection id: people already exists"
    assert c.describe_collection(CollectionId="people")["FaceCount"] == 1


def test_co03_ids_are_case_sensitive(c: Any) -> None:
    """Lost: two collections become one."""
    c.create_collection(CollectionId="a")
    c.create_collection(CollectionId="A")
    assert c.list_collections()["CollectionIds"] == ["A", "a"]
    c.delete_collection(CollectionId="a")
    assert c.list_collections()["CollectionIds"] == ["A"]


def test_co04_describe(c: Any) -> None:
    """Lost: samples that read CollectionARN, in AWS's odd case, and the counts."""
    created = c.create_collection(CollectionId="people")
    answer = c.describe_collection(CollectionId="people")
    assert set(answer) - {"ResponseMetadata"} == {
        "FaceCount",
        "UserCount",
        "FaceModelVersion",
        "CollectionARN",
        "CreationTimestamp",
    }
    assert answer["CollectionARN"] == created["CollectionArn"]
    assert (answer["FaceCount"], answer["UserCount"]) == (0, 0)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("describe_collection", {}),
        ("delete_collection", {}),
        ("list_faces", {}),
        ("delete_faces", {"FaceIds": [UNKNOWN]}),
        ("search_faces", {"FaceId": UNKNOWN}),
        ("index_faces", {"Image": {"Bytes": b"not even looked at"}}),
        ("search_faces_by_image", {"Image": {"Bytes": b"not even looked at"}}),
    ],
)
def test_co05_unknown_collection(c: Any, operation: str, params: dict[str, Any]) -> None:
    """Lost: existence probes of sample apps, which catch exactly this class."""
    message = refused(getattr(c, operation), NOT_FOUND, CollectionId="nowhere", **params)
    assert message == "The collection id: nowhere does not exist"


def test_co06_delete_and_recreate(c: Any, album: Album) -> None:
    """Lost: an app's reset fails, or leaves people behind who were to be forgotten."""
    c.create_collection(CollectionId="people")
    image = {"Bytes": album.small}
    record = c.index_faces(CollectionId="people", Image=image)["FaceRecords"][0]
    assert c.delete_collection(CollectionId="people")["StatusCode"] == 200
    refused(c.delete_collection, NOT_FOUND, CollectionId="people")
    c.create_collection(CollectionId="people")
    assert c.describe_collection(CollectionId="people")["FaceCount"] == 0
    assert c.list_faces(CollectionId="people")["Faces"] == []
    found = c.search_faces_by_image(CollectionId="people", Image=image, FaceMatchThreshold=0)
    assert found["FaceMatches"] == []
    refused(
        c.search_faces,
        "InvalidParameterException",
        CollectionId="people",
        FaceId=record["Face"]["FaceId"],
    )


def test_co07_co08_listing_by_pages(c: Any) -> None:
    """Lost: a client misses collections, pairs them with wrong models, or loops for ever."""
    names = sorted(f"{name}{n}" for name in ("b", "B", "-", ".", "9") for n in range(2))
    for name in reversed(names):
        c.create_collection(CollectionId=name)
    for size in (1, 3, 9, 10, 11):
        pages = list(
            c.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": size})
        )
        assert [name for page in pages for name in page["CollectionIds"]] == names
        assert all(
            len(page["FaceModelVersions"]) == len(page["CollectionIds"]) <= size for page in pages
        )
        assert ["NextToken" in page for page in pages] == [True] * (len(pages) - 1) + [False]
        assert len(pages) == -(-len(names) // size)
        assert all(len(page.get("NextToken", "")) <= 255 for page in pages)


def test_co08_token_of_the_longest_name(c: Any) -> None:
    """Lost: boto3 or we refuse our own token, and the listing ends in the middle."""
    for name in ("a" * 255, "b" * 255):
        c.create_collection(CollectionId=name)
    token = c.list_collections(MaxResults=1)["NextToken"]
    assert len(token) <= 255
    assert c.list_collections(NextToken=token)["CollectionIds"] == ["b" * 255]


def test_co08_page_size_may_change_and_tokens_may_be_used_again(c: Any) -> None:
    """Lost: a client that retries a page, or asks for more of them, gets an error."""
    for name in "abcd":
        c.create_collection(CollectionId=name)
    token = c.list_collections(MaxResults=1)["NextToken"]
    assert c.list_collections(MaxResults=2, NextToken=token)["CollectionIds"] == ["b", "c"]
    assert c.list_collections(MaxResults=3, NextToken=token)["CollectionIds"] == ["b", "c", "d"]


@pytest.mark.parametrize("token", ["garbage", "0" * 255, "\u00e9", "a b", "\x00", "-"])
def test_co09_garbage_token(c: Any, token: str) -> None:
    """Lost: garbage pages from somewhere."""
    refused(c.list_collections, TOKEN, NextToken=token)


def test_co10_empty_token_is_no_token(c: Any) -> None:
    """Lost: AWS's own samples, which send it with the first call."""
    c.create_collection(CollectionId="a")
    assert c.list_collections(NextToken="")["CollectionIds"] == ["a"]


def test_co13_tags_are_taken_at_creation(c: Any) -> None:
    """Lost: apps that create their collection with tags."""
    tags = {"team": "caf\u00e9", "Key with spaces_.:/=+-@": ""}
    assert c.create_collection(CollectionId="a", Tags=tags)["StatusCode"] == 200
    assert c.describe_collection(CollectionId="a")["FaceCount"] == 0
    for wrong in ({"aws:key": "v"}, {"k" * 129: "v"}, {"k": "v" * 257}, {"k": "!"}):
        message = refused(c.create_collection, "ValidationException", CollectionId="b", Tags=wrong)
        assert "'tags" in message
    assert c.list_collections()["CollectionIds"] == ["a"]


def test_co15_face_model_version_is_the_same_everywhere(people: People, album: Album) -> None:
    """Lost: an app that compares versions believes that it must index everything again."""
    c, name = people.c, {"CollectionId": people.id}
    told = {
        "create": c.create_collection(CollectionId="another")["FaceModelVersion"],
        "describe": c.describe_collection(**name)["FaceModelVersion"],
        "list": c.list_faces(**name)["FaceModelVersion"],
        "index": c.index_faces(**name, Image={"Bytes": album.nobody})["FaceModelVersion"],
        "search": c.search_faces(**name, FaceId=people.faces["A"][0])["FaceModelVersion"],
        "by image": c.search_faces_by_image(**name, Image={"Bytes": album.a1})["FaceModelVersion"],
        "face": c.list_faces(**name)["Faces"][0]["IndexFacesModelVersion"],
        **dict(enumerate(c.list_collections()["FaceModelVersions"])),
    }
    assert len(set(told.values())) == 1, told
    c.delete_collection(CollectionId="another")


def test_collection_quota(
    wire: Wire, build: BuildApplication, account: str, tmp_path: Path
) -> None:
    """Lost: one account can fill the table."""
    with deployed(wire, build, tmp_path / "log", max_collections="2") as small:
        c = small.client(account)
        for name in "ab":
            c.create_collection(CollectionId=name)
        message = refused(c.create_collection, "ServiceQuotaExceededException", CollectionId="c")
        assert "2 collections" in message
        assert c.list_collections()["CollectionIds"] == ["a", "b"]
        c.delete_collection(CollectionId="a")
        c.create_collection(CollectionId="c")
