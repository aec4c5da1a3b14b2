"""One collection's gallery in this process: the fold of its log, published view by view."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lineament.domain.collections import Collection
from lineament.domain.counts import Counts
from lineament.domain.engine import VectorEngine
from lineament.domain.expiry import Term
from lineament.domain.ports import ChangeLog
from lineament.domain.snapshots import Head, Snapshot, Snapshots
from lineament.domain.users import Membership
from lineament.gallery.distant import Distant
from lineament.gallery.expiring import Expiring
from lineament.gallery.holdings import Holdings
from lineament.gallery.local import Local
from lineament.gallery.shelf import Shelf
from lineament.gallery.steps import Step, foresee, template_of
from lineament.gallery.view import Log, MemoryGalleryView

_STEP = 2000
"""Log numbers read at once: bounds what a cold start holds beside the gallery itself."""
_WORTH_A_SNAPSHOT = 500
"""Numbers behind: fewer are read from the log in as few calls as a snapshot takes."""
_WORTH_A_HEAD = 2000
"""Numbers since the snapshot that an engine holds, from which a newer one is looked for: the
vectors of their faces are in memory."""
_LOOK_SECONDS = 60.0
"""How often it is asked whether a collection has been moved to the engine, or from it."""
_EMPTY_BYTES = 12 * 1024
"""What a gallery costs beside its faces and users, measured: it too leaves some time."""
_MEMBER_BYTES = 300
"""What a user, or the user of a face, costs in the persistent maps, about."""
_NOTHING = np.zeros(0, np.float32)
Latest = Callable[[Collection], int]
"""Tells a collection's seq as of now."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What galleries are read from."""

    log: ChangeLog
    latest: Latest
    snapshots: Snapshots | None
    engine: VectorEngine | None
    """May hold the vectors of snapshots."""


