"""Folding a log into a snapshot, in little more memory than the snapshot itself takes."""

from collections.abc import Mapping

import numpy as np

from lineament.domain.collections import Change
from lineament.domain.expiry import Times
from lineament.domain.raw_ids import to_ids, to_key
from lineament.domain.row_index import Places, RowIndex
from lineament.domain.snapshots import Halves, Marks, Snapshot, untold
from lineament.domain.users import Membership, fold

_BLOCK = 1 << 14
"""Rows that get room at once: 4 MB of 128 components."""


class Folding:
    """Folds a log. Holds all vectors, as float16. Not for threads."""

    def __init__(self, generation: str, base: Snapshot | None = None) -> None:
        """Begin at an earlier snapshot of the generation, or at number 0."""
        self.seq = 0 if base is None else base.seq
        self._generation = generation
        self._membership = Membership() if base is None else base.membership
        self._index = RowIndex()
        self._blocks: list[Halves] = []
        """Rows in the order of the index; the last one has room."""
        self._room = 0
        """Rows that have a place in a block, taken or not."""
        self._alive = np.zeros(0, np.bool_)
        self._marks: Marks = np.zeros(0, np.int64)
        self._times: Times = untold(0)
        if base is not None and len(base.ids):
            self._blocks, self._room = [base.halves], len(base.ids)
            self._index = RowIndex(len(base.ids))
            self._index.append(base.ids)
            self._alive = np.ones(self._room, np.bool_)
            self._marks = base.marks.copy()
            self._times = base.times.copy()

    def apply(self, change: Change, vectors: Mapping[str, bytes]) -> None:
        """Fold the next number.

        Args:
            change: what it holds.
            vectors: of its added faces, those that are not erased: bytes of float16.

        Raises:
            ValueError: vectors of different lengths.
        """
        if vectors:
            self._add(change, vectors)
        self._membership, effect = fold(self._membership, change, self._is_there)
        if change.user is None:
            for face_id in effect.faces:
                row = self._row(face_id)
                if row is not None:
                    self._alive[row] = False
        self.seq = change.seq

    def finish(self) -> Snapshot:
        """Return what the log comes to. Ends the folding: its vectors are let go of meanwhile."""
        count = self._index.count
        rows = np.flatnonzero(self._alive[:count])
        ids, marks, times = self._index.ids[rows], self._marks[rows], self._times[rows]
        halves = self._take(rows)
        return Snapshot(self._generation, self.seq, ids, marks, halves, self._membership, times)

    def _add(self, change: Change, vectors: Mapping[str, bytes]) -> None:
        ids = to_ids(vectors)
        widths = {len(each) for each in vectors.values()}
        widths.update(2 * block.shape[1] for block in self._blocks[-1:])
        if len(widths) > 1:
            raise ValueError("vectors of different lengths")
        halves = np.frombuffer(b"".join(vectors.values()), np.float16).reshape(len(ids), -1)
        old = self._index.rows(ids)
        self._alive[old[old >= 0]] = False
        start = self._index.count
        self._index.append(ids)
        self._put(start, halves)
        self._alive[start : start + len(ids)] = True
        self._marks[start : start + len(ids)] = change.seq
        told = [change.indexed.get(face_id, 0) for face_id in vectors]
        self._times[start : start + len(ids)] = told

    def _put(self, start: int, halves: Halves) -> None:
        written = 0
        while written < len(halves):
            if start + written == self._room:
                self._blocks.append(np.empty((_BLOCK, halves.shape[1]), np.float16))
                self._room += _BLOCK
            block = self._blocks[-1]
            place = len(block) - (self._room - start - written)
            part = halves[written : written + len(block) - place]
            block[place : place + len(part)] = part
            written += len(part)
        if len(self._alive) < self._room:
            room = max(self._room, self._room * 5 // 4)
            self._alive = np.concatenate([self._alive, np.zeros(room - len(self._alive), np.bool_)])
            self._marks = np.concatenate([self._marks, np.zeros(room - len(self._marks), np.int64)])
            self._times = np.concatenate([self._times, untold(room - len(self._times))])

    def _take(self, rows: Places) -> Halves:
        """Return the vectors of some rows, which ascend."""
        blocks, self._blocks = self._blocks, []
        if not len(rows):
            return np.zeros((0, 0), np.float16)
        if len(blocks) == 1 and len(rows) == len(blocks[0]):
            return blocks[0]
        taken: Halves = np.empty((len(rows), blocks[0].shape[1]), np.float16)
        start = done = 0
        blocks.reverse()
        while blocks:  # Each leaves memory when it is copied.
            block = blocks.pop()
            upto = int(np.searchsorted(rows, start + len(block)))
            # Clipped, though no row is out of bounds: else numpy makes a copy of the whole first.
            np.take(block, rows[done:upto] - start, 0, taken[done:upto], mode="clip")
            start, done = start + len(block), upto
        return taken

    def _row(self, face_id: str) -> int | None:
        key = to_key(face_id)
        row = None if key is None else self._index.find(key, self._index.count)
        return row if row is not None and self._alive[row] else None

    def _is_there(self, face_id: str) -> bool:
        return self._row(face_id) is not None
