"""US03, US04: ClientRequestToken. Source: SPEC.md F, B.0 (idempotency), B.10 to B.14.

boto3 makes a token for each call that is given none, so that calls without `t` never meet.
"""

import time
from typing import Any

import pytest

from tests.conformance import transports
from tests.conformance.album import Album
from tests.conformance.asking import refused
from tests.conformance.conftest import BuildApplication, Wire, random_account
from tests.conformance.enrolling import Enrolled, enrol, members

MISMATCH = "IdempotentParameterMismatchException"
T = "token-1_A"


@pytest.fixture
def e(c: Any, collection: str, album: Album) -> Enrolled:
    """Return a collection of faces, with the users ada and bob."""
    enrolled = enrol(c, collection, album)
    enrolled.create("ada", "bob")
    return enrolled


def test_us03_create_again(c: Any, collection: str) -> None:
    """Lost: a retry after a lost answer is told that somebody else was first."""
    asked = {"CollectionId": collection, "UserId": "ada", "ClientRequestToken": T}
    first, second = (c.create_user(**asked) for _ in range(2))
    assert members(first) == members(second) == {}
    ids = {answer["ResponseMetadata"]["RequestId"] for answer in (first, second)}
    assert len(ids) == 2
    assert len(c.list_users(CollectionId=collection)["Users"]) == 1


def test_us02_a_new_token_conflicts(c: Any, collection: str) -> None:
    """Lost: whoever asks for a name that is taken believes to have it."""
    asked = {"CollectionId": collection, "UserId": "ada"}
    c.create_user(**asked, ClientRequestToken=T)
    refused(c.create_user, "ConflictException", **asked, ClientRequestToken="another")
    refused(c.create_user, "ConflictException", **asked)


def test_us03_no_token_is_no_retry(wire: Wire, account: str, collection: str) -> None:
    """Lost: two calls without a token count as one."""
    asked = {"CollectionId": collection, "UserId": "ada"}
    answers = [wire.raw("CreateUser", asked, account=account) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 400]
    assert b"ConflictException" in answers[1].body


def test_us03_create_is_replayed_and_not_done_again(c: Any, collection: str) -> None:
    """Lost: a late retry brings a person back who was deleted meanwhile."""
    asked = {"CollectionId": collection, "UserId": "ada"}
    c.create_user(**asked, ClientRequestToken=T)
    c.delete_user(**asked)
    assert members(c.create_user(**asked, ClientRequestToken=T)) == {}
    assert c.list_users(CollectionId=collection)["Users"] == []


def test_us03_delete_again(c: Any, collection: str) -> None:
    """Lost: a retry after a lost answer is told that the person never existed."""
    asked = {"CollectionId": collection, "UserId": "ada"}
    c.create_user(**asked)
    for _ in range(2):
        assert members(c.delete_user(**asked, ClientRequestToken=T)) == {}
    refused(c.delete_user, "ResourceNotFoundException", **asked, ClientRequestToken="another")
    c.create_user(**asked)
    assert members(c.delete_user(**asked, ClientRequestToken=T)) == {}
    assert len(c.list_users(CollectionId=collection)["Users"]) == 1


def test_us03_associate_again(e: Enrolled) -> None:
    """Lost: a retry tells neither what it did nor what it refused, or does it again."""
    e.associate("bob", e.a[1])
    first = e.associate("ada", *e.a, ClientRequestToken=T)
    assert first["AssociatedFaces"] == [{"FaceId": e.a[0]}]
    assert first["UnsuccessfulFaceAssociations"][0]["UserId"] == "bob"
    assert members(e.associate("ada", *e.a, ClientRequestToken=T)) == members(first)
    e.disassociate("ada", e.a[0])
    e.disassociate("bob", e.a[1])
    assert members(e.associate("ada", *e.a, ClientRequestToken=T)) == members(first)
    assert e.owners() == {}


