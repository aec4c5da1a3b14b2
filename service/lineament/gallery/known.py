"""Which rows of an engine count: ids and marks of a snapshot's faces, less what has gone since."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from rpds import HashTrieSet

from lineament.domain.engine import Row
from lineament.domain.expiry import Times
from lineament.domain.raw_ids import ID_TYPE, from_key, to_bytes, to_key
from lineament.domain.row_index import RowIndex
from lineament.domain.snapshots import Head, Marks
from lineament.domain.templates import template_mark
from lineament.domain.users import User
from lineament.gallery.holdings import NEVER


@dataclass(frozen=True, slots=True)
class Known:
    """The faces of a snapshot that count at one number of the log. Immutable."""

    seq: int
    """Of the snapshot."""
    index: RowIndex
    """Its faces. Nobody writes to it any more."""
    marks: Marks
    times: Times
    gone: "HashTrieSet[int]"
    """Rows of `index` that were removed, or added again, since."""

    @classmethod
    def of(cls, head: Head) -> "Known":
        """Know all faces of a snapshot."""
        index = RowIndex(len(head.ids))
        index.append(head.ids)
        return cls(head.seq, index, head.marks, head.times, HashTrieSet())

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        return self.index.nbytes + self.marks.nbytes + self.times.nbytes

    def __len__(self) -> int:
        """Return how many faces count."""
        return self.index.count - len(self.gone)

    def row(self, name: str) -> Row | None:
        """Return the engine's row of a face, or None where none counts."""
        key = to_key(name)
        place = None if key is None else self._place(key)
        return None if key is None or place is None else (key, int(self.marks[place]))

    def counts(self, row: Row) -> bool:
        """Tell whether an engine's row is the one that counts for its face."""
        place = self._place(row[0])
        return place is not None and int(self.marks[place]) == row[1]

    def without(self, name: str) -> "Known":
        """Return what is known once a face has gone, there or not."""
        key = to_key(name)
        place = None if key is None else self._place(key)
        return self if place is None else replace(self, gone=self.gone.insert(place))

    def aged(self, upto: int) -> list[str]:
        """Return the ids of faces that count and were indexed then or before."""
        rows = np.flatnonzero(self.times <= upto).tolist()
        ids = self.index.ids
        return [from_key(to_bytes(ids, row)) for row in rows if row not in self.gone]

    def oldest(self, after: int) -> int:
        """Return when the oldest face was indexed of those after a time, or `NEVER`.

        It may have gone since: who looks for what is older then finds nothing, once.
        """
        return int(self.times[self.times > after].min(initial=NEVER))

    def after(self, name: str | None) -> Iterator[str]:
        """Yield the ids > `name` that count, ascending."""
        order, start = self.index.order(self.index.count), 0
        if name is not None:
            needle = np.array(to_key(name), ID_TYPE)
            ids = self.index.ids[: self.index.count]
            start = int(np.searchsorted(ids, needle, side="right", sorter=order))
        for place in range(start, len(order)):
            if int(order[place]) not in self.gone:
                yield from_key(to_bytes(self.index.ids, int(order[place])))

    def template_row(self, user: User) -> Row | None:
        """Return the row of a user's template, if its faces are as they were in the snapshot.

        Faces whose vectors are erased, which are about to leave the user, play no part.
        """
        key = to_key(user.key)
        faces = [row for row in map(self.row, user.faces) if row is not None]
        return (key, template_mark(faces)) if key is not None and faces else None

    def _place(self, key: bytes) -> int | None:
        place = self.index.find(key, self.index.count)
        return None if place is None or place in self.gone else place
