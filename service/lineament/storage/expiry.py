"""Erasing faces that have expired by their collection's rule.

No answer names them any more by then (`gallery/expiring.py`): this is about what is stored. Their
records bear no time of DynamoDB's to live: a rule can be changed, and a record that DynamoDB erased
could not be had back; nor could a log lack a number.
"""

import time
from collections.abc import Callable

import numpy as np

from lineament.domain.collections import Change, Collection
from lineament.domain.expiry import Term, term
from lineament.domain.raw_ids import from_key, to_bytes, to_names
from lineament.domain.snapshots import Snapshot, Snapshots
from lineament.domain.standing import Ahead
from lineament.errors import ThrottlingException
from lineament.storage import chores
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.leaving import Leaving
from lineament.storage.living import KnownFaces
from lineament.storage.provision import Tables
from lineament.storage.sweep import fold_in
from lineament.storage.table import Item

_TRIES = 20
"""Looks at a collection that others change all the time; the next round goes on."""
_NEVER = 2**32 - 1
_CHORE, _NOTE = "expiring", "expiry"


class Ages:
    """When the faces of a generation were indexed, by a snapshot and the log after it."""

    def __init__(self, known: KnownFaces) -> None:
        """Begin at a snapshot."""
        self.standing = Ahead(known)
        self._known = known
        self._newer: dict[str, int] = {}

    @property
    def after(self) -> int:
        """The number before the first one to be applied."""
        return self.standing.seq

    def apply(self, change: Change) -> None:
        """Take in the next number."""
        self.standing.apply(change)
        self._newer |= {face_id: change.indexed.get(face_id, 0) for face_id in change.added}

    def upto(self, when: int) -> list[str]:
        """Return the faces that are there and were indexed then or before, epoch seconds."""
        known = self._known
        old = [name for name in to_names(known.ids[known.times <= when]) if self._still(name)]
        newer = [name for name, at in self._newer.items() if at <= when and name in self.standing]
        return old + newer

    def oldest(self) -> int:
        """Return when the oldest face was indexed that is there; far in the future without any."""
        known = self._known
        found = [at for name, at in self._newer.items() if name in self.standing]
        for row in np.argsort(known.times, kind="stable").tolist():
            if self._still(from_key(to_bytes(known.ids, row))):
                found.append(int(known.times[row]))
                break
        return min(found, default=_NEVER)

    def _still(self, face_id: str) -> bool:
        """Tell whether a face is there as the snapshot has it."""
        return face_id not in self._newer and face_id in self.standing


def expire(  # noqa: PLR0913, PLR0917 - a collection, what is known of it, and when
    tables: Tables,
    item: Item,
    collection: Collection,
    interval: float,
    clock: Callable[[], float] = time.time,
    snapshots: Snapshots | None = None,
) -> int:
    """Take the expired faces out of a collection if it is time to; tell how many went.

    Makes no call where no face can have expired. Idempotent; several processes may do it at once.

    Args:
        tables: where.
        item: the collection's.
        collection: the same.
        interval: seconds between two looks by servers, however many there are.
        clock: epoch seconds.
        snapshots: where to begin reading the log.

    Raises:
        ThrottlingException: others change the collection too fast; what is left expires later.
    """
    now = clock()
    holds = term(collection, now)
    if not _is_due(item, collection, holds, interval, now) or not chores.claim(
        tables, collection, _CHORE, interval, now
    ):
        return 0
    head = snapshots.newest_head(collection.generation) if snapshots else None
    ages = Ages(KnownFaces(head or Snapshot.empty(collection.generation).head))
    log, leaving, done = DynamoChangeLog(tables), Leaving(tables), 0
    for _ in range(_TRIES):
        latest = DynamoCollectionStore(tables).find(collection.scope, collection.collection_id)
        if latest is None or latest.generation != collection.generation:
            return done
        fold_in(tables, latest, ages)
        for change in log.changes(latest.generation, ages.after, latest.seq):
            ages.apply(change)
        # By the rule as it is now: its operator may just have taken it away.
        holds = term(latest, now)
        aged = ages.upto(holds.upto) if holds.upto else []
        if not aged:
            _note(tables, latest, ages.oldest())
            return done
        done += len(leaving.take_out(latest, aged, ages.standing) or ())
    raise ThrottlingException("A collection changes faster than its faces expire")


def _is_due(item: Item, collection: Collection, holds: Term, interval: float, now: float) -> bool:
    if not holds.upto or chores.begun(item, _CHORE) > int(now - interval):
        return False
    told = chores.noted(item, _NOTE, collection.generation)
    return told is None or int(told["oldest"]["N"]) <= holds.upto


def _note(tables: Tables, collection: Collection, oldest: int) -> None:
    """Keep when the next face expires: none that comes is older, but by a move, which is noted."""
    chores.note(tables, collection, _NOTE, {"oldest": {"N": str(oldest)}})
