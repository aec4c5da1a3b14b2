"""SPEC.md F, validation of ids and collections."""

from typing import Any

import pytest


def code_of(error: pytest.ExceptionInfo[Any]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize("name", ["bad id!", "ok/notok", "a" * 256, "é"])
def test_va01_va02_va03_ill_formed_ids_are_refused(c: Any, name: str) -> None:
    """Else names come about that no other operation accepts."""
    with pytest.raises(c.exceptions.ClientError, match="'collectionId' failed") as error:
        c.create_collection(CollectionId=name)
    assert code_of(error) == "ValidationException"


def test_co01_co04_co15_create_and_describe(c: Any, account: str) -> None:
    """Else samples that read these members fail."""
    created = c.create_collection(CollectionId="a" * 255, Tags={"team": "x"})
    told = c.describe_collection(CollectionId="a" * 255)
    arn = f"arn:aws:rekognition:us-east-1:{account}:collection/{'a' * 255}"
    assert (created["StatusCode"], created["CollectionArn"]) == (200, arn)
    assert (told["CollectionARN"], told["FaceCount"], told["UserCount"]) == (arn, 0, 0)
    listed = c.list_collections()["FaceModelVersions"]
    assert listed == [created["FaceModelVersion"]] == [told["FaceModelVersion"]]


def test_co02_co03_ids_are_unique_and_case_sensitive(c: Any) -> None:
    """Else a second create empties or hides the first."""
    c.create_collection(CollectionId="a")
    c.create_collection(CollectionId="A")
    with pytest.raises(c.exceptions.ResourceAlreadyExistsException, match="a already exists"):
        c.create_collection(CollectionId="a")
    assert c.list_collections()["CollectionIds"] == ["A", "a"]


def test_co05_an_unknown_collection_is_not_found(c: Any) -> None:
    """Else existence probes of sample apps break."""
    face = "00000000-0000-4000-8000-000000000000"
    for call, more in (
        (c.describe_collection, {}),
        (c.delete_collection, {}),
        (c.list_faces, {}),
        (c.search_faces, {"FaceId": face}),
        (c.delete_faces, {"FaceIds": [face]}),
        (c.index_faces, {"Image": {"Bytes": b"x"}}),
        (c.search_faces_by_image, {"Image": {"Bytes": b"x"}}),
    ):
        with pytest.raises(c.exceptions.ResourceNotFoundException, match="gone does not exist"):
            call(CollectionId="gone", **more)


def test_co06_a_deleted_name_is_free_at_once(c: Any) -> None:
    """Else resetting an app fails."""
    c.create_collection(CollectionId="x")
    assert c.delete_collection(CollectionId="x")["StatusCode"] == 200
    with pytest.raises(c.exceptions.ResourceNotFoundException):
        c.delete_collection(CollectionId="x")
    c.create_collection(CollectionId="x")
    assert c.describe_collection(CollectionId="x")["FaceCount"] == 0


def test_co07_co08_co10_paging_visits_each_once(c: Any) -> None:
    """Else a client misses collections, or loops for ever."""
    names = [f"c{number}" for number in range(5)]
    for name in names:
        c.create_collection(CollectionId=name)
    pages = list(c.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 2}))
    assert [name for page in pages for name in page["CollectionIds"]] == names
    assert all(len(p["CollectionIds"]) == len(p["FaceModelVersions"]) for p in pages)
    assert "NextToken" not in pages[-1]
    assert c.list_collections(NextToken="")["CollectionIds"] == names


def test_co09_a_token_of_no_listing_is_refused(c: Any) -> None:
    """Else garbage pages from somewhere."""
    for name in "ab":
        c.create_collection(CollectionId=name)
    token = c.list_collections(MaxResults=1)["NextToken"]
    for wrong in ("garbage", token[:-1] + ("0" if token[-1] != "0" else "1"), token + "0"):
        with pytest.raises(c.exceptions.InvalidPaginationTokenException):
            c.list_collections(NextToken=wrong)
    with pytest.raises(c.exceptions.InvalidPaginationTokenException):
        c.list_faces(CollectionId="a", NextToken=token)
