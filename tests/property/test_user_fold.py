"""The fold of a log into users and owners, against a plain model."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain.collections import Change, UserAction, UserChange
from lineament.domain.limits import FACES_PER_USER
from lineament.domain.standing import Ahead, Standing
from lineament.domain.users import Effect, Membership
from tests.property.examples import examples

VECTOR = np.ones(1, np.float32)
KEYS = ("k1", "k2", "k3")
FACES = tuple(f"f{number}" for number in range(8))
CROWD = tuple(f"c{number}" for number in range(FACES_PER_USER + 3))
"""Enough to fill a user."""


@dataclass
class Model:
    """A collection as plain sets and lists."""

    faces: set[str] = field(default_factory=set)
    users: dict[str, list[str]] = field(default_factory=dict)
    """Key to FaceIds, in the order of association."""

    def owner(self, face_id: str) -> str | None:
        owners = [key for key, faces in self.users.items() if face_id in faces]
        assert len(owners) <= 1
        return owners[0] if owners else None

    def apply(self, change: Change) -> set[str]:
        """Do a change, and return the faces that it associated, disassociated or removed."""
        if change.user is not None:
            return self._user(change.user)
        if change.removed:
            gone = {each for each in change.removed if each in self.faces and not self.owner(each)}
            self.faces -= gone
            return gone
        self.faces |= set(change.added)
        return set()

    def _user(self, change: UserChange) -> set[str]:
        if change.action == "create":
            self.users.setdefault(change.key, [])
            return set()
        if change.key not in self.users:
            return set()
        mine = self.users[change.key]
        if change.action == "delete":
            return set(self.users.pop(change.key))
        asked = list(dict.fromkeys(change.face_ids))
        if change.action == "associate":
            new = [each for each in asked if each in self.faces and self.owner(each) is None]
            if len(mine) + len(new) > FACES_PER_USER:
                return set()
            mine += new
            return set(new)
        left = [each for each in asked if each in mine]
        self.users[change.key] = [each for each in mine if each not in left]
        return set(left)


@dataclass(frozen=True)
class Empty:
    """A Standing before the first change."""

    seq: int = 0
    membership: Membership = field(default_factory=Membership)

    def __contains__(self, face_id: str) -> bool:
        return False


def some(faces: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw FaceIds, some of them twice."""
    return st.lists(st.sampled_from(faces), min_size=1, max_size=6).map(tuple)


def _user_change(action: UserAction, key: str, face_ids: tuple[str, ...]) -> Change:
    named = f"user {key}" if action == "create" else ""
    return Change(0, user=UserChange(action, key, named, face_ids))


def changes(faces: tuple[str, ...]) -> st.SearchStrategy[Change]:
    """Draw one entry of a log, its number left open."""
    keys = st.sampled_from(KEYS)
    return st.one_of(
        some(faces).map(lambda ids: Change(0, added=dict.fromkeys(ids, VECTOR))),
        some(faces).map(lambda ids: Change(0, removed=ids)),
        st.builds(_user_change, st.just("create"), keys, st.just(())),
        st.builds(_user_change, st.just("delete"), keys, st.just(())),
        st.builds(_user_change, st.sampled_from(["associate", "disassociate"]), keys, some(faces)),
        st.just(Change(0)),
    )


LOGS = st.lists(changes(FACES), max_size=40)


def numbered(log: list[Change]) -> list[Change]:
    """Return the entries with their numbers."""
    return [
        Change(seq, added=each.added, removed=each.removed, user=each.user)
        for seq, each in enumerate(log, 1)
    ]


def folded(below: Standing, log: list[Change]) -> tuple[Ahead, list[Effect]]:
    """Return where a log leads, and what each entry did."""
    ahead = Ahead(below)
    return ahead, [ahead.apply(change) for change in log]


def plain(standing: Standing) -> tuple[dict[str, list[str]], dict[str, str], set[str]]:
    """Return users with their faces, owners and faces, in types that compare by content."""
    users = {key: list(user.faces) for key, user in standing.membership.users.items()}
    faces = {each for each in (*FACES, *CROWD) if each in standing}
    return users, dict(standing.membership.owners.items()), faces


def agree(standing: Standing) -> None:
    """Assert that the two directions of a membership tell the same."""
    users, owners, faces = plain(standing)
    assert owners == {face_id: key for key, mine in users.items() for face_id in mine}
    assert sum(len(mine) for mine in users.values()) == len(owners)
    assert set(owners) <= faces
    assert all(len(mine) <= FACES_PER_USER for mine in users.values())
    assert len(standing.membership) == len(users)
    for face_id in (*FACES, *CROWD):
        owner = standing.membership.owner(face_id)
        assert (None if owner is None else owner.key) == owners.get(face_id)
    for key in KEYS:
        user = standing.membership.find(key)
        assert (user is None) == (key not in users)
        if user is not None:
            assert user.user_id == f"user {key}"
            assert user.status == ("ACTIVE" if user.faces else "CREATED")


