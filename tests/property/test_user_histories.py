"""Random calls on users by eight callers at once, over two processes, against sequential models."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.dispatch import Dispatcher
from tests.conformance import transports
from tests.property.agreeing import agree, everybody, owners
from tests.property.engine import DIMENSIONS, picture
from tests.property.linear import Done, find_order

pytestmark = pytest.mark.usefixtures("stays_healthy")
ID = "people"
CALLERS = 8
MISSING = "ResourceNotFoundException"
Call = tuple[str, ...]
"""What to do, then the user and the face that it is about; with `index`, the picture's label."""
Faces = frozenset[str]
State = tuple[Faces, frozenset[tuple[str, Faces]]]
"""The faces that are there, and every user with its faces."""


@pytest.fixture
def clients(processes: list[Dispatcher]) -> list[Any]:
    """Return clients of one new account, on both processes in turn; it has the collection ID."""
    account = str(random.SystemRandom().randrange(10**11, 10**12))
    made = [transports.client(processes[n % 2].handle, None, account) for n in range(CALLERS)]
    made[0].create_collection(CollectionId=ID)
    return made


def index(c: Any, label: str, count: int) -> list[str]:
    """Index a picture of some faces that are all alike, and return their ids."""
    image = {"Bytes": picture([[1] * DIMENSIONS] * count, label)}
    answer = c.index_faces(CollectionId=ID, Image=image)
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def told(c: Any, call: Call) -> Any:
    """Make a call and return what it told, as `model` does."""
    what, *about = call
    try:
        return _ask(c, what, about)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("ConflictException", MISSING):
            raise
        return code


def _ask(c: Any, what: str, about: list[str]) -> Any:
    user: dict[str, Any] = {"CollectionId": ID, "UserId": about[0]}
    faces = {"FaceIds": about[-1:]}
    if what in ("create", "delete"):
        (c.create_user if what == "create" else c.delete_user)(**user)
        return "done"
    if what == "index":
        return "done" if index(c, about[2], 1) == [about[1]] else "another face"
    if what == "list":
        return frozenset(face["FaceId"] for face in c.list_faces(**user)["Faces"])
    if what == "associate":
        answer = c.associate_faces(**user, **faces)
        return _one(answer["AssociatedFaces"], answer["UnsuccessfulFaceAssociations"])
    if what == "disassociate":
        answer = c.disassociate_faces(**user, **faces)
        return _one(answer["DisassociatedFaces"], answer["UnsuccessfulFaceDisassociations"])
    answer = c.delete_faces(CollectionId=ID, **faces)
    return _one(answer["DeletedFaces"], answer["UnsuccessfulFaceDeletions"])


def _one(done: list[Any], failed: list[Any]) -> str:
    """Return what became of the one face that was asked about."""
    if done:
        return "done"
    return str(failed[0].get("UserId", failed[0]["Reasons"][0])) if failed else "ignored"


def model(state: State, call: Call) -> tuple[State, Any]:
    """Return the state after a call, and what it tells, where nobody else is calling."""
    faces, users = set(state[0]), dict(state[1])
    what, user, *rest = call
    if rest:
        answer = _about_face(faces, users, what, user, rest[0])
    elif what == "list":
        return state, users.get(user, frozenset())
    else:
        answer = _about_user(users, what, user)
    return (frozenset(faces), frozenset(users.items())), answer


def _about_user(users: dict[str, Faces], what: str, user: str) -> str:
    if what == "create" and user in users:
        return "ConflictException"
    if what == "delete" and user not in users:
        return MISSING
    if what == "create":
        users[user] = frozenset()
    else:
        del users[user]
    return "done"


def _about_face(faces: set[str], users: dict[str, Faces], what: str, user: str, face: str) -> str:
    owner = next((name for name, mine in users.items() if face in mine), None)
    if what == "index":
        faces.add(face)
        return "done"
    if what != "forget" and user not in users:
        return MISSING
    if face not in faces:
        return "FACE_NOT_FOUND"
    if owner is not None and (owner != user or what == "forget"):
        return owner
    if what == "forget":
        faces.remove(face)
    elif (owner == user) == (what == "associate"):
        return "ignored"
    else:
        users[user] ^= {face}
    return "done"


@dataclass
class Recorder:
    """Makes calls of one caller and writes down when."""

    c: Any
    done: list[Done] = field(default_factory=list)

    def make(self, call: Call) -> None:
        began = time.monotonic()
        answer = told(self.c, call)
        self.done.append(Done(call, answer, began, time.monotonic()))


def draw(rng: random.Random, pictures: dict[str, str]) -> Call:
    """Draw a call on one of two users and one of few faces, given with their pictures' labels."""
    kinds = ["create", "delete", "list", "disassociate", "forget", "index"] + ["associate"] * 4
    what, user = rng.choice(kinds), rng.choice(["ada", "bob"])
    if what in ("create", "delete", "list"):
        return what, user
    face_id = rng.choice(list(pictures))
    return (what, user, face_id, pictures[face_id]) if what == "index" else (what, user, face_id)


