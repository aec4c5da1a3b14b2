"""The consent register, and that nobody is indexed without it where it is asked for."""

import pytest

from lineament.context import Scope
from lineament.domain.consent import Consent
from lineament.storage.consents import DynamoConsents
from lineament.storage.provision import Tables
from tests.storage.overseen import ID, NOON, A, World, refused

SCOPE = Scope("111122223333", "eu-west-1")


@pytest.fixture
def world(tables: Tables, moto_endpoint: str) -> World:
    return World(tables, moto_endpoint)


def consent(name: str, *collections: str, given: float = NOON) -> Consent:
    return Consent(name, given, "ops", collections)


def test_what_is_written_is_read(tables: Tables) -> None:
    """Lost: the register forgets who consented, when, to what."""
    register = DynamoConsents(tables)
    register.add(SCOPE, consent("ada"))
    register.add(SCOPE, consent("bob", "door"))
    assert register.find(SCOPE, "ada") == consent("ada")
    assert list(register.each(SCOPE)) == [consent("ada"), consent("bob", "door")]
    assert register.find(Scope(SCOPE.account, "us-east-1"), "ada") is None


def test_a_consent_widens_and_ends(tables: Tables) -> None:
    """Lost: a second consent takes the first one away, or a withdrawn one counts again."""
    register = DynamoConsents(tables)
    register.add(SCOPE, consent("ada", "door"))
    assert register.add(SCOPE, consent("ada", "album")).collections == ("album", "door")
    assert register.add(SCOPE, consent("ada")).collections == ()
    assert register.withdraw(SCOPE, "ada", NOON + 1)
    assert not register.withdraw(SCOPE, "ada", NOON + 2)
    assert not register.withdraw(SCOPE, "nobody", NOON)
    found = register.find(SCOPE, "ada")
    assert found is not None
    assert found.withdrawn == NOON + 1
    assert not found.covers("door")
    assert register.add(SCOPE, consent("ada", "door", given=NOON + 3)).covers("door")
    again = register.find(SCOPE, "ada")
    assert again == consent("ada", "door", given=NOON + 3)


def test_a_withdrawal_is_not_written_over(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: who withdraws while a list is imported is in the register as before."""
    register, found = DynamoConsents(tables), DynamoConsents(tables).find
    register.add(SCOPE, consent("ada"))

    def late(scope: Scope, name: str) -> Consent | None:
        before = found(scope, name)
        monkeypatch.undo()
        DynamoConsents(tables).withdraw(scope, name, NOON + 1)
        return before

    monkeypatch.setattr(register, "find", late)
    # Having seen the withdrawal, it is a consent given anew, by somebody who could see it too.
    made = register.add(SCOPE, consent("ada", "door", given=NOON + 2))
    assert made.collections == ("door",)


def test_nobody_is_indexed_without_consent(world: World) -> None:
    """Lost: a face is indexed of somebody who was never asked, or has said no since."""
    world.enrol(consent="required")
    register = DynamoConsents(world.tables)
    index = world.client.index_faces
    picture = {"CollectionId": ID, "Image": {"Bytes": A}}
    assert "by ExternalImageId" in refused(index, **picture)
    assert "does not know the ExternalImageId ada" in refused(
        index, **picture, ExternalImageId="ada"
    )
    register.add(world.scope, consent("ada", "other"))
    assert "other collections" in refused(index, **picture, ExternalImageId="ada")
    register.add(world.scope, consent("ada"))
    answer = index(**picture, ExternalImageId="ada")
    assert len(answer["FaceRecords"]) == 1
    register.withdraw(world.scope, "ada", NOON)
    assert "withdrawn" in refused(index, **picture, ExternalImageId="ada")
    outcomes = [each.outcome for each in world.entries() if each.external_image_id == "ada"]
    assert outcomes.count("AccessDeniedException") == 3


def test_a_consent_of_another_region_or_account_does_not_count(world: World) -> None:
    """Lost: one customer's register opens another's collections."""
    world.enrol(consent="required")
    for scope in (Scope(world.account, "eu-west-1"), Scope("999999999999", "us-east-1")):
        DynamoConsents(world.tables).add(scope, consent("ada"))
    refused(world.client.index_faces, CollectionId=ID, Image={"Bytes": A}, ExternalImageId="ada")