@examples(300)
@given(log=LOGS)
def test_the_fold_is_the_model(log: list[Change]) -> None:
    """Lost: two processes, or an answer and the next listing, disagree on whose a face is."""
    model, ahead = Model(), Ahead(Empty())
    for change in numbered(log):
        effect = ahead.apply(change)
        assert set(effect.faces) == model.apply(change)
        users, _, faces = plain(ahead)
        assert (users, faces) == (model.users, model.faces)
        agree(ahead)


@examples(200)
@given(log=LOGS, share=st.floats(0, 1))
def test_two_halves_are_one_whole(log: list[Change], share: float) -> None:
    """Lost: a process that was level half way knows other owners than one that starts cold."""
    entries, cut = numbered(log), round(share * len(log))
    whole, effects = folded(Empty(), entries)
    half, first = folded(Empty(), entries[:cut])
    before = plain(half)
    rest, second = folded(half, entries[cut:])
    assert plain(rest) == plain(whole)
    assert first + second == effects
    assert plain(half) == before  # whoever holds the older standing keeps it


@examples(200)
@given(log=LOGS)
def test_effects_tell_the_difference(log: list[Change]) -> None:
    """Lost: an answer tells of an association that did not happen, or hides one that did."""
    ahead = Ahead(Empty())
    for change in numbered(log):
        users, owners, faces = plain(ahead)
        effect = ahead.apply(change)
        users_after, owners_after, faces_after = plain(ahead)
        if change.user is None:
            assert (effect.before, effect.after) == (None, None)
            assert (users_after, owners_after) == (users, owners)
            assert faces - faces_after == set(effect.faces)
            continue
        key = change.user.key
        before, after = effect.before, effect.after
        assert (None if before is None else list(before.faces)) == users.get(key)
        assert (None if after is None else list(after.faces)) == users_after.get(key)
        assert {*owners.items()} ^ {*owners_after.items()} == {(i, key) for i in effect.faces}
        assert faces_after == faces


@examples(100)
@given(log=LOGS, forgotten=st.sets(st.sampled_from(FACES)))
def test_erased_vectors_change_nothing(log: list[Change], forgotten: set[str]) -> None:
    """Lost: once removed faces' vectors are erased, a cold process folds another history."""
    entries = numbered(log)
    whole, effects = folded(Empty(), entries)
    gone = {each for each in forgotten if each not in whole}
    without = [
        Change(
            each.seq,
            added={i: None if i in gone else vector for i, vector in each.added.items()},
            removed=each.removed,
            user=each.user,
        )
        for each in entries
    ]
    again, same = folded(Empty(), without)
    assert same == effects  # at each number, while the faces were still there
    assert plain(again) == plain(whole)


@examples(60)
@given(
    parts=st.lists(st.tuples(st.integers(0, 102), st.integers(1, 103)), min_size=1, max_size=6),
    between=st.lists(changes(CROWD[:6]), max_size=6),
)
def test_a_user_never_passes_a_hundred(parts: list[tuple[int, int]], between: list[Change]) -> None:
    """Lost: one user takes any room; or a change that does not fit is carried out by half."""
    log = [
        Change(0, added=dict.fromkeys(CROWD, VECTOR)),
        *(_user_change("create", key, ()) for key in KEYS),
    ]
    for place, (start, length) in enumerate(parts):
        log.append(_user_change("associate", KEYS[0], CROWD[start : start + length]))
        log += between[place : place + 1]
    model, ahead = Model(), Ahead(Empty())
    for change in numbered(log):
        effect = ahead.apply(change)
        assert set(effect.faces) == model.apply(change)
        agree(ahead)
        assert plain(ahead)[0] == model.users


def test_the_last_face_that_fits() -> None:
    """Lost: a user may have a face less than AWS allows."""
    log = numbered(
        [
            Change(0, added=dict.fromkeys(CROWD, VECTOR)),
            _user_change("create", "k1", ()),
            _user_change("associate", "k1", CROWD[:99]),
            _user_change("associate", "k1", CROWD[99:101]),
            _user_change("associate", "k1", CROWD[98:100]),
            _user_change("associate", "k1", CROWD[100:101]),
        ]
    )
    _, effects = folded(Empty(), log)
    assert [len(effect.faces) for effect in effects[2:]] == [99, 0, 1, 0]
    assert not effects[3].changed
