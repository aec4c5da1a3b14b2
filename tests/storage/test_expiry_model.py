"""Expired faces are seen by nobody, whatever happened before: galleries against a model of them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineament.domain.collections import Change, Collection, UserChange
from lineament.domain.expiry import DAY
from lineament.domain.faces import Vector
from lineament.domain.folding import Folding
from lineament.domain.snapshots import Head, Snapshot, unit_rows
from lineament.domain.templates import template
from lineament.domain.users import Membership, fold
from lineament.gallery import generation
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from lineament.storage.loading import Load
from tests.gallery.fake_log import ListLog, brute_force
from tests.gallery.tables import PlainEngine
from tests.storage.aging import Clock, ruled

FACES = [str(uuid.UUID(int=n)) for n in range(1, 6)]
KEYS = [str(uuid.UUID(int=n << 64)) for n in (1, 2)]
HALVES = np.random.default_rng(7).normal(size=(5, 6)).astype(np.float16)
VECTORS = dict(zip(FACES, unit_rows(HALVES), strict=True))
RAW = {face: row.tobytes() for face, row in zip(FACES, HALVES, strict=True)}
ADD = st.tuples(st.just("add"), st.lists(st.sampled_from(FACES), min_size=1, max_size=3))
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, DAY // 2, DAY - 1, DAY, 3 * DAY]))
RULE = st.tuples(st.just("rule"), st.sampled_from([0, 1, 2, 5]))
ASSOCIATE = st.tuples(st.just("associate"), st.sampled_from(KEYS), st.sampled_from(FACES))
STEPS = st.one_of(
    ADD,
    ADD,
    st.tuples(st.just("remove"), st.lists(st.sampled_from(FACES), min_size=1, max_size=3)),
    st.tuples(st.just("create"), st.sampled_from(KEYS)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS)),
    ASSOCIATE,
    ASSOCIATE,
    st.tuples(st.just("disassociate"), st.sampled_from(KEYS), st.sampled_from(FACES)),
    WAIT,
    WAIT,
    RULE,
    st.tuples(st.just("compact")),
)
# Some is always there to expire, and expires: a history that begins with nothing shows little.
HISTORY = st.builds(
    lambda rule, rest: [("create", KEYS[0]), ("add", FACES[:3]), rule, *rest],
    RULE,
    st.lists(STEPS, min_size=6, max_size=30),
)


@dataclass
class Model:
    """What is in the log, by plain dictionaries, and what of it may be seen."""

    log: ListLog = field(default_factory=ListLog)
    clock: Clock = field(default_factory=Clock)
    days: int = 0
    there: dict[str, int] = field(default_factory=dict)
    """Faces that are in the log, with the time of their indexing."""
    membership: Membership = field(default_factory=Membership)
    folding: Folding = field(default_factory=lambda: Folding("g"))
    snapshot: Snapshot | None = None

    @property
    def collection(self) -> Collection:
        return ruled(self.log.collection(), self.days)

    def do(self, step: tuple[Any, ...]) -> None:
        kind, *rest = step
        if kind == "wait":
            self.clock.now += rest[0]
        elif kind == "rule":
            self.days = rest[0]
        elif kind == "compact":
            self.snapshot = self.folding.finish()
            self.folding = Folding("g", self.snapshot)
        else:
            self._change(kind, rest)

    def _change(self, kind: Any, rest: list[Any]) -> None:
        seq, vectors = len(self.log.entries) + 1, {}
        if kind == "add":
            vectors = {face: RAW[face] for face in rest[0]}
            when = dict.fromkeys(rest[0], int(self.clock.now))
            change = Change(seq, {face: VECTORS[face] for face in rest[0]}, indexed=when)
        elif kind == "remove":
            change = Change(seq, removed=tuple(rest[0]))
        elif kind in {"create", "delete"}:
            change = Change(seq, user=UserChange(kind, rest[0], "name" * (kind == "create")))
        else:
            change = Change(seq, user=UserChange(kind, rest[0], face_ids=(rest[1],)))
        self.membership, effect = fold(self.membership, change, self.there.__contains__)
        self.there |= change.indexed
        if kind == "remove":
            self.there = {face: at for face, at in self.there.items() if face not in effect.faces}
        self.log.append(change)
        self.folding.apply(change, vectors)

    def visible(self) -> dict[str, Vector]:
        """Return the faces that a caller may be told of now."""
        upto = int(self.clock.now) - self.days * DAY if self.days else -1
        return {face: VECTORS[face] for face, at in self.there.items() if at > upto}

    def agrees(self, view: MemoryGalleryView) -> None:
        """Assert that a view shows what may be seen, all of it, and no more."""
        visible = self.visible()
        assert view.page(None, 99) == sorted(visible)
        assert len(view) == len(visible)
        assert {face: face in view for face in FACES} == {face: face in visible for face in FACES}
        assert sorted(view.vectors(FACES)) == sorted(visible)
        templates = {}
        for user in self.membership.users.values():
            faces = tuple(face for face in user.faces if face in visible)
            shown = view.membership.find(user.key)
            assert shown is not None
            assert (shown.faces, shown.status) == (faces, "ACTIVE" if faces else "CREATED")
            if faces:
                templates[user.key] = template(np.stack([visible[face] for face in faces]))
            else:
                assert view.template(user.key) is None
        owners = {f: k for f, k in self.membership.owners.items() if f in visible}
        assert dict(view.membership.owners) == owners
        assert [user.key for user in view.user_page(None, 9)] == sorted(self.membership.users)
        query = VECTORS[FACES[0]]
        assert _alike(view.search(query, -1.0, 99), brute_force(visible, query, -1.0, 99))
        assert _alike(view.search_users(query, -1.0, 9), brute_force(templates, query, -1.0, 9))


def _alike(one: list[tuple[str, float]], other: list[tuple[str, float]]) -> bool:
    return [name for name, _ in one] == [name for name, _ in other] and all(
        abs(a - b) < 1e-5 for (_, a), (_, b) in zip(one, other, strict=True)
    )


class Kept:
    """The Snapshots port on the model's snapshot, whose vectors an engine may hold."""

    def __init__(self, model: Model, engine: str = "") -> None:
        self._model, self._engine = model, engine

    def whereabouts(self, _generation: str) -> tuple[str, int]:
        snapshot = self._model.snapshot
        return ("", 0) if snapshot is None else (self._engine, snapshot.seq)

    def newest(self, _generation: str) -> Snapshot | None:
        return self._model.snapshot

    def newest_head(self, _generation: str, _engine: str = "") -> Head | None:
        return None if self._model.snapshot is None else self._model.snapshot.head


