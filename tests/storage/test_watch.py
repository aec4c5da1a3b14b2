"""Searches for one person again and again, and what the rules cost where they are off."""

import logging
import threading

import pytest

from lineament.domain.authorisations import APPROVED
from lineament.domain.ids import image_id
from lineament.storage.provision import Tables
from lineament.storage.watch import DynamoWatch
from tests.storage.conftest import on_the_faster
from tests.storage.counting import Units
from tests.storage.overseen import A_AGAIN, A_DAY, ID, NOON, A, B, World, refused

STATED = {
    "neutral": False,
    "purpose": "the missing of the flood",
    "notice_url": "https://city.example/faces",
    "contact": "faces@city.example",
}
WATCHED = {"use_case": "missing-persons", "purpose": "the missing of the flood"}


@pytest.fixture
def world(tables: Tables, moto_endpoint: str) -> World:
    return World(tables, moto_endpoint)


def test_the_day_is_over(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Lost: somebody is looked for every hour of every day, and nobody is told."""
    a, b = world.enrol(**WATCHED)
    for _ in range(A_DAY):
        world.search(a)
    with caplog.at_level(logging.WARNING):
        assert "names the person" in refused(world.search, a)
        refused(world.search, a)
    assert world.counts.searched_often.read() == {(): 1}
    (line,) = [each.getMessage() for each in caplog.records if "for one person" in each.message]
    assert a not in line
    (told,) = [e for e in world.entries() if e.operation == "lineament:SearchedOften"]
    assert (told.user, told.collection, told.subjects) == ("alice", ID, (a,))
    assert told.request_id in line
    world.search(b)
    world.caller = "dora"  # Another caller looks for the same person.
    refused(world.search, a)
    world.now += 12 * 3600
    world.search(a)


def test_an_authorisation_that_names_the_person_goes_on(world: World) -> None:
    """Lost: a search that others agreed to ends with the day, or a word for all opens it too."""
    a, _ = world.enrol(**WATCHED)
    anybody = world.request()
    world.authorisations.decide(anybody, APPROVED, "bob", world.now)
    for _ in range(A_DAY):
        world.search(a)
    refused(world.search, a)
    made = world.request(persons=(f"FaceId={a}",))
    world.authorisations.decide(made, APPROVED, "bob", world.now)
    world.search(a)
    last = [each for each in world.entries() if each.operation == "SearchFaces"][-1]
    assert last.rule == f"missing-persons, authorisation {made.identifier}"


def test_pictures_of_the_same_person_count(world: World) -> None:
    """Lost: whoever looks by photo in place of FaceId is never stopped."""
    a, _ = world.enrol(**WATCHED)
    for image in (A, A_AGAIN, A):
        assert world.look(image)["FaceMatches"][0]["Face"]["FaceId"] == a
    assert "searched for" in refused(world.look, A_AGAIN)
    refused(world.search, a)
    last = world.entries()[-2]
    assert (last.operation, last.result_count) == ("SearchFacesByImage", 0)
    made = world.request(persons=(f"FaceId={a}",))
    world.authorisations.decide(made, APPROVED, "bob", world.now)
    world.look(A_AGAIN)


def test_refusals_are_no_way_to_look_for_somebody(world: World) -> None:
    """Lost: a day's searches are used up, and then each refusal says: this picture shows them."""
    a, b = world.enrol(**WATCHED)
    for _ in range(A_DAY):
        world.search(a)
    for _ in range(A_DAY):
        assert "searched for" in refused(world.look, A)
    assert "withheld from alice" in refused(world.look, A_AGAIN)
    assert "withheld from alice" in refused(world.look, B)
    world.search(b)
    made = world.request(persons=(f"ImageId={image_id(B)}",))
    world.authorisations.decide(made, APPROVED, "bob", world.now)
    assert world.look(B)["FaceMatches"][0]["Face"]["FaceId"] == b
    world.caller = "dora"
    assert "searched for" in refused(world.look, A)
    world.now += 24 * 3600
    world.caller = "alice"
    world.look(A)


def test_users_are_people_too(world: World) -> None:
    """Lost: searches for a user are not counted."""
    a, _ = world.enrol(**WATCHED)
    world.client.create_user(CollectionId=ID, UserId="ada")
    world.client.associate_faces(CollectionId=ID, UserId="ada", FaceIds=[a])
    for _ in range(A_DAY):
        world.client.search_users(CollectionId=ID, UserId="ada")
    refused(world.client.search_users, CollectionId=ID, UserId="ada")
    look = world.client.search_users_by_image
    refused(look, CollectionId=ID, Image={"Bytes": A})
    world.now += 24 * 3600
    for _ in range(A_DAY):
        look(CollectionId=ID, Image={"Bytes": A})
    refused(look, CollectionId=ID, Image={"Bytes": A})


@on_the_faster
def test_all_processes_count_together(tables: Tables) -> None:
    """Lost: with four workers the day allows four times as many."""
    scope = World(tables, tables.trust.client.meta.endpoint_url).scope
    counted: list[int] = []

    def work() -> None:
        watch = DynamoWatch(tables)
        counted.extend(watch.count(scope, ID, "FaceId=f", NOON) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counted) == list(range(1, 41))
    assert DynamoWatch(tables).count(scope, ID, "UserId=f", NOON) == 1
    assert DynamoWatch(tables).count(scope, "other", "FaceId=f", NOON) == 1


def _calls(world: World, **tags: str) -> dict[str, list[str]]:
    """Return the DynamoDB calls of a search, a search by picture, and indexing."""
    a, _ = world.enrol(**tags)
    told = {}
    world.search(a)
    world.look(A)
    world.now += 24 * 3600
    for name, work in {
        "search": lambda: world.search(a),
        "look": lambda: world.look(A),
        "index": lambda: world.client.index_faces(CollectionId=ID, Image={"Bytes": A_AGAIN}),
    }.items():
        units = Units.of(world.tables)
        work()
        told[name] = list(units.calls)
    return told


@on_the_faster
def test_rules_that_are_off_cost_no_call(tables: Tables, moto_endpoint: str) -> None:
    """Lost: everybody pays for the rules of a few, in money and time, at every call."""
    plain = {"purpose": WATCHED["purpose"]}
    without = _calls(World(tables, moto_endpoint, oversee=False), **plain)
    assert _calls(World(tables, moto_endpoint), **plain) == without
    assert _calls(World(tables, moto_endpoint), **plain, max_results="5") == without
    watched = _calls(World(tables, moto_endpoint), **WATCHED)
    assert [len(watched[name]) - len(without[name]) for name in watched] == [1, 2, 0]


@on_the_faster
def test_what_is_not_recorded_is_not_searched(tables: Tables, moto_endpoint: str) -> None:
    """Lost: with the audit trail off, searches that humans must review leave no trace."""
    world = World(tables, moto_endpoint, record=False, **STATED)
    a, _ = world.enrol(**WATCHED)
    assert "have to be recorded" in refused(world.search, a)
    local = World(tables, moto_endpoint, record=False)
    a, _ = local.enrol(**WATCHED)
    local.search(a)
