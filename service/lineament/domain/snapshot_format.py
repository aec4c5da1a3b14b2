"""A snapshot as bytes. Little-endian; a reader of a later release must still take all versions.

Version 3, of which whoever needs no vectors reads the head alone:

| part | bytes |
|---|---|
| magic | 8 |
| version, bytes of the generation's name | 2, 2 |
| components of a vector, number of faces, of erased faces, bytes of the users | 4, 8, 8, 8 |
| number of the log | 8 |
| the generation's name, UTF-8 | as said |
| ids of the faces | 16 each |
| their marks, signed | 8 each |
| when each was indexed | 4 each |
| ids of the faces that the fold holds for there, though their vectors are erased | 16 each |
| users: key, number that made it, bytes of its UserId, number of its faces | 16, 8, 2, 2 |
| ... then the UserId, UTF-8, and the ids of its faces in order of their association | as said |
| SHA-256 of everything before: the head ends here | 32 |
| vectors of the faces, float16 | 2 a component |
| SHA-256 of the vectors | 32 |

Version 2 does not tell when a face was indexed. Version 1 has no marks either, the vectors between
the ids and the erased ids, and one SHA-256, at the end.
"""

import hashlib
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rpds import HashTrieMap, HashTrieSet

from lineament.domain.raw_ids import ID_BYTES, from_block, from_key, to_ids, to_names
from lineament.domain.snapshots import Halves, Head, Snapshot
from lineament.domain.users import Membership, User
from lineament.errors import LineamentError

VERSION = 3
_TIMED = 3
"""The first version that tells when faces were indexed."""
_MAGIC = b"LINSNAP\n"
_HEADER = struct.Struct("<8sHHIQQQQ")
_USER = struct.Struct("<16sQHH")
_MARK_BYTES = 8
_TIME_BYTES = 4
_DIGESTS = {1: 1, 2: 2, 3: 2}
"""How many there are, by version: each that can be read."""
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
    yield from _sealed(_head_pieces(snapshot))
    yield from _sealed(iter([_memory(snapshot.halves, "<f2")]))


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
    header = _Header.read(reader, length)
    if header.version == 1:
        return _decode_first(reader, header, generation)
    head = _decode_head(reader, header, generation)
    halves = header.halves(reader)
    reader.check()
    return Snapshot(generation, head.seq, head.ids, head.marks, halves, head.membership, head.times)


def decode_head(stream: Stream, length: int, generation: str) -> Head | None:
    """Read all of a snapshot but the vectors, of which no byte is asked for.

    Args:
        stream: at its first byte.
        length: of all of the snapshot, in bytes.
        generation: whose snapshot it must be.

    Returns:
        None where it is of version 1, which can only be read as a whole.

    Raises:
        SnapshotUnreadable: as for `decode`, but that nobody looks at the vectors.
    """
    reader = _Reader(stream)
    header = _Header.read(reader, length)
    return None if header.version == 1 else _decode_head(reader, header, generation)


@dataclass(frozen=True, slots=True)
class _Header:
    version: int
    named: int
    dimensions: int
    faces: int
    erased: int
    users: int
    seq: int

    @classmethod
    def read(cls, reader: "_Reader", length: int) -> "_Header":
        block = reader.take(_HEADER.size if length >= _HEADER.size else 0)
        if not block.startswith(_MAGIC):
            raise SnapshotUnreadable("no snapshot")
        header = cls(*_HEADER.unpack(block)[1:])
        if header.version not in _DIGESTS:
            raise SnapshotUnreadable(f"version {header.version}")
        if header.length != length:
            raise SnapshotUnreadable("another length than its header says")
        return header

    @property
    def length(self) -> int:
        """Bytes of the whole snapshot."""
        face = ID_BYTES + 2 * self.dimensions + (_MARK_BYTES if self.version > 1 else 0)
        face += _TIME_BYTES if self.version >= _TIMED else 0
        lists = self.faces * face + self.erased * ID_BYTES + self.users
        return _HEADER.size + self.named + lists + _DIGESTS[self.version] * _DIGEST_BYTES

    def halves(self, reader: "_Reader") -> Halves:
        block = reader.take(self.faces * self.dimensions * 2)
        return np.frombuffer(block, "<f2").reshape(self.faces, self.dimensions)


