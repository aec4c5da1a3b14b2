"""The galleries of this process, kept level with the log and within a bound of memory."""

import threading
from collections.abc import Callable

import numpy as np

from lineament.domain.collections import Change, Collection
from lineament.domain.counts import Counts
from lineament.domain.faces import Vector
from lineament.domain.ports import ChangeLog, Snapshots
from lineament.domain.snapshots import Snapshot, unit_rows
from lineament.domain.templates import template
from lineament.domain.users import Membership, User, fold
from lineament.errors import ResourceNotFoundException
from lineament.gallery.held import Held
from lineament.gallery.shelf import Shelf
from lineament.gallery.view import MemoryGalleryView

_STEP = 2000
"""Log numbers read at once: bounds what a cold start holds beside the gallery itself."""
_WORTH_A_SNAPSHOT = 500
"""Numbers behind: fewer are read from the log in as few calls as a snapshot takes."""
_ROWS = 50_000
"""Faces of a snapshot that are taken up at once."""
_EMPTY_BYTES = 4096
"""What a gallery without faces costs, about: it too leaves some time."""
_MEMBER_BYTES = 300
"""What a user, or the user of a face, costs in the persistent maps, about."""
_NOTHING = np.zeros(0, np.float32)
Latest = Callable[[Collection], int]
"""Tells a collection's seq as of now."""


class _Generation:
    """One collection's gallery. `lock` is for catching up; reading `view` needs none."""

    def __init__(self, lineage: str, counts: Counts) -> None:
        self.lock = threading.Lock()
        self.lineage = lineage
        self.fresh = True
        """Has not caught up once."""
        self.source = "log"
        """What the newest part that was read as a whole came from: log, snapshot or engine."""
        self._counts = counts
        self._faces, self._templates, self._directory = self._shelves()
        self._membership = Membership()
        self._nameless: set[str] = set()
        self._seq = 0
        self.view = self._published(0)

    @property
    def nbytes(self) -> int:
        shelves = (self._faces, self._templates, self._directory)
        members = len(self._membership.users) + len(self._membership.owners)
        return _EMPTY_BYTES + sum(each.nbytes for each in shelves) + members * _MEMBER_BYTES

    def catch_up(
        self,
        log: ChangeLog,
        collection: Collection,
        latest: Latest,
        snapshots: Snapshots | None = None,
    ) -> None:
        """Fold the log up to the collection's seq, and publish. Call it with `lock` held.

        Where much of the log is missing, begins at the newest snapshot, if that is further on.

        A user whose name is erased is deleted at a later number. Without the name nobody can be
        told about it, so that it is folded on until there.
        """
        if snapshots is not None and collection.seq - self._seq >= _WORTH_A_SNAPSHOT:
            snapshot = snapshots.newest(collection.generation)
            if snapshot is not None and snapshot.seq > self._seq:
                self._begin_at(snapshot)
                self.source = "snapshot"
        upto = max(collection.seq, self._seq)
        while self.view.seq < upto:
            end = min(self._seq + _STEP, upto)
            changes = log.changes(collection.generation, self._seq, end)
            self._counts.log_entries.add(by=len(changes))
            for shelf in (self._faces, self._templates, self._directory):
                shelf.begin()
            touched: set[str] = set()
            for change in changes:
                self._apply(change, touched)
            for key in touched:
                self._place(key)
            self._seq = end
            self._nameless = {key for key in self._nameless | touched if self._is_nameless(key)}
            if self._nameless and end == upto:
                upto = max(upto, latest(collection))
            if not self._nameless or end == upto:
                self.view = self._published(end)

    def _begin_at(self, snapshot: Snapshot) -> None:
        """Put what a snapshot holds in place of what is here; views keep what they have."""
        faces, templates, directory = self._shelves()
        count, dimensions = snapshot.halves.shape
        if count:
            starts = range(0, count, _ROWS)
            blocks = (unit_rows(snapshot.halves[start : start + _ROWS]) for start in starts)
            faces.fill(snapshot.ids, dimensions, blocks)
        users = list(snapshot.membership.users.values())
        if users:
            directory.add([user.key for user in users], [_NOTHING] * len(users))
        active = {user.key: _template(user, faces) for user in users}
        found = {key: vector for key, vector in active.items() if vector is not None}
        if found:
            templates.add(list(found), list(found.values()))
        self._faces, self._templates, self._directory = faces, templates, directory
        self._membership, self._seq = snapshot.membership, snapshot.seq
        self._nameless = {user.key for user in users if not user.user_id}

    def _shelves(self) -> tuple[Shelf, Shelf, Shelf]:
        again = self._counts.second_looks.add
        return Shelf(again), Shelf(again), Shelf()

    def _published(self, seq: int) -> MemoryGalleryView:
        return MemoryGalleryView(
            seq,
            self._membership,
            self._faces.publish(),
            self._templates.publish(),
            self._directory.publish(),
            self._counts,
        )

    def _apply(self, change: Change, touched: set[str]) -> None:
        kept = {name: vector for name, vector in change.added.items() if vector is not None}
        if kept:
            self._faces.add(list(kept), list(kept.values()))
            owners = self._membership.owners
            touched.update(owners[name] for name in kept if name in owners)
        self._membership, effect = fold(self._membership, change, self._is_there)
        if change.user is not None:
            if effect.changed:
                touched.add(change.user.key)
            return
        for face_id in effect.faces:
            self._faces.remove(face_id)

    def _is_nameless(self, key: str) -> bool:
        user = self._membership.find(key)
        return user is not None and not user.user_id

    def _is_there(self, face_id: str) -> bool:
        return self._faces.find(face_id) is not None

    def _place(self, key: str) -> None:
        """Bring a changed user's template and its place in the directory up to date."""
        user = self._membership.find(key)
        if user is None:
            self._directory.remove(key)
        elif self._directory.find(key) is None:
            self._directory.add([key], [_NOTHING])
        vector = None if user is None else _template(user, self._faces)
        if vector is None:
            self._templates.remove(key)
        else:
            self._templates.add([key], [vector])


