"""Committing a change: take a number, then put the log's entry at that number.

The entry is the commit. A writer that dies between the two leaves a number without an entry, which
the first reader that needs it voids; a writer whose number was voided takes another.
"""

import random
import time
from collections.abc import Callable

from lineament.domain.collections import Collection
from lineament.errors import ResourceNotFoundException, ThrottlingException
from lineament.storage import entries, keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.records import ACTIVE
from lineament.storage.table import Item

MAX_WRITE_SECONDS = 30.0
"""From a call's first write to its commit. Purge and sweep wait for several times as long."""
_TRIES = 8
_FIRST_PAUSE = 0.01


class Committer:
    """Writes entries. Safe to share between threads."""

    def __init__(
        self,
        tables: Tables,
        timer: Callable[[], float] = time.monotonic,
        take_number: Callable[[Collection], int] | None = None,
    ) -> None:
        """Write to `tables`.

        Args:
            tables: where.
            timer: tells seconds since anything.
            take_number: gives the next number of a log; the collection's own where it is None.
        """
        self._tables = tables
        self.timer = timer
        self._take_number = take_number or self._take_own

    def commit(self, collection: Collection, content: Item, write: str, started: float) -> int:
        """Commit an entry and return its number.

        Args:
            collection: its generation must still be the live one.
            content: attributes of the entry.
            write: a token of this call; two calls never share one.
            started: when the call began to write, by `timer`.

        Raises:
            ResourceNotFoundException: the collection was deleted, or made again, meanwhile.
            ThrottlingException: no number could be kept, the call took too long, or the collection
                is in another generation now.
        """
        whole = {**content, "write": {"S": write}}
        for turn in range(_TRIES):
            seq = self._take_number(collection)
            if self.timer() - started > MAX_WRITE_SECONDS:
                raise ThrottlingException("Storing took too long; nothing was stored. Try again")
            there = self._tables.faces.put_new(entries.entry(collection.generation, seq, whole))
            # Our own entry is there when the client sent the write twice: that is a success.
            if there is None or entries.write_of(there) == write:
                return seq
            time.sleep(random.uniform(0.5, 1.0) * _FIRST_PAUSE * 2**turn)  # noqa: S311 - jitter
        raise ThrottlingException("Readers overtook this write; nothing was stored. Try again")

    def _take_own(self, collection: Collection) -> int:
        try:
            changed = self._tables.control.update(
                keys.collection_key(collection.scope, collection.collection_id),
                "ADD #seq :one",
                "#status = :active AND #generation = :generation",
                {
                    ":one": {"N": "1"},
                    ":active": {"S": ACTIVE},
                    ":generation": {"S": collection.generation},
                },
            )
        except ConditionFailed as failed:
            if _has_moved(failed.item, collection):
                raise ThrottlingException(
                    "The collection has moved to another face model; nothing was stored. Try again"
                ) from failed
            raise ResourceNotFoundException(
                f"The collection id: {collection.collection_id} does not exist"
            ) from failed
        return int(changed["seq"]["N"])


def _has_moved(item: Item | None, collection: Collection) -> bool:
    """Tell whether the collection lives on in another generation."""
    return item is not None and item.get("ancestor") == {"S": collection.lineage}
