"""Which row an id has, of rows that only ever come: little memory, and no lock for readers."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.domain.raw_ids import ID_TYPE, Ids, to_bytes

Places = NDArray[np.intp]

_FIRST_CAPACITY = 64
_UNSORTED, _UNSORTED_PART = 1024, 32
"""Rows that are found by a dict, so many or such a part of all; the others by their order."""
_RECENT_BYTES = 220
"""What a row costs in the dict."""


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """Rows that follow each other, by id."""

    ids: Ids
    """Of all rows."""
    start: int
    """The first row."""
    order: Places
    """Counted from there."""

    @property
    def end(self) -> int:
        return self.start + len(self.order)

    def upto(self, key: bytes) -> int:
        """Return how many of them have ids up to one."""
        ids, needle = self.ids[self.start : self.end], np.array(key, ID_TYPE)
        return int(np.searchsorted(ids, needle, side="right", sorter=self.order))

    def rows(self, first: int, last: int) -> Places:
        """Return some of them."""
        return self.start + self.order[first:last]

    def grown(self, end: int) -> "_Order":
        """Return these and the rows up to `end` in one order, equal ids by row."""
        more = len(self.order) + np.argsort(self.ids[self.end : end], kind="stable")
        mine, added = self.ids[self.start : self.end], self.ids[self.start + more]
        places = np.searchsorted(mine, added, side="right", sorter=self.order)
        return _Order(self.ids, self.start, np.insert(self.order, places, more))


class RowIndex:
    """Rows by id; an id may have several. One writer at a time; readers take no lock."""

    def __init__(self, expected: int = 0) -> None:
        """Begin without rows; `expected` ones are known to come."""
        self.count = 0
        self.ids: Ids = np.empty(max(expected, _FIRST_CAPACITY), ID_TYPE)
        """Those of the first `count` rows, and room. Replaced when there is none left: readers
        keep the array that they have."""
        self._recent: dict[bytes, list[int]] = {}
        """Rows by id, ascending, of those that came since `_sorted` was made."""
        self._sorted: tuple[int, Places] = (0, np.empty(0, np.intp))
        """How many rows are in order, and their order by id; replaced as a whole."""
        self._newer: tuple[int, Places] = (0, np.empty(0, np.intp))
        """The first row after those of `_sorted`, and from there on the order of some."""
        self._ordering = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        ordered = self._sorted[1].nbytes + self._newer[1].nbytes
        return self.ids.nbytes + ordered + len(self._recent) * _RECENT_BYTES

    def append(self, ids: Ids) -> None:
        """Give each id the next row. Readers that know the count of before see nothing of it."""
        start, end = self.count, self.count + len(ids)
        self._reserve(end)
        self.ids[start:end] = ids
        if len(self._recent) + len(ids) > max(_UNSORTED, end // _UNSORTED_PART):
            self.order(end)
            self._recent = {}  # After the order, which readers ask second.
        else:
            for row in range(start, end):
                self._recent.setdefault(to_bytes(self.ids, row), []).append(row)
        self.count = end

    def find(self, key: bytes, count: int) -> int | None:
        """Return the newest row of an id among the first `count`, or None."""
        for row in reversed(self._recent.get(key, ())):
            if row < count:
                return row
        known, order = self._sorted
        ids = self.ids[:known]
        place = int(np.searchsorted(ids, np.array(key, ID_TYPE), side="right", sorter=order)) - 1
        while place >= 0 and to_bytes(ids, int(order[place])) == key:
            if order[place] < count:
                return int(order[place])
            place -= 1
        return None

    def rows(self, ids: Ids) -> Places:
        """Return the newest row of each of some ids, -1 where it has none, in one look for all."""
        known, order = self._sorted
        places = np.searchsorted(self.ids[:known], ids, side="right", sorter=order) - 1
        found = np.full(len(ids), -1, np.intp)
        some = np.flatnonzero(places >= 0)
        rows = order[places[some]]
        same = self.ids[rows] == ids[some]
        found[some[same]] = rows[same]
        if self._recent:
            for place in range(len(ids)):
                found[place] = self._recent.get(to_bytes(ids, place), (found[place],))[-1]
        return found

    def order(self, count: int) -> Places:
        """Return the first `count` rows in the order of their ids, equal ids by row."""
        with self._ordering:  # What is in order never becomes less: `find` counts on it.
            known, order = self._sorted
            if count > known:
                order = _Order(self.ids, 0, order).grown(count).order
                self._sorted = (count, order)
        return order if count >= known else order[order < count]

    def ascending(self, after: bytes | None, count: int, part: int) -> Iterator[Places]:
        """Yield those of the first `count` rows whose ids are above one, in the order of their ids.

        Rows that have come since the last are put in order among themselves only: a page after
        each row costs little, however many there are.

        Args:
            after: an id, here or not; None for all.
            count: rows.
            part: about how many rows are yielded at once.
        """
        old, new = self._orders(count)
        start, other = (0, 0) if after is None else (old.upto(after), new.upto(after))
        while start < len(old.order):
            rows = old.order[start : start + part]
            start += len(rows)
            upto = new.upto(to_bytes(self.ids, int(rows[-1])))
            if upto > other:
                rows = np.concatenate([rows, new.rows(other, upto)])
                rows = rows[np.argsort(self.ids[rows], kind="stable")]
                other = upto
            yield rows[rows < count]
        while other < len(new.order):
            rows = new.rows(other, other + part)
            other += len(rows)
            yield rows[rows < count]

    def _orders(self, count: int) -> "tuple[_Order, _Order]":
        """Return the order of the rows that are in order, and that of those after them."""
        with self._ordering:
            known, order = self._sorted
            start, later = self._newer
            new = _Order(self.ids, known, later if start == known else np.empty(0, np.intp))
            if new.end < count:
                new = new.grown(count)
                self._newer = (known, new.order)
            return _Order(self.ids, 0, order), new

    def _reserve(self, count: int) -> None:
        capacity = len(self.ids)
        if count <= capacity:
            return
        ids: Ids = np.empty(max(count, 2 * capacity), ID_TYPE)
        ids[: self.count] = self.ids[: self.count]
        self.ids = ids
