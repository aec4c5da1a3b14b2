"""Issue 2's bad requests: page tokens and bodies; after each, the next request works."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance import transports
from tests.conformance.album import Album
from tests.conformance.asking import raw_refused, refused
from tests.conformance.conftest import BuildApplication, People, Wire

TOKEN = "InvalidPaginationTokenException"
CAP = 16 * 1024 * 1024


@pytest.fixture(autouse=True)
def _next_request_works(c: Any) -> Iterator[None]:
    yield
    assert c.list_collections()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.fixture(scope="module")
def token(people: People) -> str:
    """Return a token that ListFaces has just given."""
    return str(people.c.list_faces(CollectionId=people.id, MaxResults=1)["NextToken"])


def test_token_that_is_its_own(people: People, token: str) -> None:
    """Lost: the tests below refuse what is no token at all."""
    page = people.c.list_faces(CollectionId=people.id, MaxResults=1, NextToken=token)
    assert len(page["Faces"]) == 1


def test_tampered_tokens(people: People, token: str) -> None:
    """Lost: whoever edits a token reads on from a place of their choice."""
    for place in range(len(token)):
        swapped = "0" if token[place] != "0" else "1"
        edited = token[:place] + swapped + token[place + 1 :]
        refused(people.c.list_faces, TOKEN, CollectionId=people.id, NextToken=edited)
    for edited in (token[:-1], token + "0", token[::-1], token.swapcase(), token + "=", " "):
        refused(people.c.list_faces, TOKEN, CollectionId=people.id, NextToken=edited)


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "abcde"])
def test_token_with_another_end(c: Any, name: str) -> None:
    """Lost: as above; base85 reads several endings as the same bytes."""
    for collection_id in (name, "b"):
        c.create_collection(CollectionId=collection_id)
    token = c.list_collections(MaxResults=1)["NextToken"]
    for character in "0AZaz~!":
        for edited in (token[:-1] + character, token + character):
            if edited != token:
                refused(c.list_collections, TOKEN, NextToken=edited)


def test_token_over_its_length(people: People) -> None:
    """Lost: a token of any size is decoded."""
    message = refused(
        people.c.list_faces, "ValidationException", CollectionId=people.id, NextToken="a" * 256
    )
    assert "'nextToken'" in message


def test_foreign_tokens(people: People, c: Any, collection: str, album: Album, token: str) -> None:
    """Lost: a token of another listing skips faces without a word."""
    refused(people.c.list_collections, TOKEN, NextToken=token)
    c.index_faces(CollectionId=collection, Image={"Bytes": album.small})
    refused(c.list_faces, TOKEN, CollectionId=collection, NextToken=token)
    asked = {"CollectionId": people.id, "NextToken": token}
    refused(people.c.list_faces, TOKEN, **asked, UserId="somebody")


def test_token_of_a_collection_made_again(c: Any, collection: str, album: Album) -> None:
    """Lost: a token of a deleted collection pages through the new one."""
    image = {"Bytes": album.group}
    c.index_faces(CollectionId=collection, Image=image)
    token = c.list_faces(CollectionId=collection, MaxResults=1)["NextToken"]
    c.delete_collection(CollectionId=collection)
    c.create_collection(CollectionId=collection)
    refused(c.list_faces, TOKEN, CollectionId=collection, NextToken=token)


def test_stale_token(build: BuildApplication, account: str) -> None:
    """Lost: a token that leaked is good for ever."""

    def client(hours: float) -> Any:
        application = build(clock=lambda: time.time() + hours * 3600)
        return transports.client(application.handle, None, account)

    today = client(0)
    for name in "ab":
        today.create_collection(CollectionId=name)
    token = today.list_collections(MaxResults=1)["NextToken"]
    assert client(23).list_collections(NextToken=token)["CollectionIds"] == ["b"]
    refused(client(25).list_collections, TOKEN, NextToken=token)


def test_body_over_the_cap(wire: Wire) -> None:
    """Lost: one request fills the memory."""
    padding = b" " * (CAP - 2)
    assert wire.raw("ListCollections", b"{" + padding + b"}").status == 200
    answer = wire.raw("ListCollections", b"{ " + padding + b"}")
    message = raw_refused(answer, "RequestEntityTooLargeException", 413)
    assert str(CAP) in message


def test_empty_body_is_an_empty_object(wire: Wire) -> None:
    """Lost: clients that send nothing where there is nothing to say."""
    assert wire.raw("ListCollections", b"").status == 200


def test_content_type_plays_no_part(wire: Wire) -> None:
    """Lost: clients that add a charset, or send none."""
    for kind in ("application/x-amz-json-1.1; charset=utf-8", "text/plain", None):
        headers = {"Content-Type": kind}
        assert wire.raw("ListCollections", "{}", headers=headers).status == 200


@pytest.mark.parametrize("member", ["__class__", "__proto__", "CollectionId\u0000", "", "$where"])
def test_odd_unknown_members(wire: Wire, member: str) -> None:
    """Lost: a name that means something to a language breaks the service."""
    assert wire.raw("ListCollections", {member: {"a": [1, {"b": None}]}}).status == 200


@pytest.mark.parametrize("element", ["null", "1", "{}", '""', '"x"'])
def test_odd_elements_of_lists(wire: Wire, element: str) -> None:
    """Lost: a list with a hole in it gets a 500."""
    body = f'{{"CollectionId": "a", "FaceIds": [{element}]}}'
    answer = wire.raw("DeleteFaces", body)
    code = "SerializationException" if element in ("1", "{}") else "ValidationException"
    assert "faceIds.1.member" in raw_refused(answer, code)


def test_ids_of_another_script_and_sql(c: Any) -> None:
    """Lost: text that means something to a store gets further than validation."""
    for name in ("'; DROP TABLE faces; --", "../../etc/passwd", "${jndi:ldap://x}", "\U0001f600"):
        message = refused(c.describe_collection, "ValidationException", CollectionId=name)
        assert "'collectionId'" in message


def test_image_bytes_that_are_json(wire: Wire) -> None:
    """Lost: a blob that looks like something else than a picture gets a 500."""
    blob = base64.b64encode(json.dumps({"Image": {"Bytes": "x"}}).encode()).decode()
    answer = wire.raw("DetectFaces", {"Image": {"Bytes": blob}})
    raw_refused(answer, "InvalidImageFormatException")
