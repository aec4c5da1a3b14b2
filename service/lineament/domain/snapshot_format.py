"""A snapshot as bytes. Little-endian; a reader of a later release must still take version 1.

| part | bytes |
|---|---|
| magic | 8 |
| version, bytes of the generation's name | 2, 2 |
| components of a vector, number of faces, of erased faces, bytes of the users | 4, 8, 8, 8 |
| number of the log | 8 |
| the generation's name, UTF-8 | as said |
| ids of the faces | 16 each |
| their vectors, float16 | 2 a component |
| ids of the faces that the fold holds for there, though their vectors are erased | 16 each |
| users: key, number that made it, bytes of its UserId, number of its faces | 16, 8, 2, 2 |
| ... then the UserId, UTF-8, and the ids of its faces in order of their association | as said |
| SHA-256 of everything before | 32 |
"""

import hashlib
import struct
import uuid
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from rpds import HashTrieMap, HashTrieSet

from lineament.domain.snapshots import ID_BYTES, Snapshot
from lineament.domain.users import Membership, User
from lineament.errors import LineamentError

VERSION = 1
_MAGIC = b"LINSNAP\n"
_HEADER = struct.Struct("<8sHHIQQQQ")
_USER = struct.Struct("<16sQHH")
_DIGEST_BYTES = 32
_READ = 1 << 20
"""Bytes read at once: while one piece is hashed, no more than that is held twice."""


class SnapshotUnreadable(LineamentError):
    """Bytes that are no whole snapshot of the wanted generation that this release can read."""


class Stream(Protocol):
    """What a snapshot is read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        ...


def encode(snapshot: Snapshot) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a snapshot, piece by piece."""
    digest = hashlib.sha256()
    for piece in _pieces(snapshot):
        digest.update(piece)
        yield piece
    yield digest.digest()


def decode(stream: Stream, length: int, generation: str) -> Snapshot:
    """Read a snapshot to its end.

    Args:
        stream: at its first byte.
        length: of all of it, in bytes.
        generation: whose snapshot it must be.

    Raises:
        SnapshotUnreadable: it is cut, damaged, another generation's or of another version. The
            message says which, and no more.
    """
    reader = _Reader(stream)
    header = reader.take(_HEADER.size if length >= _HEADER.size else 0)
    if not header.startswith(_MAGIC):
        raise SnapshotUnreadable("no snapshot")
    _, version, named, dimensions, faces, erased, users, seq = _HEADER.unpack(header)
    if version != VERSION:
        raise SnapshotUnreadable(f"version {version}")
    parts = (named, faces * ID_BYTES, faces * dimensions * 2, erased * ID_BYTES, users)
    if _HEADER.size + sum(parts) + _DIGEST_BYTES != length:
        raise SnapshotUnreadable("another length than its header says")
    name, ids, vectors, gone, members = map(reader.take, parts)
    digest = reader.digest()
    if reader.take(_DIGEST_BYTES) != digest:
        raise SnapshotUnreadable("its checksum is wrong")
    if name != generation.encode():
        raise SnapshotUnreadable("of another generation")
    halves = np.frombuffer(vectors, "<f2").reshape(faces, dimensions)
    try:
        membership = _membership(members, gone)
    except (struct.error, ValueError) as error:
        raise SnapshotUnreadable("its users make no sense") from error
    return Snapshot(generation, seq, tuple(_names(ids)), halves, membership)


def _pieces(snapshot: Snapshot) -> Iterator[bytes | memoryview]:
    name = snapshot.generation.encode()
    membership = snapshot.membership
    users = b"".join(map(_user, membership.users.values()))
    faces, dimensions = snapshot.halves.shape
    yield _HEADER.pack(
        _MAGIC, VERSION, len(name), dimensions, faces, len(membership.erased), len(users),
        snapshot.seq,
    )  # fmt: skip
    yield name
    yield _block(snapshot.face_ids)
    yield np.ascontiguousarray(snapshot.halves, "<f2").reshape(-1).view(np.uint8).data
    yield _block(sorted(membership.erased))
    yield users


def _user(user: User) -> bytes:
    name = user.user_id.encode()
    fixed = _USER.pack(uuid.UUID(user.key).bytes, user.seq, len(name), len(user.faces))
    return fixed + name + _block(user.faces)


def _membership(block: bytearray, erased: bytearray) -> Membership:
    users: list[User] = []
    start = 0
    while start < len(block):
        key, seq, named, faces = _USER.unpack_from(block, start)
        middle = start + _USER.size + named
        end = middle + faces * ID_BYTES
        name = block[middle - named : middle].decode()
        users.append(User(_name(key.hex()), name, seq, tuple(_names(block[middle:end]))))
        start = end
    owners = {face_id: user.key for user in users for face_id in user.faces}
    return Membership(
        HashTrieMap({user.key: user for user in users}),
        HashTrieMap(owners),
        HashTrieSet(_names(erased)),
    )


def _block(ids: Iterable[str]) -> bytes:
    return bytes.fromhex("".join(ids).replace("-", ""))


def _names(block: bytes | bytearray) -> Iterator[str]:
    # Cut out of one long text: a million uuid.UUID take seconds.
    text = block.hex()
    return (_name(text[start : start + 32]) for start in range(0, len(text), 32))


def _name(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class _Reader:
    """Reads exactly, and hashes what it reads."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def take(self, size: int) -> bytearray:
        whole = bytearray(size)
        done = 0
        while done < size:
            piece = self._stream.read(min(size - done, _READ))
            if not piece:
                raise SnapshotUnreadable("cut")
            whole[done : done + len(piece)] = piece
            self._hash.update(piece)
            done += len(piece)
        return whole

    def digest(self) -> bytes:
        return self._hash.digest()
