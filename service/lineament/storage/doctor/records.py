"""The records of a generation's faces, beside the faces that its log tells of."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lineament.storage import keys
from lineament.storage.records import UNREADABLE, from_face_item
from lineament.storage.table import Item, Table


@dataclass(slots=True)
class Records:
    """What the records of a generation say."""

    written: dict[str, int] = field(default_factory=dict)
    """FaceId to the epoch seconds of its record."""
    unreadable: set[str] = field(default_factory=set)
    read_by_others: int = 0
    """The highest number up to which the writer of a record had read the log."""

    def note(self, shard: str, item: Item) -> None:
        """Look at an item that stands in the partition of `shard`."""
        face_id = str(item["sk"]["S"])
        try:
            from_face_item(item)
            if not face_id.startswith(shard) or not item["write"]["S"]:
                raise ValueError("a record that nobody finds or may erase")
            self.written[face_id] = int(item["at"]["N"])
            after = int(item["after"]["N"]) if "after" in item else 0
        except UNREADABLE:
            self.unreadable.add(face_id)
        else:
            self.read_by_others = max(self.read_by_others, after)


def read_records(faces: Table, generation: str) -> Records:
    """Read every record of a generation, several partitions at a time."""

    def read(shard: str) -> Records:
        found = Records()
        for item in faces.query(keys.face_partition(generation, shard), "!", "~"):
            found.note(shard, item)
        return found

    whole = Records()
    for part in faces.each(read, keys.SHARDS):
        whole.written |= part.written
        whole.unreadable |= part.unreadable
        whole.read_by_others = max(whole.read_by_others, part.read_by_others)
    return whole


def read_more(faces: Table, generation: str, face_ids: Iterable[str], records: Records) -> None:
    """Look by exact key for records that were not there before."""
    wanted = [keys.face_key(generation, face_id) for face_id in face_ids]
    for item in faces.get_many(wanted):
        records.note(str(item["sk"]["S"])[0], item)


def still_there(faces: Table, generation: str, face_ids: Iterable[str]) -> set[str]:
    """Return those faces whose records are there now."""
    wanted = [keys.face_key(generation, face_id) for face_id in face_ids]
    return {str(item["sk"]["S"]) for item in faces.get_many(wanted, ("sk",))}
