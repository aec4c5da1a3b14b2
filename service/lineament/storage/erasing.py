"""Erasing a person from an account's collections now, not as far as a call can and the rest later.

Every step may be repeated. What is alive is changed through the log; what waits for the purge, or
is in the making, is emptied where it is.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.ports import Gallery, GalleryView
from lineament.errors import LineamentError
from lineament.storage import entries, keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import Due, compact
from lineament.storage.erase import Eraser
from lineament.storage.erasures import Target
from lineament.storage.leaving import Leaving
from lineament.storage.placement import Placement, mend, purge_snapshots
from lineament.storage.provision import Tables
from lineament.storage.records import from_garbage, from_staged
from lineament.storage.remains import Wanted, digest
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.staging import retire_abandoned
from lineament.storage.sweep import sweep
from lineament.storage.table import Item
from lineament.storage.tenure import LOST_SECONDS

_TRIES = 20
_AT_ONCE = 500
_NOW = Due(interval=0, growth=1)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done."""

    faces: int = 0
    """That left a collection; fewer than were named where an earlier run took some out."""
    users: int = 0
    """That had no other faces and left with them."""


class Erasing:
    """Erases faces for good."""

    def __init__(
        self,
        tables: Tables,
        gallery: Gallery,
        store: SnapshotStore | None,
        placement: Placement,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make no call.

        Args:
            tables: where.
            gallery: of this process.
            store: of the snapshots, where there are any.
            placement: the engine, where there is one.
            clock: epoch seconds.
        """
        self._tables, self._gallery, self._clock = tables, gallery, clock
        self._store, self._placement = store, placement
        self._collections = DynamoCollectionStore(tables)
        self._eraser = Eraser(tables)
        self._leaving = Leaving(tables)

    def view(self, collection: Collection) -> GalleryView:
        """Return all faces that a collection's log has, those that have expired as well."""
        return self._gallery.sync(replace(collection, rules={}, tags={}))

    def halves(self, generation: str, seq: int, face_ids: Iterable[str]) -> set[bytes]:
        """Return the vectors that a log still has of some faces: float16, living or not."""
        wanted = set(face_ids)
        return {
            half
            for item in self._log(generation, seq)
            for face_id, half in entries.kept_vectors(item).items()
            if face_id in wanted
        }

    def take_out(self, scope: Scope, target: Target) -> Erased:
        """Take faces out of a living collection, and all that is stored of them with it.

        Raises:
            LineamentError: others change the collection all the time, or index the faces again; or
                somebody does not answer.
        """
        done = Erased()
        for _ in range(_TRIES):
            collection = self._collections.find(scope, target.collection_id)
            if collection is None or collection.lineage != target.lineage:
                return done  # What is left of it waits for the purge: `empty`.
            view = self.view(collection)
            there = [face_id for face_id in target.face_ids if face_id in view]
            if there:
                users = {view.membership.owners.get(face_id) for face_id in there} - {None}
                removed = self._leaving.take_out(collection, there, view.log, with_users=True)
                if removed is not None:
                    emptied = sum(
                        set(view.membership.users[key].faces) <= set(there) for key in users if key
                    )
                    done = Erased(done.faces + len(removed), done.users + emptied)
                continue
            # What an earlier run, or DeleteFaces, has taken out and not erased.
            sweep(self._tables, collection, clock=self._clock)
            self._forget_records(collection.generation, target.face_ids)
            self._renew_snapshot(collection)
            self._clear_engine(collection.generation)
            return done
        raise LineamentError(
            f"collection {target.collection_id} changes faster than it can be followed, or the "
            "same pictures are indexed again and again; run this again"
        )

    def empty(self, item: Item, wanted: Wanted) -> None:
        """Erase faces in generations of a collection that are not the living one.

        A run of `lineament reindex` that has them already is overtaken, and has to be run again.

        Args:
            item: the collection's, or its tombstone.
            wanted: the faces, and the vectors: deleted collections have them under other FaceIds.
        """
        staged = from_staged(item)
        if staged is not None and self._holders(staged.generation, staged.seq, wanted):
            retire_abandoned(self._tables, item, self._clock(), waits=-1.0)
            item = self._tables.control.get({"pk": item["pk"], "sk": item["sk"]}) or item
        for garbage in from_garbage(item):
            holders = self._holders(garbage.generation, garbage.seq, wanted)
            names = {name for _, found in holders.values() for name in found}
            self._eraser.erase_vectors(
                garbage.generation, {seq: places for seq, (places, _) in holders.items()}
            )
            self._forget_records(garbage.generation, wanted.ids | names)
            if self._store is not None:
                purge_snapshots(self._tables, self._store, self._placement, garbage.generation)

    def _holders(
        self, generation: str, seq: int, wanted: Wanted
    ) -> dict[int, tuple[list[int], list[str]]]:
        """Return by number the places, and FaceIds, of vectors that must not be there."""
        holders: dict[int, tuple[list[int], list[str]]] = {}
        for item in self._log(generation, seq):
            kept = entries.kept_vectors(item)
            for place, name in enumerate(entries.added_ids(item)):
                half = kept.get(name)
                if half is not None and (name in wanted.ids or digest(half) in wanted.digests):
                    places, names = holders.setdefault(entries.seq_of(item), ([], []))
                    places.append(place)
                    names.append(name)
        return holders

    def _log(self, generation: str, seq: int) -> Iterator[Item]:
        for start in range(1, seq + 1, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, seq + 1))
            log = [keys.log_key(generation, number) for number in numbers]
            yield from self._tables.faces.get_many(log, ("sk", "ids", "vectors"))

    def _forget_records(self, generation: str, face_ids: Iterable[str]) -> None:
        records = [keys.face_key(generation, face_id) for face_id in sorted(set(face_ids))]
        self._eraser.erase_records(self._tables.faces.get_many(records, ("pk", "sk", "write")))

    def _renew_snapshot(self, collection: Collection) -> None:
        """Have a snapshot without the faces, whoever else may be about to publish one with them."""
        store, generation = self._store, collection.generation
        if store is None:
            return
        for _ in range(_TRIES):
            published = store.published(generation)
            if published is None:
                return  # Nobody has ever begun to make one.
            if published.seq >= collection.seq and published.usable and not published.untidy:
                break
            compact(self._tables, store, collection, _NOW, self._clock, self._placement)
        else:
            raise LineamentError("another process is making the snapshot; run this again")
        above = keys.snapshot_object(self._tables.control.name, generation, published.seq + 1, "")
        for object_key in list(store.objects(generation)):
            if object_key < above and object_key != published.object_key:
                store.discard(object_key)  # Of who died, or can publish it no more.

    def _clear_engine(self, generation: str) -> None:
        """Take rows away that a writer who died has left in the engine, templates as well."""
        store = self._store
        published = None if store is None else store.published(generation)
        if store is None or published is None or not published.held:
            return
        if not mend(self._tables, store, self._placement, generation, self._clock, at_once=True):
            raise LineamentError(
                f"another process writes to the engine, or has died doing so; run this again in "
                f"{LOST_SECONDS:g} s"
            )
