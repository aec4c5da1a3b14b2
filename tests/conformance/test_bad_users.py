"""Bad input to the operations of users: refused by name; then the next request works."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import pictures
from tests.conformance.album import Album
from tests.conformance.asking import VALIDATION, raw_refused, refused
from tests.conformance.conftest import Wire
from tests.conformance.enrolling import UNKNOWN, index

PARAMETER = "InvalidParameterException"
TOKEN = "InvalidPaginationTokenException"
FORMAT = "InvalidImageFormatException"
GOOD: dict[str, dict[str, Any]] = {
    "CreateUser": {"CollectionId": "own", "UserId": "new"},
    "DeleteUser": {"CollectionId": "own", "UserId": "ada"},
    "ListUsers": {"CollectionId": "own"},
    "AssociateFaces": {"CollectionId": "own", "UserId": "ada", "FaceIds": [UNKNOWN]},
    "DisassociateFaces": {"CollectionId": "own", "UserId": "ada", "FaceIds": [UNKNOWN]},
    "SearchUsers": {"CollectionId": "own", "UserId": "ada"},
    "SearchUsersByImage": {"CollectionId": "own", "Image": {"Bytes": "bm8gcGljdHVyZQ=="}},
}
"""Requests that pass validation."""
NAMED = ("CreateUser", "DeleteUser", "AssociateFaces", "DisassociateFaces", "SearchUsers")
CHANGES = ("CreateUser", "DeleteUser", "AssociateFaces", "DisassociateFaces")
FACE_LISTS = ("AssociateFaces", "DisassociateFaces")
SEARCHES = ("SearchUsers", "SearchUsersByImage")
PATTERN = "Member must satisfy regular expression pattern: "
LENGTH = "Member must have length {} than or equal to {}"
VALUE = "Member must have value {} than or equal to {}"


def _cases() -> Iterator[tuple[str, str, Any, str]]:
    """Yield operation, member, value that breaks a constraint, and what is told."""
    wrong_ids = ["a b", "a/b", "\u00e9", "ok\n", "\nok", "\u0663", "a\x00"]
    for operation in GOOD:
        yield operation, "CollectionId", "a b", PATTERN
        yield operation, "CollectionId", "a" * 256, LENGTH.format("less", 255)
        yield operation, "CollectionId", "", LENGTH.format("greater", 1)
    for operation in NAMED:
        yield operation, "UserId", "u" * 129, LENGTH.format("less", 128)
        yield operation, "UserId", "", LENGTH.format("greater", 1)
        for wrong in wrong_ids:
            yield operation, "UserId", wrong, PATTERN
    for operation in CHANGES:
        yield operation, "ClientRequestToken", "t" * 65, LENGTH.format("less", 64)
        yield operation, "ClientRequestToken", "", LENGTH.format("greater", 1)
        for wrong in ("a b", "a.b", "a:b", "\u00e9", "ok\n"):
            yield operation, "ClientRequestToken", wrong, PATTERN
    for operation in FACE_LISTS:
        yield operation, "FaceIds", [], LENGTH.format("greater", 1)
        yield operation, "FaceIds", [UNKNOWN] * 101, LENGTH.format("less", 100)
    for operation, member in (
        ("AssociateFaces", "UserMatchThreshold"),
        *((search, "UserMatchThreshold") for search in SEARCHES),
    ):
        yield operation, member, -0.1, VALUE.format("greater", 0)
        yield operation, member, 100.1, VALUE.format("less", 100)
    for operation, member in (("ListUsers", "MaxResults"), *((s, "MaxUsers") for s in SEARCHES)):
        yield operation, member, 0, VALUE.format("greater", 1)
        yield operation, member, -1, VALUE.format("greater", 1)
        yield operation, member, 501, VALUE.format("less", 500)
    yield "ListUsers", "NextToken", "t" * 256, LENGTH.format("less", 255)
    yield "SearchUsersByImage", "QualityFilter", "BOGUS", "Member must satisfy enum value set: ["


@pytest.fixture(autouse=True)
def _nothing_happened(c: Any, collection: str) -> Iterator[None]:
    """A bad request changes nothing, and the next one works."""
    c.create_user(CollectionId=collection, UserId="ada")
    yield
    listed = c.list_users(CollectionId=collection)["Users"]
    assert listed == [{"UserId": "ada", "UserStatus": "CREATED"}]


@pytest.mark.parametrize("operation", GOOD)
def test_constraints(wire: Wire, account: str, operation: str) -> None:
    """Lost: ids that nothing can carry are stored, or whoever errs is not told where."""
    for of, member, value, told in _cases():
        if of == operation:
            bad = {**GOOD[operation], member: value}
            message = raw_refused(wire.raw(operation, bad, account=account), VALIDATION)
            path = member[0].lower() + member[1:]
            assert f"at '{path}' failed to satisfy constraint: {told}" in message
            assert message.count(f"at '{path}'") == message.count(" failed to satisfy "), message


@pytest.mark.parametrize("operation", ["AssociateFaces", "DisassociateFaces", "SearchUsers"])
@pytest.mark.parametrize("wrong", ["x", "ABCDEF00-0000-4000-8000-000000000000", UNKNOWN + "0", ""])
def test_face_ids_are_lower_case_uuids(
    wire: Wire, account: str, operation: str, wrong: str
) -> None:
    """Lost: a mistyped id reads as a face that does not exist."""
    if operation == "SearchUsers":
        bad: dict[str, Any] = {"CollectionId": "own", "FaceId": wrong}
        path = "'faceId'"
    else:
        bad = {**GOOD[operation], "FaceIds": [UNKNOWN, wrong]}
        path = "'faceIds.2.member'"
    message = raw_refused(wire.raw(operation, bad, account=account), VALIDATION)
    assert path in message
    assert PATTERN in message


WRONG_TYPES = [
    *((operation, "UserId", value) for operation in NAMED for value in (5, ["ada"], {}, True)),
    *((operation, "ClientRequestToken", value) for operation in CHANGES for value in (5, {})),
    *((op, "FaceIds", value) for op in FACE_LISTS for value in (UNKNOWN, [5], {"a": 1}, [[]])),
    *((op, "UserMatchThreshold", value) for op in SEARCHES for value in ("80", [80], True)),
    ("AssociateFaces", "UserMatchThreshold", "75"),
    *((operation, "MaxUsers", value) for operation in SEARCHES for value in ("5", 1.5, {})),
    *(("ListUsers", "MaxResults", value) for value in ("5", 1.5, [])),
    ("ListUsers", "NextToken", 5),
    ("SearchUsers", "FaceId", 5),
    ("SearchUsersByImage", "Image", "picture"),
    ("SearchUsersByImage", "QualityFilter", 1),
]


@pytest.mark.parametrize("operation", GOOD)
def test_wrong_types(wire: Wire, account: str, operation: str) -> None:
    """Lost: a client that sends a number as text gets a 500, or something else than it meant."""
    for of, member, value in WRONG_TYPES:
        if of == operation:
            answer = wire.raw(operation, {**GOOD[operation], member: value}, account=account)
            assert raw_refused(answer, "SerializationException"), (member, value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400"])
@pytest.mark.parametrize("operation", ["AssociateFaces", *SEARCHES])
def test_thresholds_that_are_no_number(wire: Wire, operation: str, value: str) -> None:
    """Lost: a NaN, which compares with nothing, lets any face in."""
    answer = wire.raw(operation, f'{{"UserMatchThreshold": {value}}}')
    assert raw_refused(answer, "SerializationException")


@pytest.mark.parametrize(
    ("operation", "required"),
    [
        ("CreateUser", ["collectionId", "userId"]),
        ("DeleteUser", ["collectionId", "userId"]),
        ("ListUsers", ["collectionId"]),
        ("AssociateFaces", ["collectionId", "userId", "faceIds"]),
        ("DisassociateFaces", ["collectionId", "userId", "faceIds"]),
        ("SearchUsers", ["collectionId"]),
        ("SearchUsersByImage", ["collectionId", "image"]),
    ],
)
def test_va12_required_members_of_users(wire: Wire, operation: str, required: list[str]) -> None:
    """Lost: whoever forgets a member is not told which."""
    message = raw_refused(wire.raw(operation, b"{}"), VALIDATION)
    plural = "s" if len(required) > 1 else ""
    assert message.startswith(f"{len(required)} validation error{plural} detected: ")
    for name in required:
        told = f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        assert told in message


def test_limits_themselves_are_taken(c: Any, collection: str) -> None:
    """Lost: limits differ from AWS's by one."""
    user, token = "u" * 128, "t" * 64
    named = {"CollectionId": collection, "UserId": user}
    c.create_user(**named, ClientRequestToken=token)
    asked = {**named, "FaceIds": [UNKNOWN] * 100, "ClientRequestToken": token}
    for threshold in (0, 100):
        own = {**asked, "ClientRequestToken": f"{token[3:]}{threshold}"}
        assert c.associate_faces(**own, UserMatchThreshold=threshold)["UserStatus"] == "CREATED"
        found = c.search_users(**named, UserMatchThreshold=threshold, MaxUsers=500)
        assert found["UserMatches"] == []
    assert c.disassociate_faces(**asked)["UserStatus"] == "CREATED"
    assert len(c.list_users(CollectionId=collection, MaxResults=500)["Users"]) == 2
    c.delete_user(**named, ClientRequestToken=token)


