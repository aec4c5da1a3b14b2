"""Authorisation records: made by one person, decided by another, gone by in every process."""

from dataclasses import replace

import pytest

from lineament.domain.authorisations import (
    APPROVED,
    DENIED,
    IMAGE,
    REVOKED,
    NotAllowed,
    same,
    sought,
)
from lineament.errors import ServiceUnavailable
from lineament.storage.authorisations import DynamoAuthorisations
from lineament.storage.provision import Tables
from tests.storage.overseen import HOUR, ID, NOON, A, B, World, refused


@pytest.fixture
def world(tables: Tables, moto_endpoint: str) -> World:
    return World(tables, moto_endpoint)


@pytest.fixture
def faces(world: World) -> tuple[str, str]:
    """Return the FaceIds of A and B, whom alice may look for with another's word."""
    return world.enrol(dual_control="required")


def approve(world: World, by: str = "bob", **changes: object) -> str:
    made = world.request(**changes)
    world.authorisations.decide(made, APPROVED, by, world.now)
    return made.identifier


def test_what_is_written_is_read(world: World) -> None:
    """Lost: a record says something else than was asked for."""
    made = world.request(persons=("FaceId=f", "UserId=u"), exigent=True)
    found = world.authorisations.find(world.account, made.identifier)
    assert found == made
    assert made.identifier.startswith("20261128T120000-")
    assert list(world.authorisations.each(world.account)) == [made]
    assert list(world.authorisations.each(world.account, NOON + 1)) == []


def test_no_search_without_anothers_word(world: World, faces: tuple[str, str]) -> None:
    """Lost: one person alone decides to look for somebody."""
    face = faces[0]
    assert "dual control" in refused(world.search, face)
    made = world.request()
    assert "by alice" in refused(world.search, face)
    world.authorisations.decide(made, APPROVED, "bob", world.now)
    assert world.search(face)["SearchedFaceId"] == face
    told = [each for each in world.entries() if each.operation == "SearchFaces"]
    assert [each.outcome for each in told] == ["AccessDeniedException"] * 2 + ["ok"]
    assert told[-1].rule == f"authorisation {made.identifier}"
    assert not told[0].rule


@pytest.mark.parametrize("by", ["alice", "ALICE", " Alice ", "\uff21lice", "carol", "Carol"])
def test_nobody_approves_of_their_own_search(world: World, by: str) -> None:
    """Lost: the second pair of eyes is the first one, spelt in another way."""
    made = world.request(callers=("alice", "carol"))
    for state in (APPROVED, DENIED):
        with pytest.raises(NotAllowed, match="another person"):
            world.authorisations.decide(made, state, by, world.now)
    assert same("Bob  Li", "boB li")
    assert not same("bob", "rob")


def test_a_decision_is_made_once(world: World) -> None:
    """Lost: who is told no asks the next approver, or two decide at one moment."""
    made = world.request()
    world.authorisations.decide(made, DENIED, "bob", world.now)
    with pytest.raises(NotAllowed, match="meanwhile"):
        world.authorisations.decide(made, APPROVED, "carl", world.now)
    denied = world.authorisations.find(world.account, made.identifier)
    assert denied is not None
    for state in (APPROVED, REVOKED):
        with pytest.raises(NotAllowed, match="denied already"):
            world.authorisations.decide(denied, state, "carl", world.now)
    late = world.request()
    with pytest.raises(NotAllowed, match="expired"):
        world.authorisations.decide(late, APPROVED, "bob", late.until)


def test_only_what_it_covers(world: World, faces: tuple[str, str]) -> None:
    """Lost: a word for one person, caller or collection opens all of them."""
    a, b = faces
    approve(world, persons=(f"FaceId={a}",))
    world.search(a)
    refused(world.search, b)
    refused(world.look, A)
    world.caller = "mallory"
    refused(world.search, a)
    world.caller = "ALICE"
    world.search(a)
    for other in ({"collections": ("other",)}, {"region": "eu-west-1"}, {"callers": ("bo",)}):
        approve(world, "bea", **other)
        refused(world.search, b)


def test_users_and_pictures(world: World, faces: tuple[str, str]) -> None:
    """Lost: a search by picture or for a user goes by no word, or by another person's."""
    client = world.client
    client.create_user(CollectionId=ID, UserId=faces[0])  # looks like a FaceId
    client.associate_faces(CollectionId=ID, UserId=faces[0], FaceIds=[faces[0]])
    approve(world, persons=(f"FaceId={faces[0]}",))
    refused(client.search_users, CollectionId=ID, UserId=faces[0])
    client.search_users(CollectionId=ID, FaceId=faces[0])
    approve(world, persons=(f"UserId={faces[0]}", *sought({"Image": {"Bytes": A}})))
    client.search_users(CollectionId=ID, UserId=faces[0])
    world.look(A)
    client.search_users_by_image(CollectionId=ID, Image={"Bytes": A})
    refused(world.look, B)
    assert sought({"Image": {"S3Object": {"Bucket": "b", "Name": "n"}}}) == ()
    assert sought({"Image": {"Bytes": A}})[0].startswith(IMAGE)
    approve(world)  # anybody of the collection
    world.look(B)


def test_it_ends(world: World, faces: tuple[str, str]) -> None:
    """Lost: a word for two hours holds for ever, or one taken back still does."""
    made = world.request()
    approved = world.authorisations.decide(made, APPROVED, "bob", world.now)
    world.search(faces[0])
    world.now += 2 * HOUR
    refused(world.search, faces[0])
    world.now -= 1
    world.search(faces[0])
    elsewhere = DynamoAuthorisations(world.tables)
    elsewhere.decide(approved, REVOKED, "alice", world.now)  # a searcher may give up
    world.now -= 3  # what this process knows is 2 s old at most; its clock is the world's
    world.authorisations._cache.forget(world.account)
    refused(world.search, faces[0])


def test_a_revocation_is_seen_within_three_seconds(world: World, faces: tuple[str, str]) -> None:
    """Lost: other workers go on searching by what was taken back."""
    made = world.request()
    approved = world.authorisations.decide(made, APPROVED, "bob", world.now)
    world.search(faces[0])
    DynamoAuthorisations(world.tables).decide(approved, REVOKED, "bob", world.now)
    world.now += 3
    refused(world.search, faces[0])


def test_exigent(world: World, faces: tuple[str, str]) -> None:
    """Lost: an emergency waits for a signature, or nobody ever looks at it afterwards."""
    made = world.request(exigent=True)
    world.search(faces[0])
    assert made.is_overdue()
    world.now += 3 * HOUR
    refused(world.search, faces[0])
    reviewed = world.authorisations.decide(made, APPROVED, "bob", world.now)
    assert not reviewed.is_overdue()
    other = world.request(exigent=True)
    world.search(faces[0])
    world.authorisations.decide(other, DENIED, "bob", world.now)
    refused(world.search, faces[0])
    assert not replace(other, state=DENIED).is_overdue()


def test_without_a_database_nobody_searches(
    world: World, faces: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: an outage of DynamoDB lets in who was revoked."""
    approve(world)
    world.search(faces[0])

    def silent(*_arguments: object, **_options: object) -> None:
        raise ServiceUnavailable

    monkeypatch.setattr(world.authorisations._trust, "query", silent)
    world.now += 3
    with pytest.raises(ServiceUnavailable):
        world.authorisations.usable(world.account, world.now)
