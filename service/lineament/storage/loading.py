"""Bringing what an engine holds of a generation in line with a snapshot of it.

Rows that are missing are put before the snapshot counts, rows too many are removed after it does. A
row never changes, so that this may be stopped anywhere, and done again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.domain.engine import Kind, Row, TableMissing, VectorEngine, VectorTable
from lineament.domain.faces import Matrix
from lineament.domain.raw_ids import ID_TYPE, Ids, to_bytes, to_ids, to_key
from lineament.domain.row_index import RowIndex
from lineament.domain.snapshots import Head, Marks, Snapshot, unit_rows
from lineament.domain.templates import template, template_mark
from lineament.storage.tenure import Tenure

_AT_ONCE = 2000
"""Rows between two signs of life."""
_SOME = 16
"""Rows that stand for all of a table."""
Progress = Callable[[int, int], None]
"""Told how many rows are there, and how many there are to be."""
_Vectors = Callable[[NDArray[np.intp]], Matrix]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The rows that a table is to have, each id once."""

    index: RowIndex
    marks: Marks
    vectors: _Vectors
    """Makes the vectors of some of them."""

    def missing(self, there: Iterable[Sequence[Row]]) -> tuple[NDArray[np.intp], list[Row]]:
        """Return the places of rows that are not among others, and those of them not wanted."""
        found = np.zeros(self.index.count, np.bool_)
        stale: list[Row] = []
        for rows in there:
            if not rows:
                continue
            places = self.index.rows(np.frombuffer(b"".join(key for key, _ in rows), ID_TYPE))
            marks = np.array([mark for _, mark in rows], np.int64)
            same = places >= 0
            same[same] = self.marks[places[same]] == marks[same]
            found[places[same]] = True
            stale += [row for row, kept in zip(rows, same, strict=True) if not kept]
        return np.flatnonzero(~found), stale

    def row(self, place: int) -> Row:
        return to_bytes(self.index.ids, place), int(self.marks[place])


class Load:
    """What an engine needs to hold a snapshot, worked out before the tenure to do it in."""

    def __init__(
        self,
        engine: VectorEngine,
        snapshot: Snapshot,
        base: Head | None = None,
        progress: Progress = lambda _done, _all: None,
    ) -> None:
        """Make no call.

        Args:
            engine: to be loaded.
            snapshot: with it.
            base: an earlier snapshot that the engine is known to hold; None: it is looked through.
            progress: told of rows that are there.
        """
        self.put_count = 0
        """Rows that `put` has put so far."""
        self._progress = progress
        self._wanted = _wanted(snapshot.head, lambda places: unit_rows(snapshot.halves[places]))
        self._base = None if base is None else _wanted(base, _no_vectors)
        self._tables = {kind: engine.table(snapshot.generation, kind) for kind in self._wanted}
        self._dimensions = snapshot.halves.shape[1]
        self._stale: dict[Kind, list[Row]] = {}
        self._all = sum(wanted.index.count for wanted in self._wanted.values())

    def put(self, tenure: Tenure, *, unsure: bool = False) -> None:
        """Put what is missing, until every search sees it.

        Args:
            tenure: to do it in.
            unsure: the engine may not hold the base any more: it is looked through.

        Raises:
            TenureLost: another process writes now.
            EngineUnavailable: see the port.
        """
        base = None if tenure.replacing or unsure else self._base
        done = 0
        for kind, wanted in self._wanted.items():
            table = self._tables[kind]
            if self._dimensions:  # Without a face none is needed, but one may be there.
                table.make(self._dimensions)
            known = base is not None and _seems_to_hold(table, base[kind])
            there = _rows_of(base[kind]) if base and known else _listed(table, tenure)
            places, self._stale[kind] = wanted.missing(there)
            done += wanted.index.count - len(places)
            self._progress(done, self._all)
            for start in range(0, len(places), _AT_ONCE):
                part = places[start : start + _AT_ONCE]
                tenure.keep()
                table.put([wanted.row(int(place)) for place in part], wanted.vectors(part))
                self.put_count += len(part)
                done += len(part)
                self._progress(done, self._all)
            if len(places):
                tenure.keep()
                table.settle()

    def clear(self, tenure: Tenure) -> None:
        """Remove what was there and is not wanted; to be called once the snapshot counts.

        Raises:
            TenureLost: another process writes now.
            EngineUnavailable: see the port.
        """
        for kind, rows in self._stale.items():
            for start in range(0, len(rows), _AT_ONCE):
                tenure.keep()
                self._tables[kind].remove(rows[start : start + _AT_ONCE])


def _seems_to_hold(table: VectorTable, wanted: _Wanted) -> bool:
    """Look at some of many rows: an engine that begins without its disk has none of them."""
    places = range(0, wanted.index.count, max(1, wanted.index.count // _SOME))
    rows = [wanted.row(place) for place in places]
    try:
        return not rows or len(table.get(rows)) == len(rows)
    except TableMissing:
        return False


def _listed(table: VectorTable, tenure: Tenure) -> Iterator[Sequence[Row]]:
    try:
        for rows in table.rows():
            tenure.keep()
            yield rows
    except TableMissing:
        return


def _rows_of(wanted: _Wanted) -> Iterator[Sequence[Row]]:
    for start in range(0, wanted.index.count, _AT_ONCE):
        places = range(start, min(start + _AT_ONCE, wanted.index.count))
        yield [wanted.row(place) for place in places]


def _wanted(head: Head, vectors: _Vectors) -> dict[Kind, _Wanted]:
    faces = _Wanted(_index(head.ids), head.marks, vectors)
    return {"faces": faces, "users": _users(head, faces)}


def _users(head: Head, faces: _Wanted) -> _Wanted:
    """Return the templates of those users that have faces with vectors."""
    keys: list[bytes] = []
    marks: list[int] = []
    members: list[NDArray[np.intp]] = []
    for user in head.membership.users.values():
        places = faces.index.rows(to_ids(user.faces)) if user.faces else np.empty(0, np.intp)
        places = places[places >= 0]  # A face whose vector is erased is about to leave the user.
        key = to_key(user.key)
        if len(places) and key is not None:
            keys.append(key)
            members.append(places)
            marks.append(template_mark(faces.row(int(place)) for place in places))

    def vectors(users: NDArray[np.intp]) -> Matrix:
        return np.stack([template(faces.vectors(members[user])) for user in users])

    ids: Ids = np.frombuffer(b"".join(keys), ID_TYPE)
    return _Wanted(_index(ids), np.array(marks, np.int64), vectors)


def _no_vectors(_places: NDArray[np.intp]) -> Matrix:
    raise AssertionError("what is there already is not put")


def _index(ids: Ids) -> RowIndex:
    index = RowIndex(len(ids))
    index.append(ids)
    return index
