"""Reading a generation's log without voiding anything, and handing the same to a gallery."""

import time
from collections.abc import Callable, Sequence

from lineament.domain.collections import Change
from lineament.storage import entries, keys
from lineament.storage.doctor.entry import Entry, decode
from lineament.storage.records import UNREADABLE
from lineament.storage.table import Item, Table

STEP = 500
"""Numbers read at once: some 100 MB of faces, where every entry is full."""
_POLLS = 10


class LogReader:
    """Reads numbers in order, and remembers what was wrong with them."""

    def __init__(
        self,
        faces: Table,
        generation: str,
        patience: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Wait up to `patience` seconds, once a step, for entries that are on their way."""
        self.empty: list[int] = []
        self.unreadable: list[int] = []
        self.handed: dict[int, Item] = {}
        """The items of the last step, for a gallery."""
        self._faces = faces
        self._generation = generation
        self._patience = patience
        self._sleep = sleep

    def read(self, after: int, upto: int) -> list[Entry]:
        """Return the entries of a step; an empty or unreadable number counts as void."""
        numbers = range(after + 1, upto + 1)
        self.handed = self._get(numbers)
        for _ in range(_POLLS):
            missing = [seq for seq in numbers if seq not in self.handed]
            if not missing:
                break
            self._sleep(self._patience / _POLLS)
            self.handed |= self._get(missing)
        self.empty += [seq for seq in numbers if seq not in self.handed]
        return [self._decode(seq) for seq in numbers]

    def filled(self) -> list[int]:
        """Return those numbers, empty when they were read, that hold something now."""
        return sorted(self._get(self.empty))

    def changes(self, generation: str, after: int, upto: int) -> list[Change]:
        """Return the last step as a gallery reads it: a ChangeLog that never writes."""
        if generation != self._generation:
            raise ValueError("a gallery asks for another log")
        return [
            entries.from_entry(self.handed[seq]) if seq in self.handed else Change(seq)
            for seq in range(after + 1, upto + 1)
        ]

    def _decode(self, seq: int) -> Entry:
        item = self.handed.get(seq)
        if item is None:
            return Entry(seq)
        try:
            return decode(item, seq)
        except UNREADABLE:
            self.unreadable.append(seq)
            return Entry(seq)

    def _get(self, numbers: Sequence[int]) -> dict[int, Item]:
        log = [keys.log_key(self._generation, seq) for seq in numbers]
        return {int(item["sk"]["S"]): item for item in self._faces.get_many(log)} if log else {}


def above(faces: Table, generation: str, seq: int) -> list[int]:
    """Return the numbers over `seq` that have an entry, up to a whole block that has none."""
    found: list[int] = []
    block = seq + 1
    while True:
        partition = str(keys.log_key(generation, block)["pk"]["S"])
        low = str(keys.log_key(generation, seq + 1)["sk"]["S"])
        here = [int(item["sk"]["S"]) for item in faces.query(partition, low, "~", ("sk",))]
        found += here
        if not here and block > seq + 1:
            return found
        block += keys.PER_PARTITION
