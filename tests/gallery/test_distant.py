"""A gallery whose vectors are in an engine answers as one in memory does, at every number."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineament.domain import users
from lineament.domain.collections import Change, UserChange
from lineament.domain.counts import Counts
from lineament.domain.engine import Row
from lineament.domain.raw_ids import to_key
from lineament.gallery import generation
from lineament.gallery.distant import DistantFaces
from lineament.gallery.memory import MemoryGallery
from tests.gallery.distance import POOL, Kept, alike, folded, load, on
from tests.gallery.fake_log import ListLog
from tests.gallery.tables import PlainEngine
from tests.gallery.test_gallery import IDS
from tests.gallery.test_user_shelves import KEYS, NAMES

few = st.lists(st.sampled_from(IDS[:7]), min_size=1, max_size=3)
step = st.one_of(
    st.tuples(
        st.just("add"),
        st.dictionaries(st.sampled_from(IDS[:7]), st.integers(0, 3), min_size=1, max_size=4),
    ),
    st.tuples(st.just("remove"), few),
    st.tuples(st.sampled_from(["create", "delete"]), st.sampled_from(NAMES)),
    st.tuples(
        st.sampled_from(["associate", "disassociate"]), st.tuples(st.sampled_from(NAMES), few)
    ),
)
history = st.lists(step, min_size=1, max_size=14)
numbers = st.tuples(st.integers(1, 14), st.integers(1, 14)).map(sorted)
junk = st.lists(
    st.tuples(st.sampled_from([*IDS[:9], *KEYS.values()]), st.integers(0, 15), st.integers(0, 3)),
    max_size=12,
)
often = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "FACES_PER_USER", 3)
        patch.setattr(generation, "_WORTH_A_SNAPSHOT", 1)
        patch.setattr(generation, "_STEP", 3)
        yield


def written(steps: list[tuple[str, object]], *, erased: bool = False) -> ListLog:
    """Return a log; `erased`: without the vectors of faces that were removed later."""
    log = ListLog()
    for kind, what in steps:
        if kind == "add":
            log.add({name: POOL[index] for name, index in what.items()})  # type: ignore[attr-defined]
        elif kind == "remove":
            log.add({}, what)  # type: ignore[arg-type]
        else:
            name, faces = what if isinstance(what, tuple) else (what, [])
            text = name if kind == "create" else ""
            doing = UserChange(kind, KEYS[name], text, tuple(faces))  # type: ignore[arg-type]
            log.append(Change(0, user=doing))
    if erased:
        left = on(log, None, None).sync(log.collection())
        last = {name: change.seq for change in log.entries for name in change.added}
        for place, change in enumerate(log.entries):
            kept = {
                name: vector if name in left and last[name] == change.seq else None
                for name, vector in change.added.items()
            }
            log.entries[place] = replace(change, added=kept)
    return log


def litter(engine: PlainEngine, rows: list[tuple[str, int, int]]) -> None:
    """Put rows into both tables that no snapshot has, or that have the vector of one it has."""
    for kind in ("faces", "users"):
        table = engine.table("g", kind)
        table.make(3)
        there = {row for block in table.rows() for row in block}
        for name, mark, index in rows:
            key = to_key(name)
            assert key is not None
            if (key, mark) not in there:
                table.put([(key, mark)], POOL[index][None, :])


@often
@given(history, numbers, junk, st.integers(1, 6), st.booleans())
def test_every_number_is_as_in_memory(
    steps: list[tuple[str, object]],
    at: list[int],
    rows: list[tuple[str, int, int]],
    widest: int,
    erased: bool,
) -> None:
    """Lost: answers change when a collection's vectors are moved to an engine.

    The engine is brought from one snapshot to a later one while a process goes on from the first.
    """
    log = written(steps, erased=erased)
    first, second = (min(number, len(log.entries)) for number in at)
    engine = PlainEngine(widest)
    base, later = folded(log, first), folded(log, second)
    load(engine, base)
    litter(engine, rows)
    there, here = on(log, Kept(base), engine), on(log, None, None)
    began = None
    taken = []
    for seq in range(first, len(log.entries) + 1):
        if seq == second:
            litter_of_others = {row for row in _rows(engine) if row not in _wanted(base)}
            load(engine, later, base)
            assert set(_rows(engine)) <= _wanted(later) | litter_of_others
            began = on(log, Kept(later), engine)
        views = [each.sync(log.collection(seq=seq)) for each in (there, began) if each is not None]
        assert all(isinstance(view.faces, DistantFaces) for view in views)
        expected = here.sync(log.collection(seq=seq))
        for view in views:
            alike(view, expected)
        taken += [(view, expected) for view in views if began is not None]
    for view, expected in taken:  # later syncs must not have changed older views
        alike(view, expected)


@often
@given(history, numbers)
def test_an_engine_is_left_with_the_rows_of_the_snapshot(
    steps: list[tuple[str, object]], at: list[int]
) -> None:
    """Lost: vectors of removed faces stay in the engine, or those of living ones are not there."""
    log = written(steps)
    first, second = (min(number, len(log.entries)) for number in at)
    base, later = folded(log, first), folded(log, second)
    known, unknown = PlainEngine(), PlainEngine()
    for engine, earlier in ((known, base), (unknown, None)):
        load(engine, base)
        load(engine, later, earlier)
        if later.halves.size:
            assert set(_rows(engine)) == _wanted(later)
        else:
            assert not _wanted(later)


def _rows(engine: PlainEngine) -> list[tuple[str, Row]]:
    tables = [(kind, each) for (_, kind), each in engine.tables.items() if each.held is not None]
    return [(kind, row) for kind, table in tables for block in table.rows() for row in block]


def _wanted(snapshot: object) -> set[tuple[str, Row]]:
    """Return the rows of a snapshot, as an engine gets them that has nothing."""
    engine = PlainEngine()
    load(engine, snapshot)  # type: ignore[arg-type]
    return set(_rows(engine))


def test_second_looks_are_counted() -> None:
    """Lost: searches that ask an engine again and again look like any other in the metrics."""
    log, counts = ListLog(), Counts()
    log.add(dict.fromkeys(IDS, POOL[0]))
    log.add({IDS[0]: POOL[1]})
    engine, kept = PlainEngine(widest=4), Kept(folded(log, 2))
    load(engine, folded(log, 2))
    gallery = MemoryGallery(log, 1 << 30, snapshots=kept, counts=counts, engine=engine)
    view = gallery.sync(log.collection())
    assert counts.cold_starts.read() == {("engine",): 1}
    assert view.search(POOL[1], 0.999, 3) == [(IDS[0], view.search(POOL[1], 0.999, 1)[0][1])]
    assert counts.second_looks.read() == {(): 0}
    assert len(view.search(POOL[0], 0.5, 3)) == 3  # more are alike than one call tells
    assert counts.second_looks.read() == {(): 1}
    assert counts.search_seconds.read()[()].within[-1] == 3


def test_a_row_that_comes_twice_is_one_face() -> None:
    """Lost: a face stands twice in an answer, since an engine has told of it twice."""
    log = ListLog()
    log.add(dict(zip(IDS, POOL, strict=False)))
    engine = PlainEngine()
    load(engine, folded(log, 1))
    view = on(log, Kept(folded(log, 1)), engine).sync(log.collection())
    expected = view.search(POOL[0], -1.0, 3)
    table = engine.table("g", "faces")
    once = table.nearest

    def twice(query: np.ndarray, low: float, limit: int) -> object:
        hits = once(query, low, limit)
        both = [place for place in range(len(hits.rows)) for _ in range(2)][:limit]
        rows = [hits.rows[place] for place in both]
        return type(hits)(rows, hits.scores[both], hits.vectors[both])

    table.nearest = twice  # type: ignore[method-assign,assignment]
    assert view.search(POOL[0], -1.0, 3) == expected