def test_null_members_are_absent(wire: Wire, account: str) -> None:
    """Lost: clients that write out what they do not use."""
    for operation, nulls in (
        ("ListUsers", ("MaxResults", "NextToken")),
        ("SearchUsers", ("FaceId", "UserMatchThreshold", "MaxUsers")),
        ("AssociateFaces", ("UserMatchThreshold", "ClientRequestToken")),
    ):
        asked = {**GOOD[operation], **dict.fromkeys(nulls)}
        assert wire.raw(operation, asked, account=account).status == 200
    both = {"CollectionId": "own", "UserId": None, "FaceId": None}
    raw_refused(wire.raw("SearchUsers", both, account=account), PARAMETER)


def test_pictures(c: Any, collection: str, album: Album) -> None:
    """Lost: one of the searches by a picture is not safe from bad ones."""
    scene = pictures.scenery(300, 200)
    small = pictures.jpeg(pictures.scenery(79, 200))
    s3 = {"Bucket": "conformance", "Name": "x.jpg"}
    bad: list[tuple[str, dict[str, Any]]] = [
        (PARAMETER, {}),
        (PARAMETER, {"Bytes": album.small, "S3Object": s3}),
        (VALIDATION, {"Bytes": b""}),
        (VALIDATION, {"Bytes": pictures.jpeg_of_size(scene, 5 * 1024 * 1024 + 1)}),
        (FORMAT, {"Bytes": b"There is no picture in here, only words."}),
        (FORMAT, {"Bytes": pictures.not_pictures(scene)["WebP"]}),
        (FORMAT, {"Bytes": album.a1[:5000]}),
        (PARAMETER, {"Bytes": small}),
        ("ImageTooLargeException", {"Bytes": pictures.png_bomb(10_001, 100)}),
        ("InvalidS3ObjectException", {"S3Object": {"Bucket": "conformance"}}),
        ("InvalidS3ObjectException", {"S3Object": {**s3, "Name": "nothing-there.jpg"}}),
    ]
    for code, image in bad:
        for call in (c.search_users_by_image, c.search_faces_by_image):
            refused(call, code, CollectionId=collection, Image=image)


