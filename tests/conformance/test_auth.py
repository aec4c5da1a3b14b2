"""AU*: what the credential scope tells before signatures are verified. Source: SPEC.md A.5."""

from typing import Any

import pytest
from botocore import UNSIGNED

from tests.conformance.album import Album
from tests.conformance.asking import raw_refused, refused
from tests.conformance.conftest import Wire, random_account

CREDENTIAL = "AWS4-HMAC-SHA256 Credential=123456789012/20260101"


def test_au04_no_authorization(wire: Wire, account: str) -> None:
    """Lost: a client without credentials is let in, or gets an error that says nothing."""
    anonymous = wire.client(account, signature_version=UNSIGNED)
    message = refused(anonymous.list_collections, "MissingAuthenticationTokenException")
    assert message == "Missing Authentication Token"


def test_au11_accounts_and_regions_are_isolated(wire: Wire, album: Album) -> None:
    """Lost: one customer's faces turn up in another's search."""
    one, two = random_account(), random_account()
    clients = [wire.client(one), wire.client(one, "eu-west-1"), wire.client(two)]
    for client in clients:
        client.create_collection(CollectionId="same")
    first, *others = clients
    image = {"Bytes": album.small}
    first.index_faces(CollectionId="same", Image=image)
    assert first.describe_collection(CollectionId="same")["FaceCount"] == 1
    for client in others:
        assert client.describe_collection(CollectionId="same")["FaceCount"] == 0
        assert client.list_faces(CollectionId="same")["Faces"] == []
        found = client.search_faces_by_image(CollectionId="same", Image=image, FaceMatchThreshold=0)
        assert found["FaceMatches"] == []
    first.delete_collection(CollectionId="same")
    assert first.list_collections()["CollectionIds"] == []
    for client in others:
        assert client.list_collections()["CollectionIds"] == ["same"]


def test_au11_page_tokens_of_another_account_are_refused(wire: Wire) -> None:
    """Lost: a token tells one account how another's listing goes on."""
    clients = [wire.client(random_account()) for _ in range(2)]
    for client in clients:
        for name in ("a", "b"):
            client.create_collection(CollectionId=name)
    token = clients[0].list_collections(MaxResults=1)["NextToken"]
    refused(clients[1].list_collections, "InvalidPaginationTokenException", NextToken=token)


@pytest.mark.parametrize(
    ("header", "code", "told"),
    [
        ("Bearer abc", "IncompleteSignatureException", "AWS4-HMAC-SHA256"),
        ("AWS4-HMAC-SHA256 nonsense", "IncompleteSignatureException", "Credential"),
        (
            f"{CREDENTIAL}/us-east-1, SignedHeaders=host, Signature=0",
            "IncompleteSignatureException",
            "slash",
        ),
        (
            f"{CREDENTIAL}/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
            "InvalidSignatureException",
            "correct service: 'rekognition'",
        ),
        (
            f"{CREDENTIAL}/US EAST/rekognition/aws4_request, SignedHeaders=host, Signature=0",
            "InvalidSignatureException",
            "valid region",
        ),
        ("", "MissingAuthenticationTokenException", "Missing Authentication Token"),
    ],
)
def test_unreadable_scopes_are_named(wire: Wire, header: str, code: str, told: str) -> None:
    """Lost: whoever signs by hand cannot tell what is wrong with the header."""
    answer = wire.raw("ListCollections", "{}", headers={"Authorization": header})
    assert told in raw_refused(answer, code)


def test_au01_custom_port_and_host(wire: Wire, c: Any) -> None:
    """Lost: a client behind a proxy, whose Host header names another port, is turned away."""
    assert c.list_collections()["CollectionIds"] == []
    assert wire.raw("ListCollections", "{}", headers={"Host": "faces.example:8443"}).status == 200
