"""Processes that run while a collection's vectors are moved, or cannot be had."""

import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lineament.domain.collections import Change, UserChange
from lineament.domain.engine import EngineUnavailable
from lineament.domain.folding import Folding
from lineament.domain.raw_ids import to_key
from lineament.domain.snapshots import Snapshot, unit_rows
from lineament.errors import ServiceUnavailable, ThrottlingException
from lineament.gallery import generation
from lineament.gallery.distant import DistantFaces
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from tests.gallery.distance import POOL, Kept, alike, folded, load, on
from tests.gallery.fake_log import ListLog
from tests.gallery.tables import PlainEngine
from tests.gallery.test_gallery import IDS
from tests.gallery.test_user_shelves import KEYS

WIDTH = 64


class Clock:
    """What `generation` takes for the time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def later(self) -> None:
        self.now += generation._LOOK_SECONDS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(generation, "time", made)
    return made


def crowd(log: ListLog, count: int) -> Snapshot:
    """Log faces in one number, and return the snapshot there."""
    halves = np.random.default_rng(1).normal(size=(count, WIDTH)).astype(np.float16)
    names = [str(uuid.uuid4()) for _ in range(count)]
    log.add(dict(zip(names, unit_rows(halves), strict=True)))
    folding = Folding("g")
    folding.apply(log.entries[0], {n: h.tobytes() for n, h in zip(names, halves, strict=True)})
    return folding.finish()


def far(view: MemoryGalleryView) -> bool:
    return isinstance(view.faces, DistantFaces)


def say(log: ListLog, action: str, name: str, *faces: str) -> None:
    text = name if action == "create" else ""
    log.append(Change(0, user=UserChange(action, KEYS[name], text, faces)))  # type: ignore[arg-type]


def failing(kind: type[Exception]) -> Callable[..., Any]:
    def fail(*_args: object) -> Any:
        raise kind

    return fail


def agree(gallery: MemoryGallery, log: ListLog) -> MemoryGalleryView:
    view = gallery.sync(log.collection())
    alike(view, on(log, None, None).sync(log.collection()))
    return view


def test_there_and_back(clock: Clock) -> None:
    """Lost: after a move a server keeps all vectors in memory, or asks an engine without them."""
    log, engine = ListLog(), PlainEngine()
    kept = Kept(crowd(log, 3000), engine="")
    gallery = on(log, kept, engine)
    begun = gallery.sync(log.collection())
    inside = gallery.nbytes()
    query = begun.vector(begun.page(None, 1)[0])
    assert query is not None
    assert inside > 3000 * WIDTH * 4
    assert kept.snapshot is not None
    load(engine, kept.snapshot)
    kept.engine = "milvus"
    assert gallery.sync(log.collection()) is begun  # nobody looks at each search
    clock.later()
    view = gallery.sync(log.collection())
    assert far(view)
    assert gallery.nbytes() < inside / 5
    alike(view, begun, [query])
    assert gallery.sync(log.collection()) is view
    kept.engine = ""
    clock.later()
    back = gallery.sync(log.collection())
    assert not far(back)
    engine.drop("g")
    alike(back, begun, [query])
    assert inside * 0.9 < gallery.nbytes() < inside * 1.1


def test_a_newer_snapshot_is_taken_up(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a server that runs for months holds all that came in them, or reads S3 all the time."""
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    log, engine = ListLog(), PlainEngine()
    for number in range(5):
        log.add({IDS[number]: POOL[number % 4]})
    kept = Kept(folded(log, 5))
    load(engine, folded(log, 5))
    gallery = on(log, kept, engine)
    agree(gallery, log)
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1 << 30)
    for number in range(2000):
        log.add({IDS[number % 7]: POOL[number % 4]})
        if number == 1998:
            kept.snapshot = folded(log, len(log.entries))
            load(engine, kept.snapshot)
            clock.later()
            assert len(agree(gallery, log).faces.recent) > 0  # type: ignore[attr-defined]
            assert kept.heads == 1
    kept.snapshot = folded(log, len(log.entries))
    load(engine, kept.snapshot)
    clock.later()
    view = agree(gallery, log)
    assert kept.heads == 2
    assert len(view.faces.recent) == 0  # type: ignore[attr-defined]


