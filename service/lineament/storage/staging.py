"""Another generation of a living collection, in the making: what `lineament reindex` writes to.

The collection's own item tells of it, in the attributes `staged_*`, from before its first record
is written: nobody has to search for what a crash left. Each number and the switch are conditional
writes on that item, under the token of the run that made or took over the stage. So a run that was
overtaken, or whose stage the purge has taken, can write nothing more that counts.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lineament.domain.collections import Collection, UserChange
from lineament.domain.faces import FaceRecord, Matrix
from lineament.domain.idempotency import Attempt
from lineament.domain.standing import Standing
from lineament.errors import LineamentError
from lineament.storage import entries, keys
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.records import ACTIVE, StagedItem, from_staged
from lineament.storage.table import Item
from lineament.storage.users import DynamoUserStore

ABANDONED_SECONDS = 3600
"""A stage that nothing was written to for so long goes to the purge."""
_TRIES = 8
_STAGED = "#staged_generation, #staged_from, #staged_version, #staged_run, #staged_seq, #staged_at"
_LIVE = "#status = :active AND #generation = :old"
_MINE = "#staged_generation = :new AND #staged_run = :run"
_AS_SEEN = "#staged_generation = :staged AND #staged_run = :was AND #staged_seq = :count"


class StageLost(LineamentError):
    """The collection was deleted, or another run has taken over; nothing was switched."""


class Stage:
    """The generation in the making. One run's; not for threads."""

    def __init__(self, tables: Tables, staged: StagedItem, collection: Collection) -> None:
        """Use `open_stage`."""
        self.collection = replace(
            collection,
            generation=staged.generation,
            model_version=staged.model_version,
            seq=staged.seq,
            ancestor=collection.lineage,
        )
        """As it will be; its seq is the highest number given so far."""
        self._tables = tables
        self._origin = collection.generation
        self._run = staged.run
        self._clock = time.time
        self._faces = DynamoFaceStore(tables, take_number=self._take_number)
        self._users = DynamoUserStore(tables, take_number=self._take_number)

    def add(
        self, faces: Sequence[FaceRecord], vectors: Matrix, indexed: Sequence[int] = ()
    ) -> None:
        """Write up to 100 faces; as FaceStore.add.

        Raises:
            StageLost: nothing that counts was written.
        """
        self._advance(self._faces.add(self.collection, faces, vectors, indexed))

    def remove(self, face_ids: Sequence[str], standing: Standing | None = None) -> None:
        """Remove faces that are there; as FaceStore.remove.

        Raises:
            StageLost: nothing was removed.
        """
        self._advance(self._faces.remove(self.collection, face_ids, standing).seq)

    def change_user(self, change: UserChange, standing: Standing) -> None:
        """Change a user; as UserStore.commit. The name of one that is deleted is erased.

        Raises:
            StageLost: nothing was changed.
        """
        mine = self.collection
        attempt = Attempt(mine.generation, mine.seq, secrets.token_hex(16), resumed=False)
        done = self._users.commit(mine, standing, change, attempt)
        self._advance(done.seq)
        before, after = done.effect.before, done.effect.after
        if before is not None and after is None:
            self._users.forget_name(mine, before.seq)

    def switch(self, collection: Collection) -> bool:
        """Make the name stand for this generation, in one write; the old one is then garbage.

        Args:
            collection: as it was when this generation was level with it.

        Returns:
            False where the collection has changed since: catch up and try again.

        Raises:
            StageLost: see there.
        """
        try:
            self._tables.control.update(
                self._key(),
                "SET #garbage.#key = #seq, #deleted.#key = :now, #generation = :new, "
                "#seq = #staged_seq, #model_version = #staged_version, #ancestor = :lineage "
                f"REMOVE {_STAGED}",
                f"{_LIVE} AND #seq = :seq AND {_MINE}",
                {
                    **self._mine(),
                    ":now": {"N": str(int(self._clock()))},
                    ":seq": {"N": str(collection.seq)},
                    ":lineage": {"S": collection.lineage},
                },
                {"#key": self._origin},
            )
        except ConditionFailed as failed:
            # The client may have sent the write twice, and the first one may have arrived.
            if _text(failed.item, "generation") == self.collection.generation:
                return True
            if self._holds(failed.item):
                return False
            raise StageLost(_LOST) from failed
        return True

    def _advance(self, seq: int) -> None:
        self.collection = replace(self.collection, seq=seq)

    def _take_number(self, _collection: Collection) -> int:
        try:
            changed = self._tables.control.update(
                self._key(),
                "SET #staged_seq = #staged_seq + :one, #staged_at = :now",
                f"{_LIVE} AND {_MINE}",
                {**self._mine(), ":one": {"N": "1"}, ":now": {"N": str(int(self._clock()))}},
            )
        except ConditionFailed as failed:
            raise StageLost(_LOST) from failed
        return int(changed["staged_seq"]["N"])

    def _holds(self, item: Item | None) -> bool:
        return (
            _text(item, "generation") == self._origin
            and _text(item, "staged_generation") == self.collection.generation
            and _text(item, "staged_run") == self._run
        )

    def _mine(self) -> dict[str, Any]:
        return {
            ":active": {"S": ACTIVE},
            ":old": {"S": self._origin},
            ":new": {"S": self.collection.generation},
            ":run": {"S": self._run},
        }

    def _key(self) -> Item:
        return keys.collection_key(self.collection.scope, self.collection.collection_id)