def test_us03_confidences_are_replayed(e: Enrolled) -> None:
    """Lost: as above, where a number was told."""
    first = e.associate("ada", e.a[0], e.b, ClientRequestToken=T)
    (failed,) = first["UnsuccessfulFaceAssociations"]
    assert failed["Confidence"] >= 0
    assert members(e.associate("ada", e.a[0], e.b, ClientRequestToken=T)) == members(first)


def test_us03_disassociate_again(e: Enrolled) -> None:
    """Lost: a late retry takes a face away that was given back meanwhile."""
    e.associate("ada", *e.a)
    first = e.disassociate("ada", e.a[0], ClientRequestToken=T)
    assert members(e.disassociate("ada", e.a[0], ClientRequestToken=T)) == members(first)
    e.associate("ada", e.a[0])
    assert members(e.disassociate("ada", e.a[0], ClientRequestToken=T)) == members(first)
    assert set(e.owners()) == set(e.a)


def test_us04_another_user(c: Any, collection: str) -> None:
    """Lost: a token used twice by mistake: the second person is silently not made."""
    c.create_user(CollectionId=collection, UserId="ada", ClientRequestToken=T)
    asked = {"CollectionId": collection, "UserId": "bob", "ClientRequestToken": T}
    assert T in refused(c.create_user, MISMATCH, **asked)
    c.create_collection(CollectionId="other")
    asked = {"CollectionId": "other", "UserId": "ada", "ClientRequestToken": T}
    refused(c.create_user, MISMATCH, **asked)
    listed = [c.list_users(CollectionId=name)["Users"] for name in (collection, "other")]
    assert [len(users) for users in listed] == [1, 0]
    asked = {"CollectionId": collection, "UserId": "ada", "ClientRequestToken": T}
    assert members(c.create_user(**asked)) == {}


def test_us04_another_deletion(e: Enrolled) -> None:
    """Lost: as above: the second person is silently kept."""
    e.c.delete_user(CollectionId=e.id, UserId="ada", ClientRequestToken=T)
    asked = {"CollectionId": e.id, "UserId": "bob", "ClientRequestToken": T}
    refused(e.c.delete_user, MISMATCH, **asked)
    assert list(e.users()) == ["bob"]


@pytest.mark.parametrize("change", ["user", "faces", "fewer faces", "threshold"])
def test_us04_another_association(e: Enrolled, change: str) -> None:
    """Lost: as above: the other faces are silently nobody's."""
    asked: dict[str, Any] = {
        "CollectionId": e.id,
        "UserId": "ada",
        "FaceIds": list(e.a),
        "UserMatchThreshold": 50,
    }
    e.c.associate_faces(**asked, ClientRequestToken=T)
    others: dict[str, dict[str, Any]] = {
        "user": {"UserId": "bob"},
        "faces": {"FaceIds": [e.a[0], e.b]},
        "fewer faces": {"FaceIds": [e.a[0]]},
        "threshold": {"UserMatchThreshold": 51},
    }
    asked |= others[change]
    refused(e.c.associate_faces, MISMATCH, **asked, ClientRequestToken=T)
    assert e.owners() == dict.fromkeys(e.a, "ada")


@pytest.mark.parametrize("change", [{"UserId": "bob"}, {"FaceIds": 1}])
def test_us04_another_disassociation(e: Enrolled, change: dict[str, Any]) -> None:
    """Lost: as above: the other faces silently stay somebody's."""
    e.associate("ada", *e.a)
    asked: dict[str, Any] = {"CollectionId": e.id, "UserId": "ada", "FaceIds": [e.a[0]]}
    e.c.disassociate_faces(**asked, ClientRequestToken=T)
    asked |= {"FaceIds": [e.a[1]]} if "FaceIds" in change else change
    refused(e.c.disassociate_faces, MISMATCH, **asked, ClientRequestToken=T)
    assert e.owners() == {e.a[1]: "ada"}


