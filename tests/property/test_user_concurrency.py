"""Many callers at once on users, over two processes of one deployment."""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.dispatch import Dispatcher
from tests.conformance import transports
from tests.property.agreeing import agree, everybody, owners
from tests.property.engine import picture
from tests.property.test_concurrency import WORKERS, at_once

pytestmark = pytest.mark.usefixtures("stays_healthy")
ID = "people"
FACES = [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]]
OTHER_USER = "ASSOCIATED_TO_A_DIFFERENT_USER"
MISSING = "ResourceNotFoundException"
Check = Callable[[], None]


@pytest.fixture
def clients(processes: list[Dispatcher]) -> list[Any]:
    """Return clients of one new account, on both processes in turn; it has the collection ID."""
    account = str(random.SystemRandom().randrange(10**11, 10**12))
    made = [transports.client(processes[n % 2].handle, None, account) for n in range(WORKERS)]
    made[0].create_collection(CollectionId=ID)
    return made


@pytest.fixture(autouse=True)
def consistent(clients: list[Any]) -> Iterator[Check]:
    """Return what asserts that a collection's state agrees with itself; it runs after each test."""

    def check() -> None:
        agree(clients[:2], ID)

    yield check
    check()


def index(c: Any, label: str = "", count: int = len(FACES)) -> list[str]:
    """Index a picture of some faces, and return their ids."""
    image = {"Bytes": picture(FACES[:count], label)}
    answer = c.index_faces(CollectionId=ID, Image=image)
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def associate(c: Any, user_id: str, *face_ids: str) -> dict[str, Any]:
    """Call AssociateFaces without a threshold."""
    answer: dict[str, Any] = c.associate_faces(
        CollectionId=ID, UserId=user_id, FaceIds=list(face_ids), UserMatchThreshold=0
    )
    return answer


def outcome(call: Callable[..., Any], *allowed: str, **params: Any) -> Any:
    """Return an answer, or the code of an error that is one of `allowed`."""
    try:
        return call(**params)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in allowed:
            raise
        return code


def numbered(clients: list[Any], work: Callable[[int, Any], Any]) -> list[Any]:
    """Do something with each client and its number at the same moment."""
    place = {id(client): number for number, client in enumerate(clients)}
    return at_once(clients, lambda client: work(place[id(client)], client))


@pytest.mark.parametrize("round_", range(4))
def test_one_face_associated_to_eight_users_at_once(clients: list[Any], round_: int) -> None:
    """Lost: a face opens the doors of two people, or of none though somebody was told yes."""
    c = clients[0]
    (face_id,) = index(c, f"{round_}", count=1)
    for number in range(WORKERS):
        c.create_user(CollectionId=ID, UserId=f"u{number}")
    answers = numbered(clients, lambda n, client: associate(client, f"u{n}", face_id))
    (winner,) = [n for n, answer in enumerate(answers) if answer["AssociatedFaces"]]
    assert answers[winner]["AssociatedFaces"] == [{"FaceId": face_id}]
    assert answers[winner]["UnsuccessfulFaceAssociations"] == []
    assert answers[winner]["UserStatus"] == "UPDATING"
    told = {"FaceId": face_id, "UserId": f"u{winner}", "Reasons": [OTHER_USER]}
    for number, answer in enumerate(answers):
        if number != winner:
            assert answer["UnsuccessfulFaceAssociations"] == [told]
            assert answer["UserStatus"] == "CREATED"
    for client in clients[:2]:
        assert owners(client, ID) == {face_id: f"u{winner}"}
        found = client.search_users(CollectionId=ID, FaceId=face_id)["UserMatches"]
        assert [match["User"]["UserId"] for match in found] == [f"u{winner}"]


def test_one_user_created_by_eight_at_once(clients: list[Any]) -> None:
    """Lost: two people believe to have the same name."""

    def create(client: Any) -> Any:
        return outcome(client.create_user, "ConflictException", CollectionId=ID, UserId="ada")

    outcomes = at_once(clients, create)
    assert outcomes.count("ConflictException") == WORKERS - 1
    assert everybody(clients[1], ID) == [{"UserId": "ada", "UserStatus": "CREATED"}]


def test_one_user_deleted_by_eight_at_once(clients: list[Any]) -> None:
    """Lost: deleting twice in the same moment is a 500, or both believe to have done it."""
    clients[0].create_user(CollectionId=ID, UserId="ada")
    associate(clients[0], "ada", *index(clients[0]))

    def delete(client: Any) -> Any:
        return outcome(client.delete_user, MISSING, CollectionId=ID, UserId="ada")

    assert at_once(clients, delete).count(MISSING) == WORKERS - 1
    assert set(owners(clients[1], ID).values()) == {None}


@pytest.mark.parametrize("round_", range(2))
def test_one_token_eight_times_at_once(clients: list[Any], round_: int) -> None:
    """Lost: a retry that overtakes its first try is told of a conflict with itself."""
    face_ids = index(clients[0], f"{round_}")
    named = {"CollectionId": ID, "UserId": "ada", "ClientRequestToken": "t"}

    def work(client: Any) -> list[Any]:
        client.create_user(**named)
        told = client.associate_faces(**named, FaceIds=face_ids, UserMatchThreshold=0)
        return [face["FaceId"] for face in told["AssociatedFaces"]] + [told["UserStatus"]]

    assert at_once(clients, work) == [[*face_ids, "UPDATING"]] * WORKERS
    assert len(everybody(clients[1], ID)) == 1
    for result in at_once(clients, lambda client: client.delete_user(**named)):
        assert set(result) == {"ResponseMetadata"}


