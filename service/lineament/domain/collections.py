"""A collection and its change log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    ancestor: str = ""
    """The first generation of this life, where `lineament reindex` has made another since."""

    @property
    def lineage(self) -> str:
        """What stays from the making of a collection to its deletion; FaceIds follow from it."""
        return self.ancestor or self.generation


@dataclass(frozen=True, slots=True)
class Change:
    """One committed entry of a collection's log. Void when it adds and removes nothing.

    A collection's faces are the fold of its changes in the order of `seq`: `added` sets, `removed`
    drops. An added face whose vector was erased since is absent from `added`.
    """

    seq: int
    added: Mapping[str, Vector] = field(default_factory=dict)
    """Face id to vector."""
    removed: tuple[str, ...] = ()
