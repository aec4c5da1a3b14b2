"""Users of a gallery against a naive model: directory, templates, search, views of the past."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lineament.domain import users
from lineament.domain.collections import Change, UserAction, UserChange
from lineament.domain.faces import Vector
from lineament.domain.ids import user_key
from lineament.domain.templates import template
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from tests.gallery.fake_log import ListLog, brute_force
from tests.gallery.test_gallery import IDS, POOL

NAMES = ["anna", "berta", "carla"]
FEW = 2
"""Faces a user may have here: what goes past it has no effect."""
KEYS = {name: user_key("g", name) for name in NAMES}

step = st.one_of(
    st.tuples(st.just("add"), st.dictionaries(st.sampled_from(IDS), st.integers(0, 3), max_size=3)),
    st.tuples(st.just("remove"), st.lists(st.sampled_from(IDS), min_size=1, max_size=3)),
    st.tuples(st.sampled_from(["create", "delete"]), st.sampled_from(NAMES)),
    st.tuples(
        st.sampled_from(["associate", "disassociate"]),
        st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(IDS), min_size=1, max_size=4)),
    ),
)


@pytest.fixture(autouse=True, scope="module")
def few_faces() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "FACES_PER_USER", FEW)
        yield


@dataclass
class Naive:
    """What the collection should hold, by plain dicts."""

    faces: dict[str, Vector] = field(default_factory=dict)
    users: dict[str, list[str]] = field(default_factory=dict)

    def owned(self) -> set[str]:
        return {face_id for faces in self.users.values() for face_id in faces}

    def copy(self) -> "Naive":
        return Naive(dict(self.faces), {name: list(faces) for name, faces in self.users.items()})

    def take(self, kind: str, what: object) -> Change:
        """Do a step, and return the log's change of it, without a number."""
        doing: dict[str, Callable[[], Change]] = {
            "add": lambda: self._add(what),  # type: ignore[arg-type]
            "remove": lambda: self._remove(what),  # type: ignore[arg-type]
            "create": lambda: self._create(str(what)),
            "delete": lambda: self._delete(str(what)),
            "associate": lambda: self._associate(*what),  # type: ignore[misc]
            "disassociate": lambda: self._disassociate(*what),  # type: ignore[misc]
        }
        return doing[kind]()

    def _add(self, what: dict[str, int]) -> Change:
        added = {
            face_id: POOL[index] for face_id, index in what.items() if face_id not in self.faces
        }
        self.faces |= added
        return Change(0, added)

    def _remove(self, what: list[str]) -> Change:
        for face_id in set(what) - self.owned():
            self.faces.pop(face_id, None)
        return Change(0, {}, tuple(what))

    def _create(self, name: str) -> Change:
        self.users.setdefault(name, [])
        return _user("create", name)

    def _delete(self, name: str) -> Change:
        self.users.pop(name, None)
        return _user("delete", name)

    def _associate(self, name: str, what: list[str]) -> Change:
        if name in self.users:
            free = [i for i in dict.fromkeys(what) if i in self.faces and i not in self.owned()]
            if len(self.users[name]) + len(free) <= FEW:
                self.users[name] += free
        return _user("associate", name, what)

    def _disassociate(self, name: str, what: list[str]) -> Change:
        if name in self.users:
            self.users[name] = [i for i in self.users[name] if i not in what]
        return _user("disassociate", name, what)


def _user(action: UserAction, name: str, faces: list[str] | None = None) -> Change:
    text = name if action == "create" else ""
    return Change(0, user=UserChange(action, KEYS[name], text, tuple(faces or ())))


def check(view: MemoryGalleryView, naive: Naive) -> None:
    assert view.page(None, 100) == sorted(naive.faces)
    assert len(view.membership) == len(naive.users)
    listed = view.user_page(None, 10)
    assert [user.key for user in listed] == sorted(KEYS[name] for name in naive.users)
    assert {user.user_id: list(user.faces) for user in listed} == naive.users
    assert view.user_page(listed[0].key if listed else None, 1) == listed[1:2]
    templates = {}
    for name in NAMES:
        faces = naive.users.get(name, [])
        found = view.template(KEYS[name])
        assert (found is None) == (not faces)
        if found is not None:
            expected = template(np.stack([naive.faces[face_id] for face_id in faces]))
            assert np.array_equal(found, expected)
            templates[KEYS[name]] = found
        for face_id in faces:
            owner = view.membership.owner(face_id)
            assert owner is not None
            assert owner.user_id == name
    for query in (POOL[0], -POOL[1]):
        for low in (-1.0, 0.3):
            assert view.search_users(query, low, 2) == brute_force(templates, query, low, 2)
    assert set(view.membership.owners) == naive.owned()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(step, max_size=6), max_size=6))
def test_users_equal_a_naive_model(batches: list[list[tuple[str, object]]]) -> None:
    """Lost: ListUsers and the searches show users that are not there, or stale templates."""
    log, naive = ListLog(), Naive()
    gallery = MemoryGallery(log, 1 << 20)
    taken = [(gallery.sync(log.collection()), naive.copy())]
    for batch in batches:
        for kind, what in batch:
            log.append(naive.take(kind, what))
        taken.append((gallery.sync(log.collection()), naive.copy()))
    for view, then in taken:  # older views too: later syncs must not have changed them
        check(view, then)


@settings(max_examples=100, deadline=None)
@given(st.lists(step, max_size=25))
@example(
    [
        ("add", dict.fromkeys(IDS[:3], 0)),
        ("create", "anna"),
        ("associate", ("anna", IDS[:2])),
        ("associate", ("anna", IDS[2:3])),  # too many, while the first face is there
        ("disassociate", ("anna", IDS[:1])),
        ("remove", IDS[:1]),
    ]
)
def test_vectors_erased_later_change_no_users(steps: list[tuple[str, object]]) -> None:
    """Lost: a process that starts after an erasure sees other users than one that ran before.

    A face that is removed has its vector erased in the entry that added it, so who reads the log
    afterwards sees it added without one; up to its removal it counts all the same.
    """
    log, naive = ListLog(), Naive()
    for kind, what in steps:
        log.append(naive.take(kind, what))
    before = MemoryGallery(log, 1 << 20).sync(log.collection())
    last_added: dict[str, int] = {}
    for place, change in enumerate(log.entries):
        last_added |= dict.fromkeys(change.added, place)
    for place, change in enumerate(log.entries):
        kept = {
            name: vector if name in naive.faces and last_added[name] == place else None
            for name, vector in change.added.items()
        }
        log.entries[place] = Change(change.seq, kept, change.removed, change.user)
    after = MemoryGallery(log, 1 << 20).sync(log.collection())
    check(before, naive)
    check(after, naive)


def test_a_face_added_twice_stands_in_its_user_as_in_the_collection() -> None:
    """Lost: after a restart, a user has another Similarity than before it.

    Two calls that index a photo at once both add its faces; the later vectors count.
    """
    log = ListLog()
    running = MemoryGallery(log, 1 << 20)
    for change in (
        Change(0, {IDS[0]: POOL[0]}),
        _user("create", "anna"),
        _user("associate", "anna", IDS[:1]),
        Change(0, {IDS[0]: POOL[1]}),
    ):
        log.append(change)
        view = running.sync(log.collection())
    started = MemoryGallery(log, 1 << 20).sync(log.collection())
    for each in (view, started):
        check(each, Naive({IDS[0]: POOL[1]}, {"anna": IDS[:1]}))
