"""The galleries of this process, kept level with the log and within a bound of memory."""

import threading
from collections import OrderedDict

import numpy as np

from lineament.domain.collections import Change, Collection
from lineament.domain.ports import ChangeLog
from lineament.errors import ResourceNotFoundException
from lineament.gallery.rows import Rows, to_key
from lineament.gallery.view import Alive, MemoryGalleryView

_STEP = 2000
"""Log numbers read at once: bounds what a cold start holds beside the gallery itself."""
_WORTH_COMPACTING = 1024
_EMPTY_BYTES = 4096
"""What a gallery without faces costs, about: it too leaves some time."""


class _Generation:
    """One collection's gallery. `lock` is for catching up; reading `view` needs none."""

    def __init__(self, lineage: str) -> None:
        self.lock = threading.Lock()
        self.lineage = lineage
        self._rows: Rows | None = None
        self._alive: Alive = np.zeros(0, np.bool_)
        self._size = 0
        self.view = MemoryGalleryView(0, Rows(0), self._alive, 0)

    @property
    def nbytes(self) -> int:
        rows = self._rows
        return _EMPTY_BYTES + (0 if rows is None else rows.nbytes + self._alive.nbytes)

    def catch_up(self, log: ChangeLog, generation: str, upto: int) -> None:
        """Fold the log up to `upto`, and publish each step. Call it with `lock` held."""
        while self.view.seq < upto:
            end = min(self.view.seq + _STEP, upto)
            changes = log.changes(generation, self.view.seq, end)
            # Views hold the old mask: every step works on its own.
            self._alive = self._alive.copy()
            for change in changes:
                self._apply(change)
            self._compact()
            self.view = MemoryGalleryView(end, self._rows or Rows(0), self._alive, self._size)

    def _apply(self, change: Change) -> None:
        if change.added:
            self._add(change)
        rows = self._rows
        if rows is None:
            return
        for face_id in change.removed:
            self._kill(rows, to_key(face_id))

    def _add(self, change: Change) -> None:
        vectors = list(change.added.values())
        keys = [to_key(face_id) or b"" for face_id in change.added]
        if self._rows is None:
            self._rows = Rows(len(vectors[0]))
        rows = self._rows
        for key in keys:
            self._kill(rows, key)
        rows.append(keys, vectors)
        if len(self._alive) < rows.count:
            grown = np.zeros(len(rows.ids), np.bool_)
            grown[: len(self._alive)] = self._alive
            self._alive = grown
        self._alive[rows.count - len(keys) : rows.count] = True
        self._size += len(keys)

    def _kill(self, rows: Rows, key: bytes | None) -> None:
        row = None if key is None else rows.find(key, rows.count)
        if row is not None and self._alive[row]:
            self._alive[row] = False
            self._size -= 1

    def _compact(self) -> None:
        """Leave dead rows to the views that still have them, once they are most of the rows."""
        old = self._rows
        if old is None or old.count - self._size <= max(self._size, _WORTH_COMPACTING):
            return
        living = np.flatnonzero(self._alive[: old.count])
        self._rows = Rows(old.dimensions, max(len(living), 1))
        self._rows.append(
            [old.ids[row : row + 1].tobytes() for row in living], list(old.vectors[living])
        )
        self._alive = np.ones(len(self._rows.ids), np.bool_)
        self._alive[self._rows.count :] = False


class MemoryGallery:
    """The Gallery port. Safe to share between threads."""

    def __init__(self, log: ChangeLog, max_bytes: int) -> None:
        """Read from `log`; drop the galleries used least recently beyond `max_bytes` in total."""
        self._log = log
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._generations: OrderedDict[str, _Generation] = OrderedDict()

    def sync(self, collection: Collection) -> MemoryGalleryView:
        """Catch up with the log to at least `collection.seq` and return the view.

        Raises:
            ResourceNotFoundException: the collection was deleted and purged.
        """
        name = collection.generation
        with self._lock:
            known = self._generations.get(name)
            if known is None and collection.ancestor:
                self._forget(collection.lineage)  # It was moved to another model since.
            gallery = _Generation(collection.lineage) if known is None else known
            self._generations[name] = gallery
            self._generations.move_to_end(name)
        if known is not None and known.view.seq >= collection.seq:
            return known.view
        try:
            with gallery.lock:
                gallery.catch_up(self._log, name, collection.seq)
        except ResourceNotFoundException:
            with self._lock:
                self._generations.pop(name, None)
            raise
        self._evict(name)
        return gallery.view

    def drop(self, collection: Collection) -> None:
        """Let go of a deleted collection's vectors; views that somebody holds stay as they are.

        Those from before it was moved to another model go as well.
        """
        with self._lock:
            self._forget(collection.lineage)

    def _forget(self, lineage: str) -> None:
        old = [name for name, each in self._generations.items() if each.lineage == lineage]
        for name in old:
            del self._generations[name]

    def nbytes(self) -> int:
        """Return the memory that galleries hold, about."""
        with self._lock:
            return sum(gallery.nbytes for gallery in self._generations.values())

    def _evict(self, keep: str) -> None:
        with self._lock:
            held = sum(gallery.nbytes for gallery in self._generations.values())
            for name in list(self._generations):
                if held <= self._max_bytes:
                    return
                if name != keep:
                    held -= self._generations.pop(name).nbytes
