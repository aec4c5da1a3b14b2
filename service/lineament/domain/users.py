"""Users: who a collection's faces belong to. A pure fold of the collection's log.

Conflicts are decided here, by the order of the log, so that every process decides them alike:
the first association of a face wins; one that would take a user past its maximum of faces has no
effect at all; a face that belongs to a user is not removed. Nothing is refused: a change that comes
too late has no effect, and its writer reads that here.

Maps are persistent: a version costs what has changed, and whoever holds one keeps it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rpds import HashTrieMap, HashTrieSet

from lineament.domain.collections import Change, UserChange
from lineament.domain.limits import FACES_PER_USER


@dataclass(frozen=True, slots=True)
class User:
    """A user at one number of the log."""

    key: str
    user_id: str
    """Empty where a later number deletes the user and its name is erased already."""
    seq: int
    """The number that made it."""
    faces: tuple[str, ...] = ()
    """FaceIds in the order of their association, at most `FACES_PER_USER`."""

    @property
    def status(self) -> str:
        """AWS's UserStatus. A change is complete when it is committed, so none is UPDATING."""
        return "ACTIVE" if self.faces else "CREATED"


@dataclass(frozen=True, slots=True)
class Membership:
    """The users of a collection, and whose its faces are, at one number of the log."""

    users: "HashTrieMap[str, User]" = field(default_factory=HashTrieMap)
    """By key."""
    owners: "HashTrieMap[str, str]" = field(default_factory=HashTrieMap)
    """FaceId to the key of its user."""
    erased: "HashTrieSet[str]" = field(default_factory=HashTrieSet)
    """Faces that are there at this number, though a later one has removed them and their vectors
    are gone already."""

    def __len__(self) -> int:
        """Return the number of users."""
        return len(self.users)

    def find(self, key: str) -> User | None:
        """Return the user of a key, or None."""
        return self.users.get(key)

    def owner(self, face_id: str) -> User | None:
        """Return the user that a face belongs to, or None."""
        key = self.owners.get(face_id)
        return None if key is None else self.users[key]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change did when its turn came."""

    before: User | None = None
    """The user that the change is about, as it was; None where there was none."""
    after: User | None = None
    """The same user afterwards; None where there is none."""
    faces: tuple[str, ...] = ()
    """Faces that the change associated, disassociated or removed."""

    @property
    def changed(self) -> bool:
        """Tell whether the user is another than before."""
        return self.before != self.after


Living = Callable[[str], bool]
"""Tells whether a face was in the collection just before a change."""


def fold(membership: Membership, change: Change, living: Living) -> tuple[Membership, Effect]:
    """Return the membership after a change, and what the change did.

    Args:
        membership: before it.
        change: the next of the log.
        living: a face whose vector is still kept; those of `membership.erased` live as well.
    """
    if change.user is not None:
        return _fold_user(membership, change.seq, change.user, living)
    if change.removed:
        return _fold_removal(membership, change, living)
    erased = [face_id for face_id, vector in change.added.items() if vector is None]
    if not erased:
        return membership, Effect()
    return replace(membership, erased=membership.erased.update(erased)), Effect()


def _fold_removal(
    membership: Membership, change: Change, living: Living
) -> tuple[Membership, Effect]:
    removed = tuple(
        face_id
        for face_id in dict.fromkeys(change.removed)
        if face_id not in membership.owners and _lives(membership, face_id, living)
    )
    erased = membership.erased
    for face_id in removed:
        erased = erased.discard(face_id)
    return replace(membership, erased=erased), Effect(faces=removed)


def _fold_user(
    membership: Membership, seq: int, change: UserChange, living: Living
) -> tuple[Membership, Effect]:
    user = membership.users.get(change.key)
    if change.action == "create":
        return _create(membership, seq, change, user)
    if user is None:
        return membership, Effect()
    if change.action == "delete":
        owners = _without(membership.owners, user.faces)
        users = membership.users.remove(user.key)
        return replace(membership, users=users, owners=owners), Effect(user, None, user.faces)
    faces = dict.fromkeys(change.face_ids)
    if change.action == "associate":
        new = tuple(
            face_id
            for face_id in faces
            if face_id not in membership.owners and _lives(membership, face_id, living)
        )
        return _associate(membership, user, new)
    left = tuple(face_id for face_id in faces if membership.owners.get(face_id) == user.key)
    after = replace(user, faces=tuple(each for each in user.faces if each not in set(left)))
    return _with(membership, after, _without(membership.owners, left)), Effect(user, after, left)


def _create(
    membership: Membership, seq: int, change: UserChange, user: User | None
) -> tuple[Membership, Effect]:
    if user is not None:
        return membership, Effect(user, user)
    made = User(change.key, change.user_id, seq)
    return _with(membership, made, membership.owners), Effect(None, made)


def _associate(
    membership: Membership, user: User, new: tuple[str, ...]
) -> tuple[Membership, Effect]:
    if not new or len(user.faces) + len(new) > FACES_PER_USER:
        return membership, Effect(user, user)
    after = replace(user, faces=user.faces + new)
    owners = membership.owners.update(dict.fromkeys(new, user.key))
    return _with(membership, after, owners), Effect(user, after, new)


def _with(membership: Membership, user: User, owners: "HashTrieMap[str, str]") -> Membership:
    return replace(membership, users=membership.users.insert(user.key, user), owners=owners)


def _without(owners: "HashTrieMap[str, str]", face_ids: tuple[str, ...]) -> "HashTrieMap[str, str]":
    for face_id in face_ids:
        owners = owners.discard(face_id)
    return owners


def _lives(membership: Membership, face_id: str, living: Living) -> bool:
    return living(face_id) or face_id in membership.erased
