"""The stored form of the log's entries: plain blocks of bytes, since a gallery reads very many.

An entry of added faces holds their ids as 16 raw bytes each in one block, when they were indexed as
4 bytes each in another, and their vectors as a list of fp16 blocks, so that one vector can be
erased in place. 100 faces of 1024 dimensions take 207 KB of the 400 that an item may have. An entry
that changes a user holds the user's key; the one that makes it holds the name as well, so that it
can be erased in place.
"""

import uuid
from collections.abc import Sequence

import numpy as np

from lineament.domain.collections import Change, UserChange
from lineament.domain.faces import Matrix, Vector
from lineament.domain.snapshots import unit_rows
from lineament.storage import keys
from lineament.storage.table import Item

MAX_ADDED = 100
MAX_REMOVED = 8192
"""Ids an entry of removed faces holds at most: 128 KB."""
ERASED: dict[str, object] = {"NULL": True}
"""What stands in place of an erased vector."""
ALL_BUT_VECTORS = ("sk", "ids", "indexed", "removed", "action", "user", "name", "members")
"""What `without_vectors` reads of an item."""
_ID_BYTES = 16
_TIME = np.dtype("<u4")
_UNREAD = np.zeros(0, np.float32)


def to_added(face_ids: Sequence[str], vectors: Matrix, indexed: Sequence[int] = ()) -> Item:
    """Return the attributes of an entry that adds faces.

    Args:
        face_ids: UUIDs, 1 to 100.
        vectors: shape (len(face_ids), d), float32; kept as fp16.
        indexed: when each was indexed, epoch seconds; nothing is kept of it without.

    Raises:
        ValueError: the numbers differ or are out of range, or a vector has no direction in fp16.
    """
    if not 1 <= len(face_ids) <= MAX_ADDED or vectors.shape[0] != len(face_ids):
        raise ValueError(f"{len(face_ids)} faces with vectors of shape {vectors.shape}")
    halves = vectors.astype(np.float16)
    if not np.isfinite(halves).all() or not halves.any(axis=1).all():
        raise ValueError("a face vector is zero or not finite")
    item: Item = {
        "ids": {"B": _to_block(face_ids)},
        "vectors": {"L": [{"B": row.tobytes()} for row in halves]},
    }
    if indexed:
        item["indexed"] = {"B": np.array(indexed, _TIME).tobytes()}
    return item


def to_removed(face_ids: Sequence[str]) -> Item:
    """Return the attributes of an entry that removes faces."""
    return {"removed": {"B": _to_block(face_ids)}}


def to_restored(face_ids: Sequence[str]) -> Item:
    """Return the attributes of an entry that only tells that records were put back.

    It changes no face. It stands in the log so that removals and it have an order.
    """
    return {"restored": {"B": _to_block(face_ids)}}


def to_user_change(change: UserChange) -> Item:
    """Return the attributes of an entry that changes a user."""
    item: Item = {"action": {"S": change.action}, "user": {"B": _to_block([change.key])}}
    if change.user_id:
        item["name"] = {"S": change.user_id}
    if change.face_ids:
        item["members"] = {"B": _to_block(change.face_ids)}
    return item


def to_void() -> Item:
    """Return the attributes of a number that is no change, for ever."""
    return {"void": {"BOOL": True}}


def added_ids(item: Item) -> list[str]:
    """Return the faces that an entry added, in the order of its vectors, erased ones included."""
    return _from_block(item, "ids")


def indexed(item: Item) -> dict[str, int]:
    """Return when the faces that an entry added were indexed, as far as it tells; epoch seconds."""
    block: bytes = item.get("indexed", {}).get("B", b"")
    if not block:
        return {}
    return dict(zip(added_ids(item), np.frombuffer(block, _TIME).tolist(), strict=True))


def removed_ids(item: Item) -> list[str]:
    """Return the faces that an entry removed."""
    return _from_block(item, "removed")


def recorded_ids(item: Item) -> list[str]:
    """Return the faces whose records bear the entry's `write`."""
    return added_ids(item) + _from_block(item, "restored")


def kept_vectors(item: Item) -> dict[str, bytes]:
    """Return the vectors that an entry added and that are not erased, as it keeps them: fp16."""
    blocks = item.get("vectors", {}).get("L", [])
    pairs = zip(dict.fromkeys(added_ids(item)), blocks, strict=True)
    return {face_id: bytes(block["B"]) for face_id, block in pairs if "B" in block}


def seq_of(item: Item) -> int:
    """Return an entry's number."""
    return int(item["sk"]["S"])


def write_of(item: Item) -> str:
    """Return the token of the call that wrote an item; empty where none is kept."""
    return str(item.get("write", {}).get("S", ""))


def from_entry(item: Item) -> Change:
    """Return the change of an entry. Vectors come back with unit length."""
    return Change(
        seq_of(item),
        _from_vectors(item),
        tuple(removed_ids(item)),
        _from_user_change(item),
        indexed(item),
    )


def entry(generation: str, seq: int, content: Item) -> Item:
    """Return the whole item of an entry."""
    return {**keys.log_key(generation, seq), **content}


def without_vectors(item: Item) -> Change:
    """Return the change of an entry whose `vectors` were not read: every added face has one."""
    added = dict.fromkeys(added_ids(item), _UNREAD)
    removed, user = tuple(removed_ids(item)), _from_user_change(item)
    return Change(seq_of(item), added, removed, user, indexed(item))


def _from_vectors(item: Item) -> dict[str, Vector | None]:
    added: dict[str, Vector | None] = dict.fromkeys(added_ids(item))
    kept = kept_vectors(item)
    if not kept:
        return added
    halves = np.frombuffer(b"".join(kept.values()), np.float16).reshape(len(kept), -1)
    return added | dict(zip(kept, unit_rows(halves), strict=True))


def _from_user_change(item: Item) -> UserChange | None:
    if "action" not in item:
        return None
    (key,) = _from_block(item, "user")
    name = str(item.get("name", {}).get("S", ""))
    return UserChange(item["action"]["S"], key, name, tuple(_from_block(item, "members")))


def _to_block(face_ids: Sequence[str]) -> bytes:
    return b"".join(uuid.UUID(face_id).bytes for face_id in face_ids)


def _from_block(item: Item, name: str) -> list[str]:
    block: bytes = item.get(name, {}).get("B", b"")
    starts = range(0, len(block), _ID_BYTES)
    return [str(uuid.UUID(bytes=block[start : start + _ID_BYTES])) for start in starts]
