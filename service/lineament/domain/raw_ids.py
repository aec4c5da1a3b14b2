"""Ids as their 16 raw bytes, in arrays: a million take 16 MB, and 85 as texts."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.bytes_]
"""Shape (n,), dtype S16. Sorts as the ids' texts do. An element taken out of it has lost its
trailing zeros: take `to_bytes`, or compare arrays."""
ID_BYTES = 16
ID_TYPE = np.dtype("S16")


def to_key(face_id: str) -> bytes | None:
    """Return the 16 bytes of a face id, or None for what is no UUID in its usual form."""
    try:
        key = bytes.fromhex(face_id.replace("-", ""))
    except ValueError:
        return None
    return key if len(key) == ID_BYTES and from_key(key) == face_id else None


def from_key(key: bytes) -> str:
    """Return the face id of 16 bytes."""
    return _name(key.hex())


def to_bytes(ids: Ids, row: int) -> bytes:
    """Return the 16 bytes of one id of many."""
    return ids[row : row + 1].tobytes()


def to_ids(names: Iterable[str]) -> Ids:
    """Return face ids in their usual form as an array."""
    return from_block(bytes.fromhex("".join(names).replace("-", "")))


def from_block(block: bytes | bytearray | memoryview) -> Ids:
    """Return the ids whose bytes stand one after the other; a look into the block."""
    return np.frombuffer(block, ID_TYPE)


def to_names(ids: Ids) -> Iterator[str]:
    """Yield the face ids of an array."""
    # Cut out of one long text: a million uuid.UUID take seconds.
    text = ids.tobytes().hex()
    return (_name(text[start : start + 32]) for start in range(0, len(text), 32))


def _name(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