def test_heads_are_not_read_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: behind a busy writer each search reads the whole head of a snapshot that it has."""
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    log, engine = ListLog(), PlainEngine()
    log.add({IDS[0]: POOL[0]})
    kept = Kept(folded(log, 1))
    load(engine, folded(log, 1))
    gallery = on(log, kept, engine)
    for number in range(5):
        agree(gallery, log)
        log.add({IDS[number]: POOL[1]})
    assert kept.heads == 1


@pytest.mark.parametrize("what", ["whereabouts", "newest_head", "log"])
@pytest.mark.parametrize("leaves", [True, False], ids=["from the engine", "to it"])
def test_a_look_that_fails_costs_one_answer(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, what: str, *, leaves: bool
) -> None:
    """Lost: a server that never learns of a move since something failed once, or fails on."""
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    log, engine = ListLog(), PlainEngine()
    for number in range(4):
        log.add({IDS[number]: POOL[number]})
    kept = Kept(folded(log, 2), engine="milvus" if leaves else "")
    load(engine, folded(log, 2))
    gallery = on(log, kept, engine)
    before = agree(gallery, log)
    assert far(before) == leaves
    kept.engine = "" if leaves else "milvus"
    clock.later()
    name = "newest" if leaves and what == "newest_head" else what
    broken, method = (log, "changes") if what == "log" else (kept, name)
    with monkeypatch.context() as patch:
        patch.setattr(broken, method, failing(ThrottlingException))
        with pytest.raises(ThrottlingException):
            gallery.sync(log.collection())
        view = gallery.sync(log.collection()) if what != "log" else before
        alike(view, before)
    clock.later()
    after = agree(gallery, log)
    assert far(after) != leaves
    if leaves:
        engine.drop("g")
    agree(gallery, log)


def test_a_move_that_fails_halfway_shows_nothing_older(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a face that was found a moment ago is not there, while a server changes over."""
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    monkeypatch.setattr(generation, "_STEP", 1)
    log, engine = ListLog(), PlainEngine()
    for number in range(5):
        log.add({IDS[number]: POOL[number % 4]})
    kept = Kept(folded(log, 2))
    load(engine, folded(log, 2))
    gallery = on(log, kept, engine)
    before = agree(gallery, log)
    kept.engine = ""
    clock.later()
    whole = log.changes

    def changes(name: str, after: int, upto: int) -> list[Change]:
        if after >= 3:
            raise ThrottlingException
        return whole(name, after, upto)

    with monkeypatch.context() as patch:
        patch.setattr(log, "changes", changes)
        with pytest.raises(ThrottlingException):
            gallery.sync(log.collection())
        assert gallery.sync(log.collection(seq=1)) is before
    clock.later()
    assert not far(agree(gallery, log))


def test_a_step_that_fails_is_not_taken_twice(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: after an engine was away, faces and users are missing in one server for good.

    Folded twice, the removal of a face that was anna's then takes it away.
    """
    monkeypatch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
    log, engine = ListLog(), PlainEngine()
    for number in range(4):
        log.add({IDS[number]: POOL[number]})
    say(log, "create", "anna")
    say(log, "associate", "anna", IDS[0], IDS[1])
    kept = Kept(folded(log, 6))
    load(engine, folded(log, 6))
    gallery = on(log, kept, engine)
    before = agree(gallery, log)
    log.add({}, [IDS[0]])  # is anna's: stays
    say(log, "disassociate", "anna", IDS[0])
    log.add({IDS[2]: POOL[3]})
    say(log, "create", "carla")
    say(log, "associate", "carla", IDS[3])
    say(log, "delete", "carla")
    say(log, "associate", "anna", IDS[3])
    table = engine.table("g", "faces")
    with monkeypatch.context() as patch:
        patch.setattr(table, "get", failing(EngineUnavailable))
        for _ in range(2):
            with pytest.raises(EngineUnavailable) as raised:
                gallery.sync(log.collection())
            assert isinstance(raised.value, ServiceUnavailable)
            assert raised.value.status == 503
        alike_but_vectors(gallery.sync(log.collection(seq=6)), before)
    alike(before, on(log, None, None).sync(log.collection(seq=6)))
    agree(gallery, log)
    clock.later()
    say(log, "disassociate", "anna", IDS[1])
    agree(gallery, log)


def alike_but_vectors(one: MemoryGalleryView, other: MemoryGalleryView) -> None:
    assert one.seq == other.seq
    assert one.page(None, 99) == other.page(None, 99)
    assert one.search(POOL[0], -1.0, 9) == other.search(POOL[0], -1.0, 9)


def test_a_search_without_the_engine_is_tried_again() -> None:
    """Lost: instead of an error that clients retry, an answer without the faces of the engine."""
    log, engine = ListLog(), PlainEngine()
    kept = Kept(crowd(log, 5))
    assert kept.snapshot is not None
    load(engine, kept.snapshot)
    gallery = on(log, kept, engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
        view = gallery.sync(log.collection())
    assert far(view)
    (name,) = view.page(None, 1)
    vector = view.vector(name)
    assert vector is not None
    key = to_key(name)
    assert key is not None
    engine.table("g", "faces").remove([(key, 1)])
    with pytest.raises(EngineUnavailable):
        view.vector(name)
    engine.drop("g")
    for ask in (lambda: view.search(vector, 0.0, 3), lambda: view.vector(name)):
        with pytest.raises(EngineUnavailable):
            ask()
    assert len(view) == 5
