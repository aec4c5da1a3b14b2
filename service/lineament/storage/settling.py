"""What a committed change did: read from the changes between its writer's view and its number."""

from collections.abc import Iterator

from lineament.domain.collections import Change, Collection
from lineament.domain.snapshots import Snapshot, Snapshots
from lineament.domain.standing import Settled, Standing, settle
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.living import KnownFaces
from lineament.storage.provision import Tables

_STEP = 500
"""Log numbers read at once."""


class Settler:
    """Reads logs. Safe to share between threads."""

    def __init__(self, tables: Tables, snapshots: Snapshots | None = None) -> None:
        """Read from `tables.faces`, and where it may be long, from a snapshot on."""
        self._log = DynamoChangeLog(tables)
        self._snapshots = snapshots

    def settle(self, collection: Collection, below: Standing | None, seq: int) -> Settled:
        """Tell what the change of a number did; others that are still on their way are waited for.

        Args:
            collection: whose log.
            below: how it stood at any earlier number. Where it is None, what the snapshot tells:
                an earlier number than that of the snapshot costs a reading of the log from its
                beginning.
            seq: the number.

        Raises:
            ResourceNotFoundException: the generation was deleted and purged.
        """
        generation = collection.generation
        known = below or self._known(generation, seq)
        return settle(known, self._changes(generation, known.seq, seq))

    def _known(self, generation: str, seq: int) -> Standing:
        head = None
        # What is not longer than a step is not worth a snapshot.
        if self._snapshots is not None and seq > _STEP:
            head = self._snapshots.newest_head(generation)
        if head is None or head.seq >= seq:
            head = Snapshot.empty(generation).head
        return KnownFaces(head)

    def _changes(self, generation: str, after: int, upto: int) -> Iterator[Change]:
        for start in range(after, upto, _STEP):
            yield from self._log.changes(generation, start, min(start + _STEP, upto))
