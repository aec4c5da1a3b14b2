"""The change log as galleries read it, strictly in order of its numbers.

Numbers are known, so entries are read by exact key: a gap shows at once, and the cost does not grow
with the table on moto either, whose Query walks all of it.
"""

import time
from collections.abc import Callable, Iterable

from lineament.domain.collections import Change
from lineament.errors import ResourceNotFoundException
from lineament.storage import entries, keys
from lineament.storage.provision import Tables
from lineament.storage.table import Item

DEFAULT_GRACE = 0.15
_FIRST_PAUSE = 0.004
_LONGEST_PAUSE = 0.04


class DynamoChangeLog:
    """The ChangeLog port. Safe to share between threads."""

    def __init__(
        self,
        tables: Tables,
        grace: float = DEFAULT_GRACE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Read from `tables.faces`; void a number that stays empty for `grace` seconds."""
        self._faces = tables.faces
        self._grace = grace
        self._sleep = sleep

    def changes(self, generation: str, after: int, upto: int) -> list[Change]:
        """Return every change with after < seq <= upto, in order, void ones included.

        Raises:
            ResourceNotFoundException: the generation was deleted and purged.
        """
        return [entries.from_entry(item) for item in self.items(generation, after, upto)]

    def items(self, generation: str, after: int, upto: int) -> list[Item]:
        """Return the entries of the same numbers as they are stored; as `changes`."""
        numbers = range(after + 1, upto + 1)
        found = self._read(generation, numbers)
        missing = [seq for seq in numbers if seq not in found]
        waited, pause = 0.0, _FIRST_PAUSE
        while missing and waited < self._grace:
            self._sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_PAUSE)
            found |= self._read(generation, missing)
            missing = [seq for seq in missing if seq not in found]
        if missing:
            self._require_unpurged(generation)
            found |= {seq: self._void(generation, seq) for seq in missing}
        return [found[seq] for seq in numbers]

    def _read(self, generation: str, numbers: Iterable[int]) -> dict[int, Item]:
        items = self._faces.get_many([keys.log_key(generation, seq) for seq in numbers])
        return {entries.seq_of(item): item for item in items}

    def _require_unpurged(self, generation: str) -> None:
        # A reader that met the collection long ago must not litter what the purge has emptied.
        if self._faces.get(keys.log_key(generation, 0)) is None:
            raise ResourceNotFoundException("The collection does not exist any more")

    def _void(self, generation: str, seq: int) -> Item:
        void = entries.entry(generation, seq, entries.to_void())
        return self._faces.put_new(void) or void