class NoTenure:
    """A tenure that nobody else wants."""

    replacing = False

    def keep(self, *, at_once: bool = False) -> None:
        """Say that this writer is alive."""


def engine_of(model: Model) -> PlainEngine:
    """Return an engine that holds the model's snapshot."""
    engine = PlainEngine()
    if model.snapshot is not None:
        Load(engine, model.snapshot).put(NoTenure())  # type: ignore[arg-type]
    return engine


Look = Callable[[Model], MemoryGalleryView]


def from_the_log(model: Model) -> MemoryGalleryView:
    return MemoryGallery(model.log, 1 << 30, clock=model.clock).sync(model.collection)


def from_a_snapshot(model: Model) -> MemoryGalleryView:
    gallery = MemoryGallery(model.log, 1 << 30, snapshots=Kept(model), clock=model.clock)
    return gallery.sync(model.collection)


def from_an_engine(model: Model) -> MemoryGalleryView:
    kept, engine = Kept(model, PlainEngine.name), engine_of(model)
    gallery = MemoryGallery(model.log, 1 << 30, snapshots=kept, engine=engine, clock=model.clock)
    return gallery.sync(model.collection)


@given(steps=HISTORY)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_running_process_never_shows_an_expired_face(steps: list[tuple[Any, ...]]) -> None:
    """Lost: somebody whose time in a collection is over is found, counted or listed once more."""
    model = Model()
    gallery = MemoryGallery(model.log, 1 << 30, clock=model.clock)
    for step in steps:
        model.do(step)
        model.agrees(gallery.sync(model.collection))


@pytest.mark.parametrize("look", [from_the_log, from_a_snapshot, from_an_engine])
@given(steps=HISTORY)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_process_that_starts_never_shows_one(look: Look, steps: list[tuple[Any, ...]]) -> None:
    """Lost: after a restart, or on an engine, those are found whose time is over."""
    model = Model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
        for step in steps:
            model.do(step)
        model.agrees(look(model))


@given(before=HISTORY, after=st.lists(STEPS, min_size=4, max_size=15))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_process_on_an_engine_goes_on_so(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]
) -> None:
    """Lost: a template in the engine that still has an expired face in it finds its user."""
    model = Model()
    for step in [*before, ("compact",)]:
        model.do(step)
    kept, engine = Kept(model, PlainEngine.name), engine_of(model)
    model_snapshot = model.snapshot
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
        gallery = MemoryGallery(
            model.log, 1 << 30, snapshots=kept, engine=engine, clock=model.clock
        )
        model.agrees(gallery.sync(model.collection))
        for step in after:
            model.do(step)
            model.snapshot = model_snapshot  # which the engine holds
            model.agrees(gallery.sync(model.collection))


def test_another_thread_that_knows_the_old_rule_changes_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lost: in the second in which a rule is tightened, an answer by the new one has old faces."""
    model = Model()
    for step in [("add", FACES[:2]), ("wait", 2 * DAY), ("rule", 5)]:
        model.do(step)
    loose = model.collection
    model.do(("rule", 1))
    gallery = MemoryGallery(model.log, 1 << 30, clock=model.clock)
    weigh, seen = gallery._held.weigh, []

    def and_another(name: str, held: Any) -> None:
        weigh(name, held)
        if not seen:
            seen.append(0)
            seen[0] = len(gallery.sync(loose))

    monkeypatch.setattr(gallery._held, "weigh", and_another)
    assert len(gallery.sync(model.collection)) == 0
    assert seen == [2]
    assert len(gallery.sync(model.collection)) == 0