def at_once(work: Callable[[int], None]) -> None:
    """Let every caller do its work, given its number, and begin in the same moment."""
    start = threading.Barrier(CALLERS)

    def go(caller: int) -> None:
        start.wait()
        work(caller)

    with ThreadPoolExecutor(CALLERS) as pool:
        for _ in pool.map(go, range(CALLERS)):
            pass


@pytest.mark.parametrize("seed", range(6))
def test_calls_at_once_are_as_calls_in_some_order(clients: list[Any], seed: int) -> None:
    """Lost: an answer is about a state that never was, or a change that was promised is lost."""
    rng = random.Random(seed)  # noqa: S311 - the same plans for the same seed
    pictures = {index(clients[0], label, 1)[0]: label for label in "xyz"}
    recorders = [Recorder(client) for client in clients]
    plans = [[draw(rng, pictures) for _ in range(7)] for _ in clients]

    def run(caller: int) -> None:
        for call in plans[caller]:
            recorders[caller].make(call)

    at_once(run)
    for recorder in recorders[:2]:  # one of each process tells what is left
        for user in ("ada", "bob"):
            recorder.make(("list", user))
            recorder.make(("create", user))
        for face_id in pictures:
            recorder.make(("forget", "ada", face_id))
    history = [recorder.done for recorder in recorders]
    before: State = (frozenset(pictures), frozenset())
    order = find_order(history, before, model)
    assert order is not None, history
    agree(clients[:2], ID)


@dataclass
class Own:
    """A caller's own users and faces, and what they must be."""

    c: Any
    number: int
    rng: random.Random
    free: set[str] = field(default_factory=set)
    users: dict[str, set[str]] = field(default_factory=dict)

    def step(self) -> None:
        name = f"u{self.number}-{self.rng.randrange(3)}"
        named = {"CollectionId": ID, "UserId": name}
        pick = self._pick()
        kind = self.rng.choice(
            ["index", "create", "associate", "associate", "disassociate", "delete"]
        )
        if kind == "index":
            self.free |= set(index(self.c, f"{name} {self.rng.random()}", 3))
        elif kind == "create":
            answer = told(self.c, ("create", name))
            assert answer == ("ConflictException" if name in self.users else "done")
            self.users.setdefault(name, set())
        elif name not in self.users:
            assert told(self.c, ("delete", name)) == MISSING
        elif kind == "delete":
            self.c.delete_user(**named)
            self.free |= self.users.pop(name)
        elif pick and kind == "associate":
            answer = self.c.associate_faces(**named, FaceIds=pick)
            assert {face["FaceId"] for face in answer["AssociatedFaces"]} == self.free & set(pick)
            self.users[name] |= self.free & set(pick)
            self.free -= set(pick)
        elif pick:
            answer = self.c.disassociate_faces(**named, FaceIds=pick)
            left = self.users[name] & set(pick)
            assert {face["FaceId"] for face in answer["DisassociatedFaces"]} == left
            self.users[name] -= left
            self.free |= left

    def _pick(self) -> list[str]:
        known = sorted(self.free.union(*self.users.values()))
        return self.rng.sample(known, min(len(known), self.rng.randrange(1, 6)))


@pytest.mark.parametrize("seed", range(3))
def test_callers_do_not_disturb_each_other(clients: list[Any], seed: int) -> None:
    """Lost: with eight apps on one collection, one's changes vanish under the others'."""
    callers = [
        Own(c, number, random.Random(f"{seed} {number}"))  # noqa: S311 - as above
        for number, c in enumerate(clients)
    ]

    def run(caller: int) -> None:
        for _ in range(15):
            callers[caller].step()

    at_once(run)
    users = {name: mine for own in callers for name, mine in own.users.items()}
    expected: dict[str, str | None] = {i: None for own in callers for i in own.free}
    expected |= {face_id: name for name, mine in users.items() for face_id in mine}
    for client in clients[:2]:
        assert owners(client, ID) == expected
        listed = {user["UserId"]: user["UserStatus"] for user in everybody(client, ID)}
        assert listed == {name: "ACTIVE" if mine else "CREATED" for name, mine in users.items()}
    agree(clients[:2], ID)


def test_the_judge_of_histories_condemns() -> None:
    """Lost: the tests above pass whatever happens."""
    both = [[Done(("create", "ada"), "done", 0, 1)], [Done(("create", "ada"), "done", 0, 1)]]
    nothing: State = (frozenset(), frozenset())
    assert find_order(both, nothing, model) is None
    both[1] = [Done(("create", "ada"), "ConflictException", 0, 1)]
    order = find_order(both, nothing, model)
    assert order is not None
    assert [done.answer for done in order] == ["done", "ConflictException"]
    late = [[Done(("create", "ada"), "ConflictException", 0, 1)]]
    late.append([Done(("create", "ada"), "done", 2, 3)])
    assert find_order(late, nothing, model) is None
