"""What a generation holds, by its log or a snapshot: what a gallery knows, without the vectors."""

from lineament.domain.collections import Collection
from lineament.domain.raw_ids import to_key
from lineament.domain.row_index import RowIndex
from lineament.domain.snapshots import Head
from lineament.domain.users import Membership, fold
from lineament.storage.changes import DynamoChangeLog

_STEP = 500
"""Log numbers read at once."""


class LivingFaces:
    """The face ids and users of one generation, kept level with its log. A Standing."""

    def __init__(self, log: DynamoChangeLog, generation: str) -> None:
        """Begin at number 0."""
        self.ids: set[str] = set()
        self.indexed: dict[str, int] = {}
        """When faces were indexed, epoch seconds; 0 where it is not known. Some may have gone."""
        self.membership = Membership()
        self.seq = 0
        self._log = log
        self._generation = generation

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the generation holds the face."""
        return face_id in self.ids

    def catch_up(self, collection: Collection) -> None:
        """Fold the log up to the collection's seq; a number without an entry is voided.

        Raises:
            ResourceNotFoundException: the generation was deleted and purged.
        """
        seq = collection.seq
        while self.seq < seq:
            end = min(self.seq + _STEP, seq)
            for change in self._log.changes(self._generation, self.seq, end):
                kept = [name for name, vector in change.added.items() if vector is not None]
                self.ids.update(kept)
                self.indexed |= {name: change.indexed.get(name, 0) for name in kept}
                self.membership, effect = fold(self.membership, change, self.ids.__contains__)
                if change.user is None:
                    self.ids.difference_update(effect.faces)
            self.seq = end


class KnownFaces:
    """The face ids and users of a generation as a snapshot's head tells them. A Standing."""

    def __init__(self, head: Head) -> None:
        """Stand at the head's number."""
        self.seq = head.seq
        self.membership = head.membership
        self._marks = head.marks
        self.ids, self.times = head.ids, head.times
        """The faces, and when each was indexed."""
        self._index = RowIndex(len(head.ids))
        self._index.append(head.ids)

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the generation held the face."""
        return self.mark(face_id) is not None

    def mark(self, face_id: str) -> int | None:
        """Return the number that added a face as it was, or None where the face was not there."""
        key = to_key(face_id)
        row = None if key is None else self._index.find(key, self._index.count)
        return None if row is None else int(self._marks[row])
