"""The galleries of this process, kept level with their logs and within a bound of memory."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from lineament.domain.collections import Collection
from lineament.domain.counts import Counts
from lineament.domain.engine import VectorEngine
from lineament.domain.expiry import term
from lineament.domain.ports import ChangeLog
from lineament.domain.snapshots import Snapshots
from lineament.errors import LineamentError, ResourceNotFoundException
from lineament.gallery.generation import Generation, Latest, Sources
from lineament.gallery.held import Held
from lineament.gallery.view import MemoryGalleryView


class MemoryGallery:
    """The Gallery port. Safe to share between threads."""

    def __init__(  # noqa: PLR0913, PLR0917 - what galleries are read from, and their bound
        self,
        log: ChangeLog,
        max_bytes: int,
        latest: Latest = lambda collection: collection.seq,
        snapshots: Snapshots | None = None,
        counts: Counts | None = None,
        engine: VectorEngine | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin without a gallery.

        Args:
            log: what galleries are read from.
            max_bytes: beyond that, in total, the galleries used least recently are dropped.
            latest: tells a collection's seq as of now; needed where others write to the log.
            snapshots: of the log, where there are any.
            counts: told of what is done; nobody's where it is None.
            engine: may hold the vectors of snapshots.
            clock: epoch seconds: by it faces expire.
        """
        self._clock = clock
        self._sources = Sources(log, latest, snapshots, engine)
        self._counts = Counts() if counts is None else counts
        self._held: Held[Generation] = Held(max_bytes, self._counts)

    def sync(self, collection: Collection) -> MemoryGalleryView:
        """Catch up with the log to at least `collection.seq` and return the view.

        Raises:
            ResourceNotFoundException: the collection was deleted and purged.
        """
        name = collection.generation

        def make() -> Generation:
            return Generation(collection.lineage, self._sources, self._counts)

        # A collection with an ancestor was moved to another model since.
        gallery, new = self._held.take(name, make, instead=bool(collection.ancestor))
        now = term(collection, self._clock())
        view = gallery.view
        current = not new and view.seq >= collection.seq and not view.log.has_aged(now)
        if current and not gallery.should_look:
            return view
        # Where another thread looks already, and may read for seconds, nobody has to wait for it.
        if not gallery.lock.acquire(blocking=not current):
            return view
        try:
            gallery.catch_up(collection, now)
            # Before another thread publishes by a rule that it has read earlier, or later.
            view = gallery.view
            self._note_start(gallery)
        except ResourceNotFoundException:
            self._held.discard(name)
            raise
        finally:
            gallery.lock.release()
            self._held.weigh(name, gallery)
        return view

    def begin(self, collection: Collection) -> None:
        """Start to read a collection that is not held, in a thread; `sync` waits for it, or not.

        What the read meets, `sync` meets again and tells.
        """
        if collection.seq and not self._held.has(collection.generation):
            threading.Thread(
                target=self._read_ahead, args=(collection,), name="gallery", daemon=True
            ).start()

    def _read_ahead(self, collection: Collection) -> None:
        with suppress(LineamentError):
            self.sync(collection)

    def drop(self, collection: Collection) -> None:
        """Let go of a deleted collection's vectors; views that somebody holds stay as they are.

        Those from before it was moved to another model go as well.
        """
        self._held.forget(collection.lineage)

    def nbytes(self) -> int:
        """Return the memory that galleries hold, about."""
        return self._held.nbytes

    def _note_start(self, gallery: Generation) -> None:
        """Count a cold start once it has succeeded; one that found nothing to read is none."""
        if gallery.fresh and gallery.view.seq:
            self._counts.cold_starts.add(gallery.source)
        gallery.fresh = False
