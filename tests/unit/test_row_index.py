"""The index of ids, which galleries and compaction rest on."""

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain import row_index
from lineament.domain.raw_ids import from_block, from_key, to_bytes, to_ids, to_key, to_names
from lineament.domain.row_index import RowIndex

KEYS = [bytes(16), bytes(15) + b"\1", b"\1" + bytes(15), b"\1\1" + bytes(14), b"\xff" * 16]
"""Some end in zeros, which numpy strips from a single one."""
batches = st.lists(st.lists(st.sampled_from(KEYS), max_size=6, unique=True), max_size=12)


@pytest.mark.parametrize("unsorted", [0, 3, 1000])
@given(batches=batches)
def test_each_id_is_found_at_its_newest_row(batches: list[list[bytes]], unsorted: int) -> None:
    """Lost: a search, or a snapshot, holds another face's vector, or one that was replaced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_index, "_UNSORTED", unsorted)
        index = RowIndex()
        rows: list[bytes] = []
        for batch in batches:
            index.append(from_block(b"".join(batch)))
            rows += batch
            for count in range(index.count + 1):
                known = {key: row for row, key in enumerate(rows[:count])}
                assert [index.find(key, count) for key in KEYS] == [known.get(k) for k in KEYS]
                order = index.order(count).tolist() if count == index.count else []
                assert order == sorted(range(len(order)), key=lambda row: (rows[row], row))
            known = {key: row for row, key in enumerate(rows)}
            found = index.rows(from_block(b"".join(KEYS)))
            assert found.tolist() == [known.get(key, -1) for key in KEYS]


@pytest.mark.parametrize("unsorted", [0, 3, 1000])
@given(batches=batches, part=st.integers(1, 5), after=st.sampled_from([None, *KEYS]))
def test_rows_come_in_the_order_of_their_ids(
    batches: list[list[bytes]], part: int, after: bytes | None, unsorted: int
) -> None:
    """Lost: ListFaces passes a face over, or tells one twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_index, "_UNSORTED", unsorted)
        index, rows = RowIndex(), list[bytes]()
        for batch in batches:
            index.append(from_block(b"".join(batch)))
            rows += batch
            for count in range(0, index.count + 1, 3):  # of earlier views too
                found = [int(row) for each in index.ascending(after, count, part) for row in each]
                above = [row for row in range(count) if after is None or rows[row] > after]
                assert sorted(found) == above
                assert [rows[row] for row in found] == sorted(rows[row] for row in above)


def test_a_page_after_each_new_row_leaves_the_order_of_all_alone() -> None:
    """Lost: at 20 million faces a ListFaces after each IndexFaces takes a quarter of a second."""
    index, rng = RowIndex(), np.random.default_rng(4)
    index.append(from_block(rng.bytes(16 * 5000)))
    before = index._sorted
    for _ in range(9):
        index.append(from_block(rng.bytes(16)))
        assert len(next(index.ascending(None, index.count, 10))) >= 10
    assert index._sorted is before


def test_readers_of_an_earlier_count_see_nothing_new() -> None:
    """Lost: a view that somebody holds shows a face that came after it."""
    index = RowIndex()
    rng = np.random.default_rng(3)
    first = from_block(rng.bytes(16 * 3000))
    index.append(first)
    ids = index.ids[: index.count]
    index.append(first[:2000])
    assert index.find(to_bytes(first, 7), 3000) == 7
    assert index.find(to_bytes(first, 7), index.count) == 3007
    assert ids.tobytes() == first.tobytes()
    assert sorted(index.order(3000).tolist()) == list(range(3000))


@given(st.lists(st.uuids().map(str)))
def test_ids_survive_their_raw_form(names: list[str]) -> None:
    """Lost: FaceIds change over a restart."""
    ids = to_ids(names)
    assert list(to_names(ids)) == names
    assert [from_key(to_bytes(ids, row)) for row in range(len(ids))] == names
    assert [to_key(name) for name in names] == [uuid.UUID(name).bytes for name in names]
