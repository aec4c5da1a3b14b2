"""US*: CreateUser, DeleteUser, ListUsers. Source: SPEC.md F, B.10 to B.12."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.album import Album
from tests.conformance.asking import VALIDATION, refused
from tests.conformance.conftest import BuildApplication, Wire
from tests.conformance.deploying import deployed
from tests.conformance.enrolling import UNKNOWN, Enrolled, enrol, members

NOT_FOUND = "ResourceNotFoundException"
CONFLICT = "ConflictException"


@pytest.fixture
def e(c: Any, collection: str, album: Album) -> Enrolled:
    """Return a collection of faces, without users."""
    return enrol(c, collection, album)


def count(c: Any, collection_id: str) -> int:
    """Return UserCount."""
    return int(c.describe_collection(CollectionId=collection_id)["UserCount"])


def test_us01_create(c: Any, collection: str) -> None:
    """Lost: nobody can be enrolled as a person, or two tellings of who is there disagree."""
    answer = c.create_user(CollectionId=collection, UserId="ada")
    assert members(answer) == {}
    assert c.list_users(CollectionId=collection)["Users"] == [
        {"UserId": "ada", "UserStatus": "CREATED"}
    ]
    assert count(c, collection) == 1
    c.create_user(CollectionId=collection, UserId="bob")
    assert count(c, collection) == 2
    assert c.describe_collection(CollectionId=collection)["FaceCount"] == 0


def test_us01_body_of_the_answer_is_an_empty_object(
    wire: Wire, account: str, collection: str
) -> None:
    """Lost: typed clients that parse the body of every answer."""
    for operation in ("CreateUser", "DeleteUser"):
        answer = wire.raw(operation, {"CollectionId": collection, "UserId": "u"}, account=account)
        assert (answer.status, answer.body) == (200, b"{}")


@pytest.mark.parametrize("user_id", ["person:7", "u" * 128, "-._:", "7"])
def test_us01_ids(c: Any, collection: str, user_id: str) -> None:
    """Lost: ids that AWS takes are refused, or come back changed."""
    c.create_user(CollectionId=collection, UserId=user_id)
    listed = c.list_users(CollectionId=collection)["Users"]
    assert [user["UserId"] for user in listed] == [user_id]
    c.delete_user(CollectionId=collection, UserId=user_id)
    assert c.list_users(CollectionId=collection)["Users"] == []


def test_us01_ids_are_case_sensitive_and_of_one_collection(c: Any, collection: str) -> None:
    """Lost: two people become one."""
    c.create_collection(CollectionId="other")
    for collection_id, user_id in ((collection, "ada"), (collection, "Ada"), ("other", "ada")):
        c.create_user(CollectionId=collection_id, UserId=user_id)
    assert (count(c, collection), count(c, "other")) == (2, 1)
    c.delete_user(CollectionId=collection, UserId="ada")
    assert [u["UserId"] for u in c.list_users(CollectionId=collection)["Users"]] == ["Ada"]
    assert count(c, "other") == 1


def test_us02_duplicate(e: Enrolled) -> None:
    """Lost: a second person by the same name takes over the first one's faces."""
    e.create("ada")
    e.associate("ada", *e.a)
    message = refused(e.c.create_user, CONFLICT, CollectionId=e.id, UserId="ada")
    assert "ada" in message
    assert e.users() == {"ada": "ACTIVE"}
    assert set(e.owners()) == set(e.a)
    assert count(e.c, e.id) == 1


def test_pr16_user_count_is_an_integer(wire: Wire, account: str, c: Any, collection: str) -> None:
    """Lost: strict clients, to which 1.0 is no count."""
    c.create_user(CollectionId=collection, UserId="ada")
    answer = wire.raw("DescribeCollection", {"CollectionId": collection}, account=account)
    assert re.search(rb'"UserCount":\s*1\s*[,}]', answer.body)