@pytest.mark.parametrize("round_", range(4))
def test_a_user_deleted_while_searched_and_associated(clients: list[Any], round_: int) -> None:
    """Lost: a 500 while a person leaves, or faces that stay with somebody who is gone."""
    first, *rest = index(clients[0], f"{round_}")
    for user_id in ("ada", "bob"):
        clients[0].create_user(CollectionId=ID, UserId=user_id)
    associate(clients[0], "ada", first)

    def work(number: int, client: Any) -> None:
        if number == WORKERS - 1:
            for _ in range(round_):
                client.describe_collection(CollectionId=ID)
            client.delete_user(CollectionId=ID, UserId="ada")
            return
        for face_id in rest:
            asked: dict[str, Any] = {"CollectionId": ID, "UserId": "ada"}
            if number % 2:
                outcome(client.search_users, MISSING, **asked, UserMatchThreshold=0)
                client.search_users(CollectionId=ID, FaceId=first, UserMatchThreshold=0)
                client.list_faces(**asked)
                everybody(client, ID)
            else:
                asked["FaceIds"] = [face_id]
                outcome(client.associate_faces, MISSING, **asked, UserMatchThreshold=0)
                outcome(client.disassociate_faces, MISSING, **asked)

    numbered(clients, work)
    assert [user["UserId"] for user in everybody(clients[1], ID)] == ["bob"]
    assert owners(clients[1], ID) == dict.fromkeys([first, *rest])
    assert len(associate(clients[1], "bob", first, *rest)["AssociatedFaces"]) == len(FACES)


@pytest.mark.parametrize("round_", range(6))
def test_faces_deleted_while_associated(clients: list[Any], round_: int) -> None:
    """Lost: a person has a face that no longer exists, or a deletion that was promised is not."""
    ids = index(clients[0], f"{round_}")
    for number in range(WORKERS):
        clients[0].create_user(CollectionId=ID, UserId=f"u{number}")

    def work(number: int, client: Any) -> tuple[list[str], list[str], list[Any]]:
        order = ids[number // 2 :] + ids[: number // 2]
        if number % 2:
            answer = client.delete_faces(CollectionId=ID, FaceIds=order)
            return [], answer["DeletedFaces"], answer["UnsuccessfulFaceDeletions"]
        mine, failed = [], []
        for face_id in order:
            answer = associate(client, f"u{number}", face_id)
            mine += [face["FaceId"] for face in answer["AssociatedFaces"]]
            failed += answer["UnsuccessfulFaceAssociations"]
        return mine, [], failed

    results = numbered(clients, work)
    owner = {
        face_id: f"u{number}" for number, result in enumerate(results) for face_id in result[0]
    }
    deleted = {face_id for _, gone, _ in results for face_id in gone}
    assert sum(len(mine) for mine, _, _ in results) == len(owner)
    assert deleted.isdisjoint(owner)
    assert deleted | set(owner) == set(ids)
    for failure in (failure for _, _, failed in results for failure in failed):
        if failure["Reasons"] == ["FACE_NOT_FOUND"]:
            assert failure["FaceId"] in deleted
        else:
            assert failure["UserId"] == owner[failure["FaceId"]]
    assert owners(clients[1], ID) == owner


@pytest.mark.parametrize("round_", range(4))
def test_a_collection_deleted_while_it_fills(clients: list[Any], round_: int) -> None:
    """Lost: a 500 in the middle of a reset, or people of the old collection in the new one."""

    def work(number: int, client: Any) -> None:
        if number == WORKERS - 1:
            for step in range(2 * round_):
                client.detect_faces(Image={"Bytes": picture(FACES, f"{step}")})
            client.delete_collection(CollectionId=ID)
            client.create_collection(CollectionId=ID)
            return
        gone = (
            client.exceptions.ResourceNotFoundException,
            client.exceptions.InvalidPaginationTokenException,
        )
        for step in range(3):
            name = f"u{number}-{step}"
            with contextlib.suppress(*gone):
                ids = index(client, name)
                client.create_user(CollectionId=ID, UserId=name)
                associate(client, name, *ids)
                client.search_users(CollectionId=ID, UserId=name)
                everybody(client, ID)

    numbered(clients, work)
    agree(clients[:2], ID)
    clients[0].delete_collection(CollectionId=ID)
    clients[1].create_collection(CollectionId=ID)
    assert [everybody(client, ID) for client in clients[:2]] == [[], []]


def test_a_user_filled_by_eight_at_once(clients: list[Any]) -> None:
    """Lost: a user has more than a hundred faces, which nothing that reads it expects."""
    c = clients[0]
    ids = []
    for label in "ab":
        image = {"Bytes": picture([[1, 0, 0, 0, 0, 0]] * 64, label)}
        records = c.index_faces(CollectionId=ID, Image=image)["FaceRecords"]
        ids += [record["Face"]["FaceId"] for record in records]
    c.create_user(CollectionId=ID, UserId="ada")
    refusal = "ServiceQuotaExceededException"

    def work(number: int, client: Any) -> Any:
        mine = ids[number * 16 : number * 16 + 16]
        asked = {"CollectionId": ID, "UserId": "ada", "FaceIds": mine}
        return outcome(client.associate_faces, refusal, **asked)

    results = numbered(clients, work)
    assert results.count(refusal) == 2
    assert all(r == refusal or len(r["AssociatedFaces"]) == 16 for r in results)
    assert list(owners(clients[1], ID).values()).count("ada") == 96
