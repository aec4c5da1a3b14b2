"""How much is answered where a caller does not say: docs/decisions.md, question 2."""

import uuid
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lineament.context import CallContext, Principal, Scope
from lineament.domain.binding import FaceModels
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, RatioBox
from lineament.domain.limits import DEFAULT_MATCHES, DEFAULT_PAGE, DEFAULT_USERS
from lineament.domain.users import User
from lineament.handlers.table import OPERATIONS
from tests.property.engine import MODEL

SCOPE = Scope("123456789012", "us-east-1")
FACE_ID = str(uuid.UUID(int=1, version=4))
HERE = {"CollectionId": "people"}


def collection(name: str = "people") -> Collection:
    return Collection(SCOPE, name, "generation", MODEL.version, 0.0)


def numbered(count: int) -> list[str]:
    return [str(uuid.UUID(int=number + 2, version=4)) for number in range(count)]


def users(count: int) -> dict[str, User]:
    return {key: User(key, f"user-{key}", 1, (FACE_ID,)) for key in numbered(count)}


class PlentyOfUsers:
    """A Membership."""

    users = users(DEFAULT_MATCHES)

    def __len__(self) -> int:
        return len(self.users)

    def owner(self, _: str) -> None:
        return None


class Plenty:
    """A gallery, its view and the stores of a deployment that has as much as anybody asks for."""

    membership = PlentyOfUsers()

    def find(self, *_: object) -> Collection:
        return collection()

    def begin(self, _: Collection) -> None:
        """Everything is here."""

    def sync(self, _: Collection) -> "Plenty":
        return self

    def paging_key(self) -> bytes:
        return bytes(32)

    def vector(self, _: str) -> Any:
        return np.eye(1, MODEL.dimensions, dtype=np.float32)[0]

    def page(self, *asked: Any) -> list[str]:
        return numbered(asked[-1])

    def user_page(self, _: str | None, limit: int) -> list[User]:
        return list(users(limit).values())

    def search(self, _: Any, __: float, limit: int) -> list[tuple[str, float]]:
        return [(found, 1.0) for found in numbered(limit)]

    search_users = search

    def records(self, _: Collection, face_ids: Sequence[str]) -> dict[str, FaceRecord]:
        box = RatioBox(0.1, 0.1, 0.5, 0.5)
        return {found: FaceRecord(found, FACE_ID, box, 99.0) for found in face_ids}


class PlentyOfCollections(Plenty):
    """The store of collections, whose pages are of another kind."""

    def page(self, *asked: Any) -> Any:
        return [collection(name) for name in numbered(asked[-1])]


@pytest.mark.parametrize(
    ("operation", "params", "member", "size"),
    [
        ("ListCollections", {}, "CollectionIds", DEFAULT_PAGE),
        ("ListFaces", HERE, "Faces", DEFAULT_PAGE),
        ("ListUsers", HERE, "Users", DEFAULT_USERS),
        ("SearchFaces", {**HERE, "FaceId": FACE_ID}, "FaceMatches", DEFAULT_MATCHES),
        ("SearchUsers", {**HERE, "FaceId": FACE_ID}, "UserMatches", DEFAULT_USERS),
    ],
)
def test_size_of_an_answer(operation: str, params: Any, member: str, size: int) -> None:
    """Lost: code that reads one page misses people whom AWS tells, or drowns in them."""
    plenty = Plenty()
    services: Any = SimpleNamespace(
        collections=PlentyOfCollections(),
        gallery=plenty,
        faces=plenty,
        secrets=plenty,
        models=FaceModels(MODEL),
    )
    call = CallContext(SCOPE, Principal("key", SCOPE.account), operation, FACE_ID, 0.0)
    assert len(OPERATIONS[operation](services, call, params)[member]) == size
    maximum = "MaxResults" if operation.startswith("List") else None
    if maximum:
        none = OPERATIONS[operation](services, call, {**params, maximum: 0})
        assert len(none[member]) == size