def open_stage(
    tables: Tables,
    collection: Collection,
    model_version: str,
    clock: Callable[[], float] = time.time,
) -> Stage:
    """Begin a generation bound to a model, or go on with the one that an earlier run left.

    A run that is still at work on it is overtaken: its next write fails. A stage for another model
    goes to the purge.

    Raises:
        StageLost: the collection is not there any more.
    """
    key = keys.collection_key(collection.scope, collection.collection_id)
    for _ in range(_TRIES):
        item = tables.control.get(key)
        there = None if item is None else from_staged(item)
        run = secrets.token_hex(8)
        taken = (
            there is not None
            and there.origin == collection.generation
            and there.model_version == model_version
        )
        if there is not None and taken:
            mine = replace(there, run=run, at=int(clock()))
        else:
            generation = secrets.token_hex(16)
            mine = StagedItem(
                generation, collection.generation, model_version, run, 0, int(clock())
            )
        if _stage(tables, key, mine, None if taken else there, there):
            # After the item, which the purge reads; before any reader can meet the generation.
            tables.faces.put(entries.entry(mine.generation, 0, entries.to_void()))
            return Stage(tables, mine, collection)
    raise StageLost(_LOST)


def retire_abandoned(
    tables: Tables, item: Item, now: float, waits: float = ABANDONED_SECONDS
) -> None:
    """Give a collection's stage to the purge if no run can finish it, or none has for an hour.

    Args:
        tables: where.
        item: the collection's, or its tombstone.
        now: epoch seconds.
        waits: so many seconds without a write count as abandoned.
    """
    there = from_staged(item) if "staged_generation" in item else None
    if there is None:
        return
    orphaned = _text(item, "generation") != there.origin
    if not orphaned and there.at > now - waits:
        return
    try:
        tables.control.update(
            {"pk": item["pk"], "sk": item["sk"]},
            f"SET #garbage.#key = #staged_seq, #deleted.#key = :now REMOVE {_STAGED}",
            f"{_AS_SEEN} AND #staged_at = :at",
            {**_seen(there), ":at": {"N": str(there.at)}, ":now": {"N": str(int(now))}},
            {"#key": there.generation},
        )
    except ConditionFailed:
        return  # A run is at work after all.


_LOST = (
    "the collection was deleted meanwhile, or another run of lineament reindex has taken over; "
    "this run has changed nothing"
)


def _stage(
    tables: Tables,
    key: Item,
    mine: StagedItem,
    discarded: StagedItem | None,
    seen: StagedItem | None,
) -> bool:
    """Write the stage into the collection's item if that is as it was seen."""
    change = (
        "SET #staged_generation = :new, #staged_from = :old, #staged_version = :version, "
        "#staged_run = :run, #staged_seq = :begun, #staged_at = :now"
    )
    values: dict[str, Any] = {
        ":active": {"S": ACTIVE},
        ":old": {"S": mine.origin},
        ":new": {"S": mine.generation},
        ":version": {"S": mine.model_version},
        ":run": {"S": mine.run},
        ":begun": {"N": str(mine.seq)},
        ":now": {"N": str(mine.at)},
    }
    names: dict[str, str] = {}
    as_seen = "attribute_not_exists(#staged_generation)"
    if seen is not None:
        as_seen = _AS_SEEN
        values |= _seen(seen)
    if discarded is not None:
        change += ", #garbage.#key = :count, #deleted.#key = :now"
        names["#key"] = discarded.generation
    try:
        tables.control.update(key, change, f"{_LIVE} AND {as_seen}", values, names)
    except ConditionFailed as failed:
        if _text(failed.item, "generation") != mine.origin:
            raise StageLost(_LOST) from failed
        return _text(failed.item, "staged_run") == mine.run  # Sent twice.
    return True


def _seen(staged: StagedItem) -> dict[str, Any]:
    return {
        ":staged": {"S": staged.generation},
        ":was": {"S": staged.run},
        ":count": {"N": str(staged.seq)},
    }


def _text(item: Item | None, name: str) -> str:
    return "" if item is None else str(item.get(name, {}).get("S", ""))