def test_foreign_tokens(c: Any, collection: str, album: Album) -> None:
    """Lost: a token of another listing skips people without a word."""
    c.create_collection(CollectionId="other")
    for name in ("cid", "dan"):
        for where in (collection, "other"):
            c.create_user(CollectionId=where, UserId=name)
    for name in "ab":
        index(c, collection, album.small, name)
    token = c.list_users(CollectionId=collection, MaxResults=1)["NextToken"]
    foreign = [
        c.list_users(CollectionId="other", MaxResults=1)["NextToken"],
        c.list_faces(CollectionId=collection, MaxResults=1)["NextToken"],
        c.list_collections(MaxResults=1)["NextToken"],
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        token[::-1],
        "garbage",
    ]
    for wrong in foreign:
        refused(c.list_users, TOKEN, CollectionId=collection, NextToken=wrong)
    refused(c.list_users, TOKEN, CollectionId="other", NextToken=token)
    refused(c.list_faces, TOKEN, CollectionId=collection, NextToken=token)
    refused(c.list_collections, TOKEN, NextToken=token)
    assert len(c.list_users(CollectionId=collection, NextToken=token)["Users"]) == 2
    c.delete_collection(CollectionId="other")
    for name in ("cid", "dan"):
        c.delete_user(CollectionId=collection, UserId=name)
    c.delete_collection(CollectionId=collection)
    c.create_collection(CollectionId=collection)
    refused(c.list_users, TOKEN, CollectionId=collection, NextToken=token)
    c.create_user(CollectionId=collection, UserId="ada")
