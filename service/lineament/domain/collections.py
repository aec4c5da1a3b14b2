"""A collection and its change log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lineament.context import Scope
from lineament.domain.faces import Vector


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of faces, as DynamoDB tells it at one moment."""

    scope: Scope
    collection_id: str
    generation: str
    """A random id of the faces: made again, or moved to another model, it gets another."""
    model_version: str
    created: float
    """Epoch seconds."""
    seq: int = 0
    """The highest number given to a change; each number at or below it is a change or void."""
    tags: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    """The operator's, in the form of tags: `domain.rules.read_rules`."""
    ancestor: str = ""
    """The first generation of this life, where `lineament reindex` has made another since."""

    @property
    def lineage(self) -> str:
        """What stays from the making of a collection to its deletion; FaceIds follow from it."""
        return self.ancestor or self.generation


UserAction = Literal["create", "delete", "associate", "disassociate"]


@dataclass(frozen=True, slots=True)
class UserChange:
    """A change of one user. What it does when its turn comes is `domain.users.fold`'s to say."""

    action: UserAction
    key: str
    """`domain.ids.user_key` of the user."""
    user_id: str = ""
    """With `create`; empty where the user was deleted since and its name erased."""
    face_ids: tuple[str, ...] = ()
    """With `associate` and `disassociate`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One committed entry of a collection's log. Void when it changes nothing.

    A collection is the fold of its changes in the order of `seq`: `added` sets faces, `removed`
    drops those that belong to no user, `user` changes a user.
    """

    seq: int
    added: Mapping[str, Vector | None] = field(default_factory=dict)
    """Face id to vector; None where the vector was erased since, the face being removed later."""
    removed: tuple[str, ...] = ()
    user: UserChange | None = None
    indexed: Mapping[str, int] = field(default_factory=dict)
    """When each of `added` was indexed: epoch seconds; absent where its release did not keep it."""