def _template(user: User, faces: Shelf) -> Vector | None:
    found = [faces.find(face_id) for face_id in user.faces]
    vectors = [vector for vector in found if vector is not None]
    return template(np.stack(vectors)) if vectors else None


class MemoryGallery:
    """The Gallery port. Safe to share between threads."""

    def __init__(
        self,
        log: ChangeLog,
        max_bytes: int,
        latest: Latest = lambda collection: collection.seq,
        snapshots: Snapshots | None = None,
        counts: Counts | None = None,
    ) -> None:
        """Begin without a gallery.

        Args:
            log: what galleries are read from.
            max_bytes: beyond that, in total, the galleries used least recently are dropped.
            latest: tells a collection's seq as of now; needed where others write to the log.
            snapshots: of the log, where there are any.
            counts: told of what is done; nobody's where it is None.
        """
        self._log = log
        self._snapshots = snapshots
        self._latest = latest
        self._counts = Counts() if counts is None else counts
        self._held: Held[_Generation] = Held(max_bytes, self._counts)

    def sync(self, collection: Collection) -> MemoryGalleryView:
        """Catch up with the log to at least `collection.seq` and return the view.

        Raises:
            ResourceNotFoundException: the collection was deleted and purged.
        """
        name = collection.generation

        def make() -> _Generation:
            return _Generation(collection.lineage, self._counts)

        # A collection with an ancestor was moved to another model since.
        gallery, new = self._held.take(name, make, instead=bool(collection.ancestor))
        if not new and gallery.view.seq >= collection.seq:
            return gallery.view
        try:
            with gallery.lock:
                gallery.catch_up(self._log, collection, self._latest, self._snapshots)
                self._note_start(gallery)
        except ResourceNotFoundException:
            self._held.discard(name)
            raise
        finally:
            self._held.weigh(name, gallery)
        return gallery.view

    def drop(self, collection: Collection) -> None:
        """Let go of a deleted collection's vectors; views that somebody holds stay as they are.

        Those from before it was moved to another model go as well.
        """
        self._held.forget(collection.lineage)

    def nbytes(self) -> int:
        """Return the memory that galleries hold, about."""
        return self._held.nbytes

    def _note_start(self, gallery: _Generation) -> None:
        """Count a cold start once it has succeeded; one that found nothing to read is none."""
        if gallery.fresh and gallery.view.seq:
            self._counts.cold_starts.add(gallery.source)
        gallery.fresh = False