def test_us03_operations_do_not_share_tokens(e: Enrolled) -> None:
    """Lost: an app that names one piece of work by one token gets a mismatch half way."""
    asked = {"CollectionId": e.id, "UserId": "cid"}
    e.c.create_user(**asked, ClientRequestToken=T)
    assert e.associate("cid", *e.a, ClientRequestToken=T)["AssociatedFaces"]
    assert e.disassociate("cid", *e.a, ClientRequestToken=T)["DisassociatedFaces"]
    e.c.delete_user(**asked, ClientRequestToken=T)
    assert sorted(e.users()) == ["ada", "bob"]


@pytest.mark.parametrize("where", ["account", "region"])
def test_us03_accounts_and_regions_do_not_share_tokens(
    wire: Wire, account: str, c: Any, collection: str, where: str
) -> None:
    """Lost: one customer's token breaks, or answers, another customer's call."""
    other = (
        wire.client(random_account()) if where == "account" else wire.client(account, "eu-west-1")
    )
    other.create_collection(CollectionId=collection)
    c.create_user(CollectionId=collection, UserId="ada", ClientRequestToken=T)
    for user_id in ("bob", "bob"):
        other.create_user(CollectionId=collection, UserId=user_id, ClientRequestToken=T)
    for client, user_id in ((c, "ada"), (other, "bob")):
        listed = client.list_users(CollectionId=collection)["Users"]
        assert [user["UserId"] for user in listed] == [user_id]


def test_us03_a_failed_call_leaves_its_token_free(e: Enrolled) -> None:
    """Lost: an app that cures the cause and tries again gets the old error, or a mismatch."""
    asked = {"CollectionId": e.id, "UserId": "ada", "ClientRequestToken": T}
    refused(e.c.create_user, "ConflictException", **asked)
    assert members(e.c.create_user(**{**asked, "UserId": "cid"})) == {}
    gone = {"CollectionId": e.id, "UserId": "dan", "ClientRequestToken": T}
    refused(e.c.delete_user, "ResourceNotFoundException", **gone)
    refused(e.c.associate_faces, "ResourceNotFoundException", **gone, FaceIds=[e.a[0]])
    refused(e.c.disassociate_faces, "ResourceNotFoundException", **gone, FaceIds=[e.a[0]])
    e.create("dan")
    assert e.c.associate_faces(**gone, FaceIds=[e.a[0]])["AssociatedFaces"]
    assert e.c.disassociate_faces(**gone, FaceIds=[e.a[0]])["DisassociatedFaces"]
    assert members(e.c.delete_user(**gone)) == {}


def test_us03_a_refused_request_leaves_its_token_free(
    wire: Wire, account: str, c: Any, collection: str
) -> None:
    """Lost: as above, where the parameters were wrong."""
    asked = {"CollectionId": collection, "UserId": "not ok", "ClientRequestToken": T}
    assert wire.raw("CreateUser", asked, account=account).status == 400
    assert members(c.create_user(**{**asked, "UserId": "ok"})) == {}


def test_us03_a_collection_made_again_has_seen_no_token(c: Any, collection: str) -> None:
    """Lost: a script that sets everything up anew, tokens and all, makes nobody."""
    asked = {"CollectionId": collection, "UserId": "ada", "ClientRequestToken": T}
    for _ in range(2):
        c.create_user(**asked)
        assert len(c.list_users(CollectionId=collection)["Users"]) == 1
        c.delete_collection(CollectionId=collection)
        c.create_collection(CollectionId=collection)


def test_tokens_are_remembered_for_a_week(build: BuildApplication, account: str) -> None:
    """Lost: a queue that tries again after a weekend does its work twice."""

    def client(days: float) -> Any:
        application = build(clock=lambda: time.time() + days * 86_400)
        return transports.client(application.handle, None, account)

    asked = {"CollectionId": "own", "UserId": "ada", "ClientRequestToken": T}
    client(0).create_collection(CollectionId="own")
    client(0).create_user(**asked)
    assert members(client(6.9).create_user(**asked)) == {}
    refused(client(6.9).create_user, MISMATCH, **{**asked, "UserId": "bob"})
    refused(client(7.1).create_user, "ConflictException", **asked)
    assert members(client(7.1).create_user(**{**asked, "UserId": "bob"})) == {}