def test_us15_delete_frees_the_faces(e: Enrolled) -> None:
    """Lost: a person who left keeps their faces taken, or the faces are gone with them."""
    e.create("ada", "bob")
    e.associate("ada", *e.a)
    assert members(e.c.delete_user(CollectionId=e.id, UserId="ada")) == {}
    assert e.users() == {"bob": "CREATED"}
    assert e.owners() == {}
    described = e.c.describe_collection(CollectionId=e.id)
    assert (described["UserCount"], described["FaceCount"]) == (1, 3)
    message = refused(e.c.delete_user, NOT_FOUND, CollectionId=e.id, UserId="ada")
    assert "ada" in message
    assert [face["FaceId"] for face in e.associate("bob", *e.a)["AssociatedFaces"]] == list(e.a)


def test_us15_a_user_made_again_is_another(e: Enrolled) -> None:
    """Lost: whoever takes a name that was given up is recognised by the other's faces."""
    e.create("ada")
    e.associate("ada", *e.a)
    e.c.delete_user(CollectionId=e.id, UserId="ada")
    e.create("ada")
    assert e.users() == {"ada": "CREATED"}
    assert e.c.list_faces(CollectionId=e.id, UserId="ada")["Faces"] == []
    found = e.c.search_users(CollectionId=e.id, FaceId=e.a[0], UserMatchThreshold=0)
    assert found["UserMatches"] == []


def test_us15_unknown_user(c: Any, collection: str) -> None:
    """Lost: a mistyped id reads as a person deleted."""
    refused(c.delete_user, NOT_FOUND, CollectionId=collection, UserId="nobody")


def test_us24_no_users(c: Any, collection: str) -> None:
    """Lost: apps on their first day, and samples that send the empty token first."""
    assert members(c.list_users(CollectionId=collection, NextToken="")) == {"Users": []}


