"""Large galleries are scanned by codes, and answer as brute force does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineament.domain.faces import Matrix, Vector
from lineament.gallery import chunk
from lineament.gallery.shelf import Shelf, ShelfView

DIMENSIONS = 48
COUNT = 3000


@pytest.fixture(autouse=True, scope="module")
def small_chunks() -> object:
    """Chunks have codes from 64 rows on: thousands of vectors fill several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk, "CODED", 64)
        patch.setattr("lineament.gallery.rows._LARGEST_CHUNK", 512)
        yield


def unit(rows: Matrix) -> Matrix:
    found: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found.astype(np.float32)


def clustered(seed: int, spread: float) -> Matrix:
    """Return people of some photos each, some of them twice, one with a single huge component."""
    random = np.random.default_rng(seed)
    people = random.normal(size=(COUNT // 10, DIMENSIONS))
    rows = np.repeat(people, 10, axis=0) + spread * random.normal(size=(COUNT, DIMENSIONS))
    rows[7::100] = rows[6::100]
    rows[::250, 0] = 40.0  # far beyond what a code can hold
    return unit(rows)


def name(row: int) -> str:
    return f"00000000-0000-4000-8000-{row * 7919 % 1_000_003:012x}"


def shelf_of(rows: Matrix) -> Shelf:
    shelf = Shelf()
    shelf.begin()
    for start in range(0, len(rows), 300):
        part = rows[start : start + 300]
        shelf.add([name(start + place) for place in range(len(part))], list(part))
    return shelf


def brute_force(
    rows: Matrix, living: set[int], query: Vector, low: float, limit: int
) -> list[tuple[str, float]]:
    scores = (rows.astype(np.float64) * query.astype(np.float64)).sum(axis=1)
    found = [(name(row), float(scores[row])) for row in sorted(living) if scores[row] >= low]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]


ROWS = {spread: clustered(3, spread) for spread in (0.05, 0.4, 3.0)}
VIEWS: dict[float, ShelfView] = {}


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(sorted(ROWS)),
    st.integers(0, COUNT - 1),
    st.sampled_from([0.0, 0.02, 1.0]),
    st.sampled_from([-1.0, 0.0, 0.3, 0.5, 0.9, 1.0]),
    st.sampled_from([1, 2, 10, 400, 4096]),
)
def test_answers_are_those_of_brute_force(
    spread: float, row: int, noise: float, low: float, limit: int
) -> None:
    """Lost: a person is missed, or ranked wrongly, once a collection is large."""
    if spread not in VIEWS:
        VIEWS[spread] = shelf_of(ROWS[spread]).publish()
    rows = ROWS[spread]
    query = unit(rows[row : row + 1] + noise * np.random.default_rng(row).normal(size=DIMENSIONS))[
        0
    ]
    expected = brute_force(rows, set(range(COUNT)), query, low, limit)
    assert VIEWS[spread].search(query, low, limit) == expected


def test_these_galleries_have_codes() -> None:
    """Lost: the tests here show nothing of the scan by codes."""
    coded = [part.chunk._codes is not None for part in VIEWS[0.4]._rows.parts(COUNT)]
    assert coded == [True] * len(coded)
    assert len(coded) > 4
    loose = [len(part.chunk._codes.loose) for part in VIEWS[0.4]._rows.parts(COUNT)]  # type: ignore[union-attr]
    assert sum(loose) >= COUNT // 250


def test_all_rows_alike() -> None:
    """Lost: a crowd of one photo's copies hides who comes after them, or never ends the search."""
    rows = unit(
        np.ones((COUNT, DIMENSIONS)) + 1e-4 * np.random.default_rng(1).normal(size=(COUNT, 1))
    )
    view = shelf_of(rows).publish()
    for limit in (1, 100, 4096):
        expected = brute_force(rows, set(range(COUNT)), rows[0], -1.0, limit)
        assert view.search(rows[0], -1.0, limit) == expected


def test_a_step_that_only_adds_copies_no_mask() -> None:
    """Lost: each face that is added to 20 million costs a copy of 20 MB."""
    rows = ROWS[0.4]
    shelf = shelf_of(rows[:500])
    before = shelf.publish()
    shelf.begin()
    shelf.add([name(900)], [rows[900]])
    added = shelf.publish()
    assert np.shares_memory(before._alive, added._alive)
    assert (len(before), len(added)) == (500, 501)
    assert before.page(None, 999) == sorted(map(name, range(500)))
    shelf.begin()
    shelf.add([name(7)], [rows[8]])
    assert name(7) in before, "its row there has died since"
    changed = shelf.publish()
    assert before.search(rows[7], 0.999, 9)[0] == added.search(rows[7], 0.999, 9)[0]
    assert changed.page(None, 999) == sorted(map(name, [*range(500), 900]))


def test_removed_rows_are_not_found_and_hide_nobody() -> None:
    """Lost: deleted faces are found, or take the places of others in an answer."""
    rows = ROWS[0.4]
    shelf = shelf_of(rows)
    living = set(range(COUNT))
    before = shelf.publish()
    shelf.begin()
    for row in range(990):
        if row % 10 < 8:
            shelf.remove(name(row))
            living.discard(row)
    view = shelf.publish()
    for row in (0, 8, 500):
        for low, limit in ((-1.0, 5), (0.5, 4096)):
            expected = brute_force(rows, living, rows[row], low, limit)
            assert view.search(rows[row], low, limit) == expected
            everybody = brute_force(rows, set(range(COUNT)), rows[row], low, limit)
            assert before.search(rows[row], low, limit) == everybody  # older views stay


def test_a_query_without_direction() -> None:
    """Lost: a search that cannot match anything fails instead."""
    view = shelf_of(ROWS[0.4]).publish()
    assert view.search(np.zeros(DIMENSIONS, np.float32), 0.5, 10) == []
