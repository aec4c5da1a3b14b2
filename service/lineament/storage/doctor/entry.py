"""One entry of a log, decoded by hand."""

import uuid
from dataclasses import dataclass

import numpy as np

from lineament.storage.table import Item

_ACTIONS = ("create", "delete", "associate", "disassociate")
_ID_BYTES = 16
_FLOAT_BYTES = 2
_TIME_BYTES = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """What a number of a log says. All empty where it is void."""

    seq: int
    added: tuple[tuple[str, bytes | None], ...] = ()
    """Faces with their vectors in 16-bit floats; None where erased."""
    removed: tuple[str, ...] = ()
    action: str = ""
    user: str = ""
    name: str = ""
    members: tuple[str, ...] = ()


def decode(item: Item, seq: int) -> Entry:
    """Read an entry.

    Args:
        item: the whole of it.
        seq: the number that it was read by.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: it is none.
    """
    kinds = [name for name in ("ids", "removed", "restored", "action", "void") if name in item]
    if len(kinds) != 1:
        raise ValueError("an entry has one kind")
    if kinds == ["void"]:
        return Entry(seq)
    if not item["write"]["S"]:
        raise ValueError("an entry without a writer")
    if kinds == ["ids"]:
        return Entry(seq, added=_added(item))
    if kinds == ["action"]:
        return _user_change(item, seq)
    changed = _ids(item[kinds[0]]["B"])
    return Entry(seq, removed=changed if kinds == ["removed"] else ())


def is_useless(raw: bytes) -> bool:
    """Tell whether bytes are no vector that has a direction."""
    if not raw or len(raw) % _FLOAT_BYTES:
        return True
    row = np.frombuffer(raw, "<f2").astype(np.float64)
    length = float(np.sqrt((row * row).sum()))
    return not np.isfinite(length) or length == 0.0


def _added(item: Item) -> tuple[tuple[str, bytes | None], ...]:
    blocks = item["vectors"]["L"]
    if "indexed" in item and len(item["indexed"]["B"]) != _TIME_BYTES * len(blocks):
        raise ValueError("an entry that does not tell of each face when it was indexed")
    return tuple(
        (face_id, None if "NULL" in block else bytes(block["B"]))
        for face_id, block in zip(_ids(item["ids"]["B"]), blocks, strict=True)
    )


def _user_change(item: Item, seq: int) -> Entry:
    action = item["action"]["S"]
    (user,) = _ids(item["user"]["B"])
    name = item["name"]["S"] if "name" in item else ""
    members = _ids(item["members"]["B"]) if "members" in item else ()
    if action not in _ACTIONS or (action.endswith("associate") and not members):
        raise ValueError("an entry that changes a user in no known way")
    return Entry(seq, action=action, user=user, name=name, members=members)


def _ids(block: bytes) -> tuple[str, ...]:
    raw = bytes(block)
    if not raw or len(raw) % _ID_BYTES:
        raise ValueError("a block of ids of a broken length")
    return tuple(
        str(uuid.UUID(bytes=raw[at : at + _ID_BYTES])) for at in range(0, len(raw), _ID_BYTES)
    )
