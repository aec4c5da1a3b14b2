"""Snapshots: objects in S3, and one item a generation in DynamoDB that tells the newest.

An object is written under a key of its own before the item names it, in a conditional write that
only a higher number passes. So an object whose number is not above the published one can never be
published any more, and is erased without asking whose it was; one above it may be another process's
that is about to publish, and is left to whoever publishes next, or to the purge.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from lineament.domain.snapshot_format import SnapshotUnreadable, Stream, decode, decode_head, encode
from lineament.domain.snapshots import Head, Snapshot
from lineament.errors import LineamentError, ServiceUnavailable
from lineament.storage import keys
from lineament.storage.bucket import Bucket
from lineament.storage.clients import LARGE_BODIES, S3Clients
from lineament.storage.faults import ConditionFailed
from lineament.storage.pieces import Pieces
from lineament.storage.provision import Tables
from lineament.storage.published import Published, from_item
from lineament.storage.records import UNREADABLE

_READS = 3
"""An object may be superseded, and erased, between the item's reading and its own."""
_Decoded = TypeVar("_Decoded")
_log = logging.getLogger(__name__)


class SnapshotStore:
    """The Snapshots port, and its writing side. Safe to share between threads."""

    def __init__(self, tables: Tables, bucket: str, region: str, clients: S3Clients) -> None:
        """Keep objects in `bucket`, under the name of the tables."""
        self._table = tables.control.name
        self._faces = tables.faces
        self._objects = Bucket(bucket, region, clients)

    def whereabouts(self, generation: str) -> tuple[str, int]:
        """Return the engine that holds the published snapshot's vectors or "", and its number."""
        try:
            published = self.published(generation)
        except UNREADABLE as error:
            _log.warning("snapshot: %s; the log is read instead", type(error).__name__)
            return "", 0
        # Damaged in S3 or not: what the engine holds is whole.
        return ("", 0) if published is None else (published.engine, published.seq)

    def newest(self, generation: str) -> Snapshot | None:
        """Return the published snapshot; None where there is none that can be read just now.

        What is wrong with it is logged. One that is missing or damaged is noted down, so that
        housekeeping makes another.

        Raises:
            LineamentError: DynamoDB does not answer.
        """
        return self._newest(generation, self.read)

    def newest_head(self, generation: str, engine: str = "") -> Head | None:
        """Return the published snapshot without its vectors, which stay in S3.

        None, and as for `newest` what is wrong; or None because it is of version 1, which has no
        head of its own, or because an engine is given that does not hold it.

        Raises:
            LineamentError: DynamoDB does not answer.
        """
        return self._newest(
            generation, lambda of, key: self._objects.read(key, of, decode_head), engine
        )

    def _newest(
        self, generation: str, read: Callable[[str, str], _Decoded | None], engine: str = ""
    ) -> _Decoded | None:
        seen = ""
        for _ in range(_READS):
            try:
                published = self.published(generation)
                if published is None or not published.usable:
                    return None
                if engine and published.engine != engine:
                    return None
                named = published.object_key
                return read(generation, named)
            except SnapshotUnreadable as error:
                if named == seen:
                    _log.warning("snapshot: %s; the log is read instead", error)
                    self.note_damage(generation, seen)
                    return None
                seen = named
            except (ServiceUnavailable, *UNREADABLE) as error:
                _log.warning("snapshot: %s; the log is read instead", _kind(error))
                return None
        return None

    def published(self, generation: str) -> Published | None:
        """Return what the generation's item tells, or None where there is none.

        Raises:
            UNREADABLE: nobody of ours has written it.
        """
        item = self._faces.get(keys.snapshot_key(generation))
        return None if item is None else from_item(item)

    def read(self, generation: str, object_key: str) -> Snapshot:
        """Read an object and check it.

        Raises:
            SnapshotUnreadable: it is missing or damaged.
            ServiceUnavailable: S3 does not answer, or refuses.
        """
        return self._objects.read(object_key, generation, decode)

    def scan(self, object_key: str, look: Callable[[Stream, int, str], _Decoded]) -> _Decoded:
        """Return what somebody makes of an object's bytes, whole or not, and of their number.

        Raises:
            SnapshotUnreadable: it is missing.
            ServiceUnavailable: S3 does not answer, or refuses.
        """
        return self._objects.read(object_key, "", look)

    def claim(self, generation: str, interval: float, now: float) -> bool:
        """Tell whether nobody else makes a snapshot, and if so note that this caller does.

        The item is made here. Call this only right after the collection was seen alive.

        Args:
            generation: of a living collection.
            interval: seconds after which another's claim counts no more.
            now: epoch seconds.
        """
        return self._update(
            generation,
            "SET #claimed = :now",
            "attribute_not_exists(#claimed) OR #claimed <= :due",
            {":now": _number(now), ":due": _number(now - interval)},
        )

    def note_looked(self, generation: str, looked: int, removal: int) -> None:
        """Note up to where the log was searched for removals, and the highest one found."""
        self._update(
            generation,
            "SET #looked = :looked, #removal = :removal",
            "attribute_exists(pk) AND (attribute_not_exists(#looked) OR #looked < :looked)",
            {":looked": _number(looked), ":removal": _number(removal)},
        )

    def write(self, snapshot: Snapshot) -> str:
        """Write a snapshot's object and return its key; `publish` or `discard` it.

        Raises:
            ServiceUnavailable: S3 does not answer, or refuses.
        """
        object_key = keys.snapshot_object(
            self._table, snapshot.generation, snapshot.seq, secrets.token_hex(8)
        )
        self._objects.write(object_key, Pieces(encode(snapshot)))
        return object_key

    def discard(self, object_key: str) -> None:
        """Erase an object that was not published, and cannot be any more."""
        self._objects.erase([object_key])

    def publish(
        self,
        snapshot: Snapshot,
        damaged: str = "",
        engine: str = "",
        writer: str = "",
        written: str = "",
    ) -> bool:
        """Write a snapshot and make it the newest, unless a newer one or the purge was first.

        Nor is it published where the engine has changed that holds the vectors.

        Args:
            snapshot: of a generation that was claimed.
            damaged: the object that this one may replace at the same number.
            engine: holds the vectors as well; empty where none does.
            writer: the token of the tenure under which it was loaded with them.
            written: its object, where `write` has written it before.
        """
        generation = snapshot.generation
        object_key = written or self.write(snapshot)
        published = self._update(
            generation,
            "SET #seq = :seq, #object = :object, #untidy = :yes, #bytes = :bytes"
            + (", #engine = :engine" if engine else ""),
            "attribute_exists(#claimed) AND (attribute_not_exists(#seq) OR #seq < :seq OR "
            "(#seq = :seq AND #object = :damaged)) AND "
            + (
                "#writer = :writer AND (#engine = :engine OR attribute_not_exists(#seq))"
                if engine
                else "attribute_not_exists(#engine)"
            ),
            {
                ":seq": _number(snapshot.seq),
                ":object": {"S": object_key},
                ":yes": {"BOOL": True},
                ":bytes": _number(snapshot.nbytes),
                ":damaged": {"S": damaged or "-"},
                **({":engine": {"S": engine}, ":writer": {"S": writer}} if engine else {}),
            },
            mine=object_key,
        )
        if not published:
            self.discard(object_key)
        return published

    def tidy(self, generation: str) -> None:
        """Erase the objects that the published one has superseded. Idempotent."""
        published = self.published(generation)
        if published is None or not published.untidy:
            return
        above = keys.snapshot_object(self._table, generation, published.seq + 1, "")
        self._objects.abort(keys.snapshot_objects(self._table, generation), above)
        self._objects.erase(
            [key for key in self.objects(generation) if key != published.object_key and key < above]
        )
        self._update(
            generation,
            "REMOVE #untidy",
            "#object = :object",
            {":object": {"S": published.object_key}},
        )

    def purge(self, generation: str) -> None:
        """Erase the item and every object of a generation that is deleted. Idempotent."""
        # The item first: from then on nothing of the generation is published.
        self._faces.delete_many([keys.snapshot_key(generation)])
        self._objects.abort(keys.snapshot_objects(self._table, generation))
        self._objects.erase(list(self.objects(generation)))

    def objects(self, generation: str | None = None) -> Iterator[str]:
        """Give the S3 keys of a generation's objects, published or not, or of the deployment's."""
        return self._objects.keys(keys.snapshot_objects(self._table, generation))

    def generations(self) -> set[str]:
        """Return the generations of the deployment that have objects, or uploads of such."""
        uploads = self._objects.uploads(keys.snapshot_objects(self._table))
        started = {keys.generation_of_object(key) for key, _ in uploads}
        return started | {keys.generation_of_object(key) for key in self.objects()}

    def note_damage(self, generation: str, object_key: str) -> None:
        """Note that an object is not to be used, so that `compact` makes another from the log."""
        value = {":object": {"S": object_key}}
        try:
            self._update(generation, "SET #damaged = :object", "#object = :object", value)
        except LineamentError as error:
            _log.warning("snapshot: %s", _kind(error))  # Whoever reads it next notes it.

    def _update(
        self,
        generation: str,
        change: str,
        condition: str,
        values: dict[str, Any],
        mine: str = "",
    ) -> bool:
        """Change the item; tell whether the condition held, or the item names `mine` already."""
        try:
            self._faces.update(keys.snapshot_key(generation), change, condition, values)
        except ConditionFailed as failed:
            # The client may have sent the write twice, and the first one may have arrived.
            return bool(mine) and (failed.item or {}).get("object") == {"S": mine}
        return True


def connect_snapshots(tables: Tables, bucket: str, region: str) -> SnapshotStore | None:
    """Return the snapshots of a deployment, None where no bucket is set; makes no call."""
    if not bucket:
        return None
    return SnapshotStore(tables, bucket, region, S3Clients(connect_timeout=LARGE_BODIES))


def _kind(error: Exception) -> str:
    return str(error) if isinstance(error, ServiceUnavailable) else type(error).__name__


def _number(value: float) -> dict[str, str]:
    return {"N": str(int(value))}
