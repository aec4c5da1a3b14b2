"""What may be wrong with a snapshot that can be read, and what `lineament doctor` says of it."""

import uuid
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from rpds import HashTrieMap, HashTrieSet

from lineament.domain.raw_ids import to_ids, to_names
from lineament.domain.snapshots import Snapshot
from lineament.domain.users import Membership, User

Harm = Callable[[Snapshot], tuple[Snapshot, list[str]]]
"""Returns another snapshot, and the ids that the finding must have."""
STRANGER = str(uuid.uuid4())


def rows(snapshot: Snapshot, taken: list[int]) -> Snapshot:
    """Return a snapshot of some rows."""
    return replace(
        snapshot,
        ids=snapshot.ids[taken],
        marks=snapshot.marks[taken],
        halves=snapshot.halves[taken],
    )


def names(snapshot: Snapshot) -> list[str]:
    return list(to_names(snapshot.ids))


def face_lost(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    last = len(snapshot.ids) - 1
    return rows(snapshot, list(range(last))), [names(snapshot)[last]]


def vector_lost(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    less, gone = face_lost(snapshot)
    return erased(less, *gone), gone


def face_of_nobody(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    ids = to_ids([*names(snapshot)[:-1], STRANGER])
    both = rows(snapshot, [*range(len(snapshot.ids)), 0])
    return replace(both, ids=np.concatenate([snapshot.ids, ids[-1:]])), [STRANGER]


def face_twice(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return rows(snapshot, [0, *range(len(snapshot.ids))]), names(snapshot)[:1]


def erased_face_of_nobody(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return erased(snapshot, STRANGER), [STRANGER]


def one_bit(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    halves = snapshot.halves.copy()
    halves.view(np.uint16)[1, 3] ^= 1
    return replace(snapshot, halves=halves), [names(snapshot)[1]]


def vectors_shorter(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return replace(snapshot, halves=snapshot.halves[:, :-1]), sorted(names(snapshot))


def another_mark(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    marks = snapshot.marks.copy()
    marks[1] += 1
    return replace(snapshot, marks=marks), [names(snapshot)[1]]


def user_renamed(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return with_user(snapshot, replace(ada(snapshot), user_id="eve"))


def user_of_another_number(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return with_user(snapshot, replace(ada(snapshot), seq=ada(snapshot).seq - 1))


def faces_in_another_order(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return with_user(snapshot, replace(ada(snapshot), faces=ada(snapshot).faces[::-1]))


def face_left_its_user(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return with_user(snapshot, replace(ada(snapshot), faces=ada(snapshot).faces[1:]))


def user_lost(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    users = snapshot.membership.users.remove(ada(snapshot).key)
    return membership(snapshot, users), [ada(snapshot).key]


def user_of_nobody(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return with_user(snapshot, User(STRANGER, "stranger", 1, ()))


def ahead(snapshot: Snapshot) -> tuple[Snapshot, list[str]]:
    return replace(snapshot, seq=snapshot.seq + 1), [str(snapshot.seq + 1)]


def ada(snapshot: Snapshot) -> User:
    """Return the user with faces."""
    (user,) = [each for each in snapshot.membership.users.values() if each.faces]
    return user


def with_user(snapshot: Snapshot, user: User) -> tuple[Snapshot, list[str]]:
    return membership(snapshot, snapshot.membership.users.insert(user.key, user)), [user.key]


def membership(snapshot: Snapshot, users: "HashTrieMap[str, User]") -> Snapshot:
    owners = {face_id: user.key for user in users.values() for face_id in user.faces}
    changed = Membership(users, HashTrieMap(owners), snapshot.membership.erased)
    return replace(snapshot, membership=changed)


def erased(snapshot: Snapshot, face_id: str) -> Snapshot:
    """Return it with one more face whose vector is erased."""
    known = snapshot.membership
    more = HashTrieSet([*known.erased, face_id])
    return replace(snapshot, membership=Membership(known.users, known.owners, more))


HARMS: dict[Harm, str] = {
    face_lost: "snapshot-face-missing",
    vector_lost: "snapshot-face-missing",
    face_of_nobody: "snapshot-face-unknown",
    face_twice: "snapshot-face-unknown",
    erased_face_of_nobody: "snapshot-face-unknown",
    one_bit: "snapshot-vector-differs",
    vectors_shorter: "snapshot-vector-differs",
    another_mark: "snapshot-mark-differs",
    user_renamed: "snapshot-user-differs",
    user_of_another_number: "snapshot-user-differs",
    faces_in_another_order: "snapshot-user-differs",
    face_left_its_user: "snapshot-user-differs",
    user_lost: "snapshot-user-differs",
    user_of_nobody: "snapshot-user-differs",
    ahead: "snapshot-ahead",
}
"""By the kind of the finding."""