class Generation:
    """One collection's gallery. `lock` is for catching up; reading `view` needs none."""

    def __init__(self, lineage: str, sources: Sources, counts: Counts) -> None:
        """Begin before the first number."""
        self.lock = threading.Lock()
        self.lineage = lineage
        self.fresh = True
        """Has not caught up once."""
        self.source = "log"
        """What the newest part that was read as a whole came from: log, snapshot or engine."""
        self._from, self._counts = sources, counts
        self._holdings: Holdings = Local(counts.second_looks.add)
        self._directory = Shelf()
        self._membership = Membership()
        """As the log has it: with faces that have expired."""
        self._expiring = Expiring()
        self._nameless: set[str] = set()
        self._seq = 0
        self._base = 0
        """The snapshot whose vectors the engine holds for it."""
        self._anew = False
        """Holds other things than `view` comes from, which none was published of yet."""
        self._looked = time.monotonic()
        self.view = self._published(0)

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        members = len(self._membership.users) + len(self._membership.owners)
        held = self._holdings.nbytes + self._directory.nbytes
        return _EMPTY_BYTES + held + members * _MEMBER_BYTES

    @property
    def should_look(self) -> bool:
        """Tell whether it is time to see where the collection's vectors are."""
        since = time.monotonic() - self._looked
        return self._from.engine is not None and since >= _LOOK_SECONDS

    def catch_up(self, collection: Collection, term: Term) -> None:
        """Fold the log up to the collection's seq, and publish. Call it with `lock` held.

        Faces that have expired by `term` are in no view that is published.

        Where much of the log is missing, begins at the newest snapshot, if that is further on.

        A user whose name is erased is deleted at a later number. Without the name nobody can be
        told about it, so that it is folded on until there.
        """
        self._begin_anew(collection, term)
        upto = max(collection.seq, self.view.seq, self._seq)
        while self._anew or self.view.seq < upto or self.view.log.has_aged(term):
            end = min(self._seq + _STEP, upto)
            changes = self._from.log.changes(collection.generation, self._seq, end)
            step = foresee(changes, self._membership, self._holdings)
            self._counts.log_entries.add(by=len(changes))
            self._take_step(step, end)
            self._nameless = {
                key for key in self._nameless | step.templates.keys() if self._is_nameless(key)
            }
            if self._nameless and end == upto:
                upto = max(upto, self._from.latest(collection))
            # Begun anew at an earlier number, it must not seem to go back.
            if (not self._nameless or end == upto) and end >= self.view.seq:
                self._membership = self._expiring.expire(term, self._membership, self._holdings)
                self.view, self._anew = self._published(end), False

    def _begin_anew(self, collection: Collection, term: Term) -> None:
        """Begin at a snapshot where that pays, or where vectors are elsewhere now.

        A rule that is not so strict any more brings faces back whose vectors have been let go of.
        """
        if self.view.log.is_loosened(term):
            empty = Snapshot.empty(collection.generation)
            self._take(empty.head, Local(self._counts.second_looks.add))
            self._base = 0
        snapshots, engine = self._from.snapshots, self._from.engine
        far = collection.seq - self._seq >= _WORTH_A_SNAPSHOT
        if snapshots is None or not (far or self.should_look):
            return
        self._looked = time.monotonic()
        if engine is not None:
            named, seq = snapshots.whereabouts(collection.generation)
            if named == engine.name:
                if not self._base or seq - self._base >= (1 if far else _WORTH_A_HEAD):
                    head = snapshots.newest_head(collection.generation, engine.name)
                    self._begin_at_head(head, engine)
                return
        if not (far or self._base):
            return
        snapshot = snapshots.newest(collection.generation)
        if snapshot is None and self._base:  # What the engine had may be gone.
            snapshot = Snapshot.empty(collection.generation)
        if snapshot is not None and (self._base or snapshot.seq > self._seq):
            self._begin_at(snapshot)

    def _begin_at(self, snapshot: Snapshot) -> None:
        """Put what a snapshot holds in place of what is here; views keep what they have."""
        holdings = Local(self._counts.second_looks.add)
        holdings.fill(snapshot)
        users = snapshot.membership.users.values()
        active = {user.key: template_of(user, holdings.vectors(user.faces)) for user in users}
        holdings.place(active)
        self._take(snapshot.head, holdings)
        self._base, self.source = 0, "snapshot" if snapshot.seq else "log"

    def _begin_at_head(self, head: Head | None, engine: VectorEngine) -> None:
        """Put a snapshot whose vectors the engine holds in place of what is here."""
        if head is None or head.seq <= self._base:
            return
        faces, users = (engine.table(head.generation, kind) for kind in ("faces", "users"))
        looks_again = self._counts.second_looks.add
        self._take(head, Distant(head, faces, users, looks_again=looks_again))
        self._base, self.source = head.seq, "engine"

    def _take(self, head: Head, holdings: Holdings) -> None:
        users = list(head.membership.users.values())
        self._directory = Shelf()
        if users:
            self._directory.add([user.key for user in users], [_NOTHING] * len(users))
        self._holdings, self._membership, self._seq = holdings, head.membership, head.seq
        self._expiring = Expiring()
        self._anew = True
        self._nameless = {user.key for user in users if not user.user_id}

    def _published(self, seq: int) -> MemoryGalleryView:
        shown = self._expiring.shown(self._membership)
        faces, templates = self._holdings.publish(shown)
        directory = self._directory.publish()
        gone = self._expiring
        log = Log(seq, self._membership, faces, gone.faces, gone.term, gone.oldest)
        return MemoryGalleryView(seq, shown, faces, templates, directory, self._counts, log)

    def _take_step(self, step: Step, end: int) -> None:
        self._holdings.begin()
        self._directory.begin()
        for face_id in step.gone:
            self._holdings.remove(face_id)
        for faces in step.blocks():
            self._holdings.add(faces, step.indexed)
        for key in step.templates:
            if step.membership.find(key) is None:
                self._directory.remove(key)
            elif self._directory.find(key) is None:
                self._directory.add([key], [_NOTHING])
        self._holdings.place(step.templates)
        self._membership, self._seq = step.membership, end
        self._expiring.take_step(step)

    def _is_nameless(self, key: str) -> bool:
        user = self._membership.find(key)
        return user is not None and not user.user_id
