"""An append-only file of frames. What `append` returned from is read back after any crash.

A frame is what one write made durable, so a crash can tear no more than the last one:

    LNJ1 | sequence: u64 | length: u32 | CRC-32 of sequence, length and payload: u32 | payload

Numbers are little-endian; sequences count from 1. A bad frame that ends the file was never
acknowledged, and is cut off. A bad one with a good one behind it was, and the file is refused.

So no payload may look like frames, as a journal that somebody keeps as an object does. One with a
mark in it is written behind another mark, LNJX, as a byte and what was XORed with that byte.
"""

import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from lineament.cli.durable.private import open_private, read_private
from lineament.errors import LineamentError

_MARK = b"LNJ1"
_MASKED = b"LNJX"
_MARKS = re.compile(b"LNJ[1X]")
_NUMBERS = struct.Struct("<QI")
_CRC = struct.Struct("<I")
_HEAD = len(_MARK) + _NUMBERS.size + _CRC.size
MAX_FRAME = 0xFFFF_FFFE
_flush = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class JournalError(LineamentError):
    """The file is damaged where it had been acknowledged, or cannot be written."""


class Journal:
    """One file, open for as long as this lives; one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, and make it where it is missing; `read` comes before `append`."""
        self._path = path
        self._file = open_private(path, os.O_RDWR | os.O_CREAT)
        self._sequence = 0
        self.size = 0
        """In bytes, of the good frames."""
        self.length = os.fstat(self._file).st_size
        """In bytes, of the file that was found."""

    def read(self) -> Iterator[bytes]:
        """Yield each frame's payload, then cut off what a crash tore.

        Raises:
            JournalError: a frame is damaged, and there are good ones after it.
        """
        content = read_private(self._path)
        while (payload := _payload(content, self.size, self._sequence + 1)) is not None:
            masked = content.startswith(_MASKED, self.size)
            self._sequence += 1
            self.size += _HEAD + len(payload)
            yield _xored(payload[1:], payload[0]) if masked else payload
        if self.size == len(content):
            return
        if _good_frame_from(content, self.size, self._sequence):
            raise JournalError(
                f"{self._path} is damaged at byte {self.size}, and what follows had been "
                "acknowledged: restore the folder from a copy"
            )
        os.ftruncate(self._file, self.size)
        os.fsync(self._file)

    def append(self, payload: bytes) -> None:
        """Write a frame and return once it is on the disk.

        Raises:
            OSError: it may not be there; the journal takes no more.
        """
        mark, payload = _unlike_frames(payload)
        numbers = _NUMBERS.pack(self._sequence + 1, len(payload))
        crc = _CRC.pack(zlib.crc32(payload, zlib.crc32(numbers)))
        left = memoryview(mark + numbers + crc + payload)
        at = self.size
        while left:
            written = os.pwrite(self._file, left, at)
            left, at = left[written:], at + written
        _flush(self._file)
        self._sequence += 1
        self.size = at

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _unlike_frames(payload: bytes) -> tuple[bytes, bytes]:
    """Return a payload without a mark in it, behind its own mark."""
    if _MARKS.search(payload):
        for mask in range(1, 256):
            masked = bytes([mask]) + _xored(payload, mask)
            if not _MARKS.search(masked):
                return _MASKED, masked
    return _MARK, payload  # also what somebody made to hold every mask's marks


def _xored(payload: bytes, mask: int) -> bytes:
    return payload.translate(bytes(value ^ mask for value in range(256)))


def _payload(content: bytes, at: int, sequence: int | None) -> bytes | None:
    """Return what a good frame at `at` has as payload, of that sequence if one is given."""
    numbers = content[at + len(_MARK) : at + len(_MARK) + _NUMBERS.size]
    start = at + _HEAD
    if not _MARKS.match(content, at) or len(content) < start:
        return None
    found, length = _NUMBERS.unpack(numbers)
    if sequence not in (None, found) or len(content) < start + length:
        return None
    payload = content[start : start + length]
    (crc,) = _CRC.unpack_from(content, start - _CRC.size)
    return payload if zlib.crc32(payload, zlib.crc32(numbers)) == crc else None


def _good_frame_from(content: bytes, at: int, sequence: int) -> bool:
    """Tell whether a frame of a higher sequence is whole, there or later."""
    while (mark := _MARKS.search(content, at)) is not None:
        at = mark.start()
        if _payload(content, at, None) is not None and _sequence(content, at) > sequence:
            return True
        at += 1
    return False


def _sequence(content: bytes, at: int) -> int:
    number: int = _NUMBERS.unpack_from(content, at + len(_MARK))[0]
    return number
