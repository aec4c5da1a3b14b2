"""Erasing removed faces: their records, and their vectors inside the log's entries.

Every step is conditional and may be repeated. What a crash leaves undone, the sweep does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lineament.domain.collections import Collection
from lineament.storage import entries, keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_WINDOWS = (64, 512, 4096)
"""How far behind a record's `after` its entries are looked for, one attempt after the other.

Calls that index the same photo at once each leave an entry of the face, some numbers apart: the
first window is wide enough for all of them, though the first entry ends the search.
"""
_ERASED_AT_ONCE = 50
"""Vectors erased by one expression, which may have 4 KB."""


class Eraser:
    """Erases records and vectors. Safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        """Erase in `tables`."""
        self._tables = tables

    def erase(
        self, collection: Collection, face_ids: Sequence[str], items: Sequence[Item], seq: int
    ) -> None:
        """Erase faces whose removal was committed as number `seq`.

        Args:
            collection: of the faces, as it was before `items` were read.
            face_ids: the faces.
            items: pk, sk, write and after of their records, read before the commit; a face may
                have none.
            seq: a face that a later number added again keeps its record and its new vector.
        """
        self.erase_vectors(collection.generation, self._holders(collection, face_ids, items, seq))
        again = self._added_since(collection, seq)
        written = [*items, *self._written_meanwhile(collection, face_ids, seq)]
        self.erase_records([item for item in written if item["sk"]["S"] not in again])

    def erase_records(self, items: Sequence[Item]) -> int:
        """Delete face items that were not written again since they were read; tell how many."""
        return sum(self._tables.faces.each(self._delete, items))

    def erase_vectors(self, generation: str, holders: Mapping[int, Sequence[int]]) -> None:
        """Erase vectors: `holders` tells the places within the entry of each number."""
        work = [
            (keys.log_key(generation, seq), places[start : start + _ERASED_AT_ONCE])
            for seq, places in holders.items()
            for start in range(0, len(places), _ERASED_AT_ONCE)
        ]
        self._tables.faces.each(lambda each: self._blank(*each), work)

    def erase_names(self, generation: str, numbers: Sequence[int]) -> None:
        """Erase the UserIds that the entries of these numbers hold."""
        self._tables.faces.each(lambda seq: self._forget(generation, seq), numbers)

    def _forget(self, generation: str, seq: int) -> None:
        key = keys.log_key(generation, seq)
        try:
            self._tables.faces.update(key, "REMOVE #name", "attribute_exists(#name)", {})
        except ConditionFailed:
            return  # Erased before, or purged.

    def _written_meanwhile(
        self, collection: Collection, face_ids: Sequence[str], seq: int
    ) -> list[Item]:
        """Return pk, sk and write of records that calls since `collection` put, by their entries.

        They may have been put after the removal read its `items`; usually there are none.
        """
        gone = set(face_ids)
        return [
            {**keys.face_key(collection.generation, face_id), "write": entry["write"]}
            for entry in self._entries(collection, range(collection.seq + 1, seq))
            for face_id in entries.recorded_ids(entry)
            if face_id in gone
        ]

    def _added_since(self, collection: Collection, seq: int) -> set[str]:
        item = self._tables.control.get(
            keys.collection_key(collection.scope, collection.collection_id)
        )
        if item is None or item.get("generation") != {"S": collection.generation}:
            return set()  # Deleted meanwhile: nothing can be added any more.
        later = self._entries(collection, range(seq + 1, int(item["seq"]["N"]) + 1))
        return {face_id for entry in later for face_id in entries.added_ids(entry)}

    def _holders(
        self, collection: Collection, face_ids: Sequence[str], items: Sequence[Item], seq: int
    ) -> dict[int, list[int]]:
        """Find the numbers below `seq` that hold the faces, and the faces' places in them."""
        places: dict[int, list[int]] = {}
        wanted: dict[str, int | None] = dict.fromkeys(face_ids)
        for item in items:
            if "after" in item:
                wanted[str(item["sk"]["S"])] = int(item["after"]["N"])
        everyone = set(wanted)
        seen: set[int] = set()
        for window in _WINDOWS:
            numbers = {
                number for after in set(wanted.values()) for number in _numbers(after, window, seq)
            } - seen
            seen |= numbers
            for entry in self._entries(collection, sorted(numbers)):
                ids = entries.added_ids(entry)
                found = [place for place, face_id in enumerate(ids) if face_id in everyone]
                if found:
                    places[entries.seq_of(entry)] = found
                for place in found:
                    wanted.pop(ids[place], None)
            if not wanted:
                break
        return places

    def _entries(self, collection: Collection, numbers: Iterable[int]) -> list[Item]:
        log = [keys.log_key(collection.generation, number) for number in numbers]
        return self._tables.faces.get_many(log, ("sk", "ids", "restored", "write"))

    def _delete(self, item: Item) -> bool:
        key = {"pk": item["pk"], "sk": item["sk"]}
        return self._tables.faces.delete(key, "#write = :write", {":write": item["write"]})

    def _blank(self, key: Item, places: Sequence[int]) -> None:
        erased = ", ".join(f"#vectors[{place}] = :erased" for place in places)
        values: dict[str, Any] = {":erased": entries.ERASED}
        try:
            self._tables.faces.update(key, f"SET {erased}", "attribute_exists(#vectors)", values)
        except ConditionFailed:
            return  # Purged meanwhile.


def _numbers(after: int | None, window: int, seq: int) -> range:
    """Return where to look below `seq`: after a number, or backwards where none is known."""
    if after is None:
        return range(max(seq - window, 1), seq)
    return range(after + 1, min(after + 1 + window, seq))
