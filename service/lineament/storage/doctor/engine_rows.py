"""The rows that an engine is to hold of a snapshot, and which of them it was seen to hold."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lineament.domain.engine import Kind, Row, TableMissing, VectorTable
from lineament.domain.faces import Matrix
from lineament.domain.raw_ids import ID_TYPE, Ids, from_key, to_bytes, to_ids, to_key
from lineament.domain.snapshots import Marks, Snapshot, unit_rows
from lineament.domain.templates import template, template_mark
from lineament.domain.users import User

_AT_ONCE = 1000
_CLOSE = 1e-6
"""Of two components: some of float32's last places, which other processors may round otherwise."""
_NO_MARK = -1
_MARKS = 1 << 63
Places = NDArray[np.intp]


@dataclass(slots=True)
class Seen:
    """What a look through a generation's tables has found; ids of faces and users."""

    missing: set[str] = field(default_factory=set)
    differing: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    """Of rows that the snapshot does not name."""
    no_table: list[Kind] = field(default_factory=list)
    """Where rows should be; or it has none at all."""


class Wanted:
    """The rows of one table, 9 bytes each beside the snapshot's."""

    def __init__(self, ids: Ids, marks: Marks, vectors: Callable[[Places], Matrix]) -> None:
        """Take rows in any order, and what makes the vectors of some of them."""
        self._ids, self._marks, self._vectors = ids, marks, vectors
        self._order: Places = np.argsort(ids, kind="stable")
        self._met = np.zeros(len(ids), np.bool_)

    def places(self, ids: Ids) -> Places:
        """Return the place of each id, -1 where it has none."""
        if not len(self._ids):
            return np.full(len(ids), -1, np.intp)
        at = np.searchsorted(self._ids, ids, sorter=self._order)
        found = self._order[np.minimum(at, len(self._ids) - 1)]
        return np.where(self._ids[found] == ids, found, -1)

    def row(self, place: int) -> Row:
        """Return the id and mark at a place."""
        return to_bytes(self._ids, place), int(self._marks[place])

    def look_through(self, kind: Kind, table: VectorTable, seen: Seen) -> int:
        """Note what a table has of these rows, and what else; return how many it has.

        Raises:
            EngineUnavailable: see the port.
        """
        count = 0
        try:
            for rows, vectors in table.blocks():
                self._meet(rows, vectors, seen)
                count += len(rows)
            for places in self._unmet():  # By key: a listing is no answer about one row.
                there = table.get([self.row(place) for place in places])
                if there:
                    self._meet(list(there), np.stack(list(there.values())), seen)
        except TableMissing:
            pass
        if len(self._ids) and not self._met.any():
            seen.no_table.append(kind)
            return count
        for places in self._unmet():
            seen.missing.update(from_key(self.row(place)[0]) for place in places)
        return count

    def _meet(self, rows: Sequence[Row], vectors: Matrix, seen: Seen) -> None:
        if not rows:
            return
        marks = [mark if mark < _MARKS else _NO_MARK for _, mark in rows]
        places = self.places(np.frombuffer(b"".join(key for key, _ in rows), ID_TYPE))
        same = places >= 0
        same[same] = self._marks[places[same]] == np.array(marks, np.int64)[same]
        seen.kept.update(from_key(rows[at][0]) for at in np.flatnonzero(~same).tolist())
        known = places[same]
        if not len(known):
            return
        self._met[known] = True
        right = self._vectors(known)
        close = np.zeros(len(known), np.bool_)
        if right.shape[1] == vectors.shape[1]:  # No number is close to what is none.
            close = (np.abs(vectors[same] - right) < _CLOSE).all(axis=1)
        seen.differing.update(from_key(self.row(place)[0]) for place in known[~close].tolist())

    def _unmet(self) -> Iterator[list[int]]:
        places = np.flatnonzero(~self._met)
        for start in range(0, len(places), _AT_ONCE):
            yield places[start : start + _AT_ONCE].tolist()


def wanted_rows(snapshot: Snapshot) -> dict[Kind, Wanted]:
    """Return the rows of a snapshot's faces, and of the templates of users that have some."""
    faces = Wanted(snapshot.ids, snapshot.marks, lambda some: unit_rows(snapshot.halves[some]))

    def members(user: User) -> Places:
        places = faces.places(to_ids(user.faces))
        return places[places >= 0]  # A face whose vector is erased has no part in a template.

    users: list[User] = []
    names: list[bytes] = []
    marks: list[int] = []
    for user in snapshot.membership.users.values():
        key, places = to_key(user.key), members(user) if user.faces else ()
        if key is not None and len(places):
            users.append(user)
            names.append(key)
            marks.append(template_mark(faces.row(int(place)) for place in places))

    def templates(some: Places) -> Matrix:
        return np.stack([template(unit_rows(snapshot.halves[members(users[at])])) for at in some])

    keys = np.frombuffer(b"".join(names), ID_TYPE)
    return {"faces": faces, "users": Wanted(keys, np.array(marks, np.int64), templates)}
