"""Faces in DynamoDB: records by exact key, committed by the collection's log.

`add` writes the face items first and the log entry last, so that a number is without its entry for
one write only. A face item therefore cannot know its entry's number; it keeps `after`, the number
up to which its writer had read the log. Since callers add only faces that they did not see there,
every entry that holds the face has a higher number, and in practice one of the next few. A record
that `restore` put back has no `after`: its entry is older, and looked for backwards.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, Matrix
from lineament.domain.standing import Settled, Standing
from lineament.domain.users import Effect
from lineament.errors import ResourceNotFoundException
from lineament.storage import entries, keys
from lineament.storage.commit import Committer
from lineament.storage.erase import Eraser
from lineament.storage.faults import ConditionFailed
from lineament.storage.leaving import Leaving
from lineament.storage.provision import Tables
from lineament.storage.records import from_face_item, to_face_item
from lineament.storage.settling import Settler
from lineament.storage.table import Item

_TOKEN_BYTES = 8


class DynamoFaceStore:
    """The FaceStore port. Safe to share between threads."""

    def __init__(
        self,
        tables: Tables,
        *,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
        take_number: Callable[[Collection], int] | None = None,
    ) -> None:
        """Write to `tables`; `clock` tells epoch seconds; for the others see `Committer`."""
        self._faces = tables.faces
        self._clock = clock
        self._committer = Committer(tables, timer, take_number)
        self._eraser = Eraser(tables)
        self._settler = Settler(tables)
        self._leaving = Leaving(tables, timer)

    def add(
        self,
        collection: Collection,
        faces: Sequence[FaceRecord],
        vectors: Matrix,
        indexed: Sequence[int] = (),
    ) -> int:
        """Commit up to 100 faces, all or none, and return the change's seq.

        Args:
            collection: where to, as it was when the caller looked whether the faces were new.
            faces: at least one, none of them twice.
            vectors: shape (len(faces), d), float32.
            indexed: when each was first indexed, epoch seconds; not given, it is now.

        Raises:
            ResourceNotFoundException: the collection was deleted (or made again) meanwhile.
            ThrottlingException: nothing was stored; a repeated call may succeed.
        """
        started = self._committer.timer()
        face_ids = [face.face_id for face in faces]
        times = indexed or [int(self._clock())] * len(faces)
        content = entries.to_added(face_ids, vectors, times)
        write = secrets.token_hex(_TOKEN_BYTES)
        self._put(collection, faces, write)
        try:
            seq = self._committer.commit(collection, content, write, started)
        except ResourceNotFoundException:
            self._faces.delete_many([keys.face_key(collection.generation, i) for i in face_ids])
            raise
        if self._removed_meanwhile(collection, seq, face_ids):
            # Whoever removed them may yet erase the records that bear `write`, and no others.
            self._put(collection, faces, secrets.token_hex(_TOKEN_BYTES))
        return seq

    def restore(
        self,
        collection: Collection,
        faces: Sequence[FaceRecord],
        standing: Standing | None = None,
    ) -> None:
        """Put back the records of committed faces that have lost theirs.

        An `add` that a removal passed writes its records again after its commit; where that
        fails, the collection has the faces and the table has no records. A face that was removed
        since `collection` was read gets none.

        Args:
            collection: as it was when the caller saw the faces in a view synced to it.
            faces: up to 100, none of them twice; a record that is there stays as it is.
            standing: the view that they were seen in; see `Settler.settle`.

        Raises:
            ResourceNotFoundException: as for `add`.
            ThrottlingException: as for `add`.
        """
        started = self._committer.timer()
        face_ids = [face.face_id for face in faces]
        write = secrets.token_hex(_TOKEN_BYTES)
        about: Item = {"write": {"S": write}, "at": self._at()}
        generation = collection.generation
        items = [{**to_face_item(generation, face), **about} for face in faces]
        # Never over another call's record: below, this call erases what bears its own `write`.
        self._faces.each(self._faces.put_new, items)
        content = entries.to_restored(face_ids)
        try:
            # The number gives this an order with removals: a later one finds `write` in the log,
            # an earlier one is found here.
            seq = self._committer.commit(collection, content, write, started)
        except ResourceNotFoundException:
            self._eraser.erase_records(items)
            raise
        now = self._settler.settle(collection, standing, seq).standing
        self._eraser.erase_records([item for item in items if item["sk"]["S"] not in now])

    def locate(self, collection: Collection, faces: Sequence[FaceRecord]) -> None:
        """Keep the sources of faces whose records are there; a face that has none is passed over.

        Args:
            collection: of the faces.
            faces: each with a source.
        """
        self._faces.each(
            self._set_source, [to_face_item(collection.generation, face) for face in faces]
        )

    def remove(
        self,
        collection: Collection,
        face_ids: Sequence[str],
        standing: Standing | None = None,
    ) -> Settled:
        """Commit the removal of committed faces, then erase records and vectors of those removed.

        Args:
            collection: where from.
            face_ids: at least one. One that belongs to a user when the removal's turn comes stays.
            standing: the view that they were seen in; see `Settler.settle`.

        Returns:
            The faces that were removed, as the effect's.

        Raises:
            ResourceNotFoundException: as for `add`.
            ThrottlingException: as for `add`.
        """
        unique = list(dict.fromkeys(face_ids))
        removed: list[str] = []
        for start in range(0, len(unique), entries.MAX_REMOVED):
            part = unique[start : start + entries.MAX_REMOVED]
            done = self._remove_part(collection, part, standing)
            removed += done.effect.faces
            standing = done.standing
        return replace(done, effect=Effect(faces=tuple(removed)))

    def take_out(self, collection: Collection, face_ids: Sequence[str], standing: Standing) -> bool:
        """Remove faces whoever they belong to; False where others were faster: look again.

        Args:
            collection: where from.
            face_ids: any number.
            standing: the log's, at a number that nobody has gone past.

        Raises:
            ResourceNotFoundException: as for `add`.
            ThrottlingException: as for `add`.
        """
        return self._leaving.take_out(collection, face_ids, standing) is not None

    def records(self, collection: Collection, face_ids: Sequence[str]) -> dict[str, FaceRecord]:
        """Return the stored records by face id; ids without one are absent. Any number of ids."""
        items = self._items(collection, face_ids)
        found = (from_face_item(item) for item in items)
        return {face.face_id: face for face in found}

    def _remove_part(
        self, collection: Collection, face_ids: Sequence[str], standing: Standing | None
    ) -> Settled:
        started = self._committer.timer()
        # Read before the commit: a record written later belongs to a call that adds it again.
        items = self._items(collection, face_ids)
        write = secrets.token_hex(_TOKEN_BYTES)
        seq = self._committer.commit(collection, entries.to_removed(face_ids), write, started)
        done = self._settler.settle(collection, standing, seq)
        removed = set(done.effect.faces)
        mine = [item for item in items if item["sk"]["S"] in removed]
        self._eraser.erase(collection, done.effect.faces, mine, seq)
        return done

    def _set_source(self, item: Item) -> None:
        try:
            self._faces.update(
                {"pk": item["pk"], "sk": item["sk"]},
                "SET #source = :source",
                "attribute_exists(#write)",
                {":source": item["source"]},
            )
        except ConditionFailed:
            return  # Removed meanwhile.

    def _put(self, collection: Collection, faces: Sequence[FaceRecord], write: str) -> None:
        about: Item = {
            "write": {"S": write},
            "after": {"N": str(collection.seq)},
            "at": self._at(),
        }
        generation = collection.generation
        self._faces.put_many([{**to_face_item(generation, face), **about} for face in faces])

    def _at(self) -> dict[str, str]:
        return {"N": str(int(self._clock()))}

    def _removed_meanwhile(self, collection: Collection, seq: int, face_ids: Sequence[str]) -> bool:
        mine = set(face_ids)
        return any(
            not mine.isdisjoint(entries.removed_ids(item))
            for item in self._between(collection, seq)
        )

    def _between(self, collection: Collection, seq: int) -> list[Item]:
        """Read what was committed between the caller's look at the collection and `seq`."""
        numbers = range(collection.seq + 1, seq)
        log = [keys.log_key(collection.generation, number) for number in numbers]
        return self._faces.get_many(log, ("sk", "ids", "removed"))

    def _items(self, collection: Collection, face_ids: Sequence[str]) -> list[Item]:
        unique = dict.fromkeys(face_ids)
        # Whole items: they are small, and projecting them doubles moto's time.
        return self._faces.get_many([keys.face_key(collection.generation, i) for i in unique])
