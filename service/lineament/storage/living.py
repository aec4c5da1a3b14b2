"""Which faces a generation holds, by its log: what a gallery knows, without the vectors."""

from lineament.domain.collections import Collection
from lineament.storage.changes import DynamoChangeLog

_STEP = 500
"""Log numbers read at once."""


class LivingFaces:
    """The face ids of one generation, kept level with its log."""

    def __init__(self, log: DynamoChangeLog, generation: str) -> None:
        """Begin at number 0."""
        self.ids: set[str] = set()
        self._log = log
        self._generation = generation
        self._seq = 0

    def catch_up(self, collection: Collection) -> None:
        """Fold the log up to the collection's seq; a number without an entry is voided.

        Raises:
            ResourceNotFoundException: the generation was deleted and purged.
        """
        while self._seq < collection.seq:
            end = min(self._seq + _STEP, collection.seq)
            for change in self._log.changes(self._generation, self._seq, end):
                self.ids.update(change.added)
                self.ids.difference_update(change.removed)
            self._seq = end