def _decode_head(reader: "_Reader", header: _Header, generation: str) -> Head:
    name = reader.take(header.named)
    ids = from_block(reader.take(header.faces * ID_BYTES))
    marks = np.frombuffer(reader.take(header.faces * _MARK_BYTES), "<i8")
    timed = header.faces if header.version >= _TIMED else 0
    times = np.frombuffer(reader.take(timed * _TIME_BYTES), "<u4")
    gone, members = reader.take(header.erased * ID_BYTES), reader.take(header.users)
    reader.check()
    _check_name(name, generation)
    membership = _membership(members, gone)
    return Head(generation, header.seq, ids, marks, header.dimensions, membership, times)


def _decode_first(reader: "_Reader", header: _Header, generation: str) -> Snapshot:
    name = reader.take(header.named)
    ids = from_block(reader.take(header.faces * ID_BYTES))
    halves = header.halves(reader)
    gone, members = reader.take(header.erased * ID_BYTES), reader.take(header.users)
    reader.check()
    _check_name(name, generation)
    marks = np.zeros(header.faces, np.int64)
    return Snapshot(generation, header.seq, ids, marks, halves, _membership(members, gone))


def _check_name(name: bytearray, generation: str) -> None:
    if name != generation.encode():
        raise SnapshotUnreadable("of another generation")


def _head_pieces(snapshot: Snapshot) -> Iterator[bytes | memoryview]:
    name = snapshot.generation.encode()
    membership = snapshot.membership
    users = b"".join(_user(membership.users[key]) for key in sorted(membership.users))
    faces, dimensions = snapshot.halves.shape
    yield _HEADER.pack(
        _MAGIC, VERSION, len(name), dimensions, faces, len(membership.erased), len(users),
        snapshot.seq,
    )  # fmt: skip
    yield name
    yield _memory(snapshot.ids, "S16")
    yield _memory(snapshot.marks, "<i8")
    yield _memory(snapshot.times, "<u4")
    yield to_ids(sorted(membership.erased)).tobytes()
    yield users


def _sealed(pieces: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    yield digest.digest()


def _memory(array: NDArray[Any], kind: str) -> memoryview:
    return np.ascontiguousarray(array, kind).reshape(-1).view(np.uint8).data


def _user(user: User) -> bytes:
    name = user.user_id.encode()
    fixed = _USER.pack(uuid.UUID(user.key).bytes, user.seq, len(name), len(user.faces))
    return fixed + name + to_ids(user.faces).tobytes()


def _membership(block: bytearray, erased: bytearray) -> Membership:
    try:
        users = list(_users(block))
    except (struct.error, ValueError) as error:
        raise SnapshotUnreadable("its users make no sense") from error
    owners = {face_id: user.key for user in users for face_id in user.faces}
    return Membership(
        HashTrieMap({user.key: user for user in users}),
        HashTrieMap(owners),
        HashTrieSet(to_names(from_block(erased))),
    )


def _users(block: bytearray) -> Iterator[User]:
    start = 0
    while start < len(block):
        key, seq, named, faces = _USER.unpack_from(block, start)
        middle = start + _USER.size + named
        end = middle + faces * ID_BYTES
        name = block[middle - named : middle].decode()
        yield User(from_key(key), name, seq, tuple(to_names(from_block(block[middle:end]))))
        start = end


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

    def check(self) -> None:
        """Read the digest of what was read since the last one, and compare.

        Raises:
            SnapshotUnreadable: it is another.
        """
        digest = self._hash.digest()
        if self.take(_DIGEST_BYTES) != digest:
            raise SnapshotUnreadable("its checksum is wrong")
        self._hash = hashlib.sha256()
