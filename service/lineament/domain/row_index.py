"""Which row an id has, of rows that only ever come: little memory, and no lock for readers."""

import threading

import numpy as np
from numpy.typing import NDArray

from lineament.domain.raw_ids import ID_TYPE, Ids, to_bytes

Places = NDArray[np.intp]

_FIRST_CAPACITY = 64
_UNSORTED, _UNSORTED_PART = 1024, 32
"""Rows that are found by a dict, so many or such a part of all; the others by their order."""
_RECENT_BYTES = 220
"""What a row costs in the dict."""


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
        self._ordering = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        return self.ids.nbytes + self._sorted[1].nbytes + len(self._recent) * _RECENT_BYTES

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
                order = self._merge(order, known, count)
                self._sorted = (count, order)
        return order if count >= known else order[order < count]

    def _merge(self, order: Places, known: int, count: int) -> Places:
        ids = self.ids
        new = known + np.argsort(ids[known:count], kind="stable")
        if not known:
            return new
        places = np.searchsorted(ids[:known], ids[new], side="right", sorter=order)
        return np.insert(order, places, new)

    def _reserve(self, count: int) -> None:
        capacity = len(self.ids)
        if count <= capacity:
            return
        ids: Ids = np.empty(max(count, 2 * capacity), ID_TYPE)
        ids[: self.count] = self.ids[: self.count]
        self.ids = ids
