"""`lineament reindex` and users."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from lineament.domain import ids
from lineament.domain.collections import UserAction, UserChange
from lineament.domain.idempotency import Attempt
from lineament.domain.users import User
from lineament.storage.provision import Tables
from lineament.storage.users import DynamoUserStore
from tests.storage.moving import NEW, World, require_moved
from tests.storage.world import (
    Crash,
    CrashingClient,
    HookedClient,
    ids_of,
    stored_items,
    through,
    view,
)


def change(world: World, action: UserAction, name: str, *face_ids: str) -> None:
    """Change a user of the world's collection, as the operations do."""
    collection = world.now()
    key = ids.user_key(collection.lineage, name)
    what = UserChange(action, key, name if action == "create" else "", face_ids)
    attempt = Attempt(collection.generation, collection.seq, secrets.token_hex(8), resumed=False)
    standing = view(world.tables, world.collection)
    assert DynamoUserStore(world.tables).commit(collection, standing, what, attempt).effect.changed


def forget(world: World, name: str) -> None:
    """Delete a user and erase its name, as DeleteUser does."""
    collection = world.now()
    made = view(world.tables, collection).membership.users[ids.user_key(collection.lineage, name)]
    change(world, "delete", name)
    DynamoUserStore(world.tables).forget_name(collection, made.seq)


class Watched:
    """A client that tells of the log's reading, and of each entry, before it happens."""

    def __init__(self, client: Any, told: Callable[[str], None]) -> None:
        self._client = client
        self._told = told

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name not in {"batch_get_item", "put_item"}:
            return operation

        def call(**params: Any) -> Any:
            self._told(name)
            return operation(**params)

        return call


def users(world: World) -> dict[str, set[str]]:
    """Return the faces of every user, and check that nobody owns a face beside them."""
    membership = view(world.tables, world.collection).membership
    found: list[User] = list(membership.users.values())
    told = {face_id: user.key for user in found for face_id in user.faces}
    assert dict(membership.owners.items()) == told
    return {user.user_id: set(user.faces) for user in found}


@pytest.fixture
def world(tables: Tables, moto_endpoint: str) -> World:
    return World(tables, moto_endpoint)


def test_users_move_with_their_faces(world: World) -> None:
    """Lost: a collection comes back from a move without its users, or with faces of nobody."""
    faces = ids_of(world.index("one", 3) + world.index("two", 3))
    for name in ("anna", "berta", "nobody"):
        change(world, "create", name)
    change(world, "associate", "anna", *faces[:2])
    change(world, "associate", "berta", *faces[2:5])
    before = users(world)
    assert world.move().switched
    assert users(world) == before
    seen = view(world.tables, world.collection)
    key = ids.user_key(world.now().lineage, "anna")
    found = seen.template(key)
    assert found is not None
    assert found.shape == (NEW.dimensions,)
    assert seen.search_users(found, -1.0, 10)[0][0] == key


def test_users_that_change_while_faces_move(world: World) -> None:
    """Lost: what was associated, taken off or deleted during a move is undone by its end."""
    records = [world.index(label, 2) for label in ("one", "two", "three")]
    faces = ids_of([record for part in records for record in part])
    for name in ("anna", "berta"):
        change(world, "create", name)
    change(world, "associate", "anna", *faces[:4])
    moments = iter(
        [
            lambda: change(world, "disassociate", "anna", *faces[:3]),
            lambda: change(world, "associate", "berta", *faces[:2]),
            lambda: world.delete([faces[2]]),
            lambda: change(world, "delete", "anna"),
            lambda: change(world, "create", "carla"),
        ]
    )

    def meanwhile(name: str, _params: object) -> None:
        if name == "put_item" and (step := next(moments, None)):
            step()

    hooked = through(world.tables, HookedClient(world.tables.control.client, meanwhile))
    assert world.move(hooked).switched
    assert next(moments, None) is None
    assert users(world) == {"berta": set(faces[:2]), "carla": set()}
    left = [each for part in records for each in part if each.face_id != faces[2]]
    require_moved(world, left)


def test_a_user_made_again_during_a_move_has_its_name(world: World) -> None:
    """Lost: a user that is deleted while a move reads the log, and made again, has no UserId."""
    faces = ids_of(world.index("one", 2))
    change(world, "create", "anna")
    change(world, "associate", "anna", faces[0])
    moments = iter(
        [
            ("batch_get_item", lambda: forget(world, "anna")),
            ("put_item", lambda: change(world, "create", "anna")),
            ("put_item", lambda: change(world, "associate", "anna", faces[1])),
        ]
    )
    due = next(moments)

    def meanwhile(name: str) -> None:
        nonlocal due
        when, step = due
        if name == when:
            due = next(moments, ("never", step))
            step()

    watched = through(world.tables, Watched(world.tables.control.client, meanwhile))
    assert world.move(watched).switched
    assert due[0] == "never"
    assert users(world) == {"anna": {faces[1]}}


def test_a_user_deleted_between_two_moves_leaves_no_name(world: World) -> None:
    """Lost: the name of a person who asked for its erasure, in the collection's next generation."""
    world.index("one", 2)
    world.index("two", 1, from_s3=False)
    for name in ("anna", "berta"):
        change(world, "create", name)
    assert not world.move().switched  # but what it made is kept
    forget(world, "anna")
    assert world.move(drop_unknown=True).switched
    assert users(world) == {"berta": set()}
    log = stored_items(world.tables, "LOG#")
    assert {item["name"]["S"] for item in log if "name" in item} == {"berta"}


def test_a_face_that_cannot_move_leaves_its_user(world: World) -> None:
    """Lost: a user keeps a face that is nowhere, and its template counts it."""
    kept = ids_of(world.index("one", 2))
    lost = ids_of(world.index("two", 2, from_s3=False))
    change(world, "create", "anna")
    change(world, "associate", "anna", kept[0], lost[0])
    assert world.move(drop_unknown=True).switched
    assert users(world) == {"anna": {kept[0]}}


@pytest.mark.parametrize("at", range(0, 24, 3))
@pytest.mark.parametrize("after", [False, True])
def test_a_move_killed_at_any_write_goes_on(world: World, at: int, after: bool) -> None:
    """Lost: a move that is started again doubles or drops users."""
    faces = ids_of(world.index("one", 3))
    for name in ("anna", "berta"):
        change(world, "create", name)
    change(world, "associate", "anna", faces[0])
    change(world, "associate", "berta", faces[1])
    before = users(world)
    dying = through(world.tables, CrashingClient(world.tables.control.client, at, after=after))
    try:
        world.move(dying)
    except Crash:
        assert users(world) == before
        if world.now().model_version != NEW.version:
            assert world.move().switched
    assert users(world) == before
    assert world.now().model_version == NEW.version