def test_us24_pages(c: Any, collection: str) -> None:
    """Lost: an export of who is known skips people, or a loop never ends."""
    names = [f"{letter * 100}{number}" for letter in "zAm:" for number in range(3)]
    for name in names:
        c.create_user(CollectionId=collection, UserId=name)
    everybody = [u["UserId"] for u in c.list_users(CollectionId=collection)["Users"]]
    assert sorted(everybody) == sorted(names)
    for size in (1, 5, 11, 12, 13, 500):
        pages = list(
            c.get_paginator("list_users").paginate(
                CollectionId=collection, PaginationConfig={"PageSize": size}
            )
        )
        assert [user["UserId"] for page in pages for user in page["Users"]] == everybody
        assert all(len(page["Users"]) <= size for page in pages)
        assert ["NextToken" in page for page in pages] == [True] * (len(pages) - 1) + [False]
        assert all(len(page.get("NextToken", "")) <= 255 for page in pages)
        assert len(pages) == -(-len(names) // size)


def test_us24_page_size_may_change_and_tokens_may_be_used_again(c: Any, collection: str) -> None:
    """Lost: a client that retries a page, or asks for more of them, gets an error."""
    for name in ("u" * 128, "v" * 128, "w", "x"):
        c.create_user(CollectionId=collection, UserId=name)
    everybody = c.list_users(CollectionId=collection)["Users"]
    token = c.list_users(CollectionId=collection, MaxResults=1)["NextToken"]
    for size in (2, 3, 2):
        page = c.list_users(CollectionId=collection, MaxResults=size, NextToken=token)
        assert page["Users"] == everybody[1 : 1 + size]


def test_us24_pages_while_users_come_and_go(c: Any, collection: str) -> None:
    """Lost: a person who was there all the time is skipped, or listed twice."""
    names = [f"u{number}" for number in range(8)]
    for name in names:
        c.create_user(CollectionId=collection, UserId=name)
    order = [user["UserId"] for user in c.list_users(CollectionId=collection)["Users"]]
    first = c.list_users(CollectionId=collection, MaxResults=3)
    assert [user["UserId"] for user in first["Users"]] == order[:3]
    for gone in (order[0], order[2], order[5]):
        c.delete_user(CollectionId=collection, UserId=gone)
    for new in ("new1", "new2"):
        c.create_user(CollectionId=collection, UserId=new)
    rest = c.list_users(CollectionId=collection, NextToken=first["NextToken"])
    found = [user["UserId"] for user in rest["Users"]]
    assert [name for name in found if not name.startswith("new")] == [
        name for name in order[3:] if name != order[5]
    ]
    assert len(set(found)) == len(found)
    now = [user["UserId"] for user in c.list_users(CollectionId=collection)["Users"]]
    assert [name for name in now if name in order] == [name for name in order if name in now]


@pytest.mark.parametrize("size", [0, 501])
def test_va05_max_results_of_users(wire: Wire, account: str, collection: str, size: int) -> None:
    """Lost: limits differ from AWS's, and code that moves over breaks."""
    asked = {"CollectionId": collection, "MaxResults": size}
    answer = wire.raw("ListUsers", asked, account=account)
    assert answer.status == 400
    bound = "greater than or equal to 1" if size == 0 else "less than or equal to 500"
    text = answer.body.decode()
    assert VALIDATION in text
    assert f"Value '{size}' at 'maxResults'" in text
    assert f"Member must have value {bound}" in text
    answer = wire.raw("ListUsers", {**asked, "MaxResults": 500}, account=account)
    assert answer.status == 200


def test_us25_delete_collection(e: Enrolled) -> None:
    """Lost: an app's reset leaves people behind who were to be forgotten."""
    e.create("ada", "bob")
    e.associate("ada", *e.a)
    e.c.delete_collection(CollectionId=e.id)
    refused(e.c.list_users, NOT_FOUND, CollectionId=e.id)
    e.c.create_collection(CollectionId=e.id)
    assert e.users() == {}
    assert count(e.c, e.id) == 0
    refused(e.c.delete_user, NOT_FOUND, CollectionId=e.id, UserId="ada")
    e.create("ada")
    assert e.users() == {"ada": "CREATED"}


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("create_user", {"UserId": "ada"}),
        ("delete_user", {"UserId": "ada"}),
        ("list_users", {}),
        ("associate_faces", {"UserId": "ada", "FaceIds": [UNKNOWN]}),
        ("disassociate_faces", {"UserId": "ada", "FaceIds": [UNKNOWN]}),
        ("search_users", {"UserId": "ada"}),
        ("search_users", {"FaceId": UNKNOWN}),
        ("search_users_by_image", {"Image": {"Bytes": b"not even looked at"}}),
    ],
)
def test_co05_unknown_collection_of_users(c: Any, operation: str, params: dict[str, Any]) -> None:
    """Lost: existence probes of sample apps, which catch exactly this class."""
    message = refused(getattr(c, operation), NOT_FOUND, CollectionId="nowhere", **params)
    assert message == "The collection id: nowhere does not exist"


def test_user_quota(wire: Wire, build: BuildApplication, account: str, tmp_path: Path) -> None:
    """Lost: one collection can fill the memory of every process that searches it."""
    with deployed(wire, build, tmp_path / "log", max_users_per_collection="2") as limited:
        c = limited.client(account)
        for name in ("own", "other"):
            c.create_collection(CollectionId=name)
        for user_id in ("ada", "bob"):
            c.create_user(CollectionId="own", UserId=user_id)
        asked = {"CollectionId": "own", "UserId": "cid"}
        assert "2 users" in refused(c.create_user, "ServiceQuotaExceededException", **asked)
        refused(c.create_user, CONFLICT, CollectionId="own", UserId="ada")
        c.create_user(CollectionId="other", UserId="cid")
        c.delete_user(CollectionId="own", UserId="ada")
        c.create_user(**asked)
        assert count(c, "own") == 2
