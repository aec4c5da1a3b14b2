"""What some numbers of a log do to a gallery, worked out before any of it is done.

The vectors that new templates need may be in an engine that does not answer. Then nothing has
changed, and the same numbers can be read again; folded twice, they would do something else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from lineament.domain.collections import Change
from lineament.domain.faces import Vector
from lineament.domain.templates import template
from lineament.domain.users import Membership, User, fold
from lineament.gallery.holdings import Holdings

_AT_ONCE = 4096
"""Faces that are copied at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a gallery is afterwards, as far as it changes."""

    membership: Membership
    there: Mapping[str, Vector]
    """Faces that were added, or added again, and stayed."""
    gone: list[str]
    """Faces that were removed, there before or not."""
    templates: Mapping[str, Vector | None]
    """Of every user that changed, by key; None without user or vectors."""
    indexed: Mapping[str, int]
    """When faces were indexed, as far as is known: epoch seconds."""

    def blocks(self) -> Iterator[dict[str, Vector]]:
        """Yield the faces that are there, some at a time."""
        faces = iter(self.there.items())
        while block := dict(islice(faces, _AT_ONCE)):
            yield block


def foresee(changes: Iterable[Change], membership: Membership, holdings: Holdings) -> Step:
    """Return what changes do to a gallery, which stays as it is.

    Args:
        changes: the next of its log.
        membership: the gallery's.
        holdings: the gallery's.

    Raises:
        EngineUnavailable: vectors that a template needs cannot be had now.
    """
    latest: dict[str, Vector | None] = {}
    indexed: dict[str, int] = {}
    touched: set[str] = set()

    def living(face_id: str) -> bool:
        return latest[face_id] is not None if face_id in latest else holdings.has(face_id)

    for change in changes:
        kept = {name: vector for name, vector in change.added.items() if vector is not None}
        latest |= kept
        indexed |= {name: change.indexed.get(name, 0) for name in kept}
        owners = membership.owners
        touched.update(owners[name] for name in kept if name in owners)
        membership, effect = fold(membership, change, living)
        if change.user is None:
            latest |= dict.fromkeys(effect.faces)
        elif effect.changed:
            touched.add(change.user.key)
    there = {name: vector for name, vector in latest.items() if vector is not None}
    gone = [name for name, vector in latest.items() if vector is None]
    users = {key: membership.find(key) for key in touched}
    members = [face for user in users.values() if user is not None for face in user.faces]
    others = [face for face in members if face not in latest]
    vectors = there | holdings.vectors(others) if others else there
    templates = {
        key: None if user is None else template_of(user, vectors) for key, user in users.items()
    }
    return Step(membership, there, gone, templates, indexed)


def template_of(user: User, vectors: Mapping[str, Vector]) -> Vector | None:
    """Return the template of a user's faces, those without a vector left out; None without any."""
    found = [vectors[face_id] for face_id in user.faces if face_id in vectors]
    return template(np.stack(found)) if found else None
