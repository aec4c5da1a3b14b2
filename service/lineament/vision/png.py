"""PNG: what the header says, and the pixels as stored."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.errors import InvalidImageFormatException

MAGIC = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 1 << 16
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
"""The chunks that make the pixels. The rest (ICC profiles, texts, EXIF, animation) is dropped
unread: it cannot unpack into memory, turn the picture or add frames."""
_END = b"\0\0\0\0IEND\xaeB`\x82"
_IHDR = struct.Struct(">IIBBBBB")
_COLOUR, _PALETTE, _GREY_ALPHA, _COLOUR_ALPHA = 2, 3, 4, 6
_DEPTHS = {
    0: (1, 2, 4, 8, 16),
    _COLOUR: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_ALPHA: (8, 16),
    _COLOUR_ALPHA: (8, 16),
}
_CHANNELS = {0: 1, _COLOUR: 3, _PALETTE: 1, _GREY_ALPHA: 2, _COLOUR_ALPHA: 4}
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Left, top and steps across and down of the seven passes."""
_SPARE = 1 << 16
"""Bytes after the picture that are let pass: some encoders write a little too much."""
_PIECE = 1 << 14
"""Packed bytes that are handed over at a time; zlib copies what it leaves at each step."""
_UNPACK_STEP = 1 << 18
_STRIP_ROWS = 256


@dataclass(frozen=True, slots=True)
class PngHeader:
    """What is known of a PNG before it is decoded."""

    width: int
    height: int
    colour_type: int
    depth: int
    """Bits a channel."""
    interlaced: bool

    @property
    def raw_size(self) -> int:
        """Bytes of the unpacked picture: each row is its filter's number and its pixels."""
        bits = self.depth * _CHANNELS[self.colour_type]
        passes = _ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        total = 0
        for left, top, across, down in passes:
            columns, rows = -(-(self.width - left) // across), -(-(self.height - top) // down)
            total += rows * (1 + -(-columns * bits // 8)) if columns > 0 else 0
        return total


def read_png_header(image: bytes) -> PngHeader:
    """Read the IHDR chunk.

    Raises:
        InvalidImageFormatException: it is missing, damaged, or asks for what PNG does not have.
    """
    kind, data = next(_chunks(image), (b"", memoryview(b"")))
    if kind != b"IHDR" or len(data) != _IHDR.size:
        raise _broken("the PNG does not begin with its header")
    width, height, depth, colour_type, packing, filtering, interlace = _IHDR.unpack(data)
    if depth not in _DEPTHS.get(colour_type, ()) or packing or filtering or interlace > 1:
        raise _broken("the PNG's header has a value that PNG does not know")
    if not (width and height):
        raise _broken("the PNG does not say its size")
    return PngHeader(width, height, colour_type, depth, bool(interlace))


def decode_png(image: bytes, header: PngHeader) -> NDArray[np.uint8]:
    """Decode to RGB, shape (h, w, 3), as stored; what is transparent lies on white.

    White is what most viewers show, so that a person who reviews a match sees the pixels that were
    compared. A file that only lacks its end chunk is taken; one whose picture is cut is refused.

    Raises:
        InvalidImageFormatException: the picture is cut, damaged, or unpacks to more than its size.
    """
    parts: list[bytes | memoryview] = [MAGIC]
    kinds: set[bytes] = set()
    packed: list[memoryview] = []
    for kind, data in _chunks(image):
        if kind == b"IHDR" and kind in kinds:
            raise _broken("the PNG has two headers")
        kinds.add(kind)
        if kind == b"IDAT":
            packed.append(data)
        if kind in _NEEDED:
            parts += [struct.pack(">I", len(data)), kind, data, _checksum(kind, data)]
    _require_whole(packed, header.raw_size)
    see_through = header.colour_type in (_GREY_ALPHA, _COLOUR_ALPHA) or (
        b"tRNS" in kinds and header.colour_type in (_COLOUR, _PALETTE)
    )
    encoded = np.frombuffer(b"".join([*parts, _END]), np.uint8)
    flags = cv2.IMREAD_UNCHANGED if see_through else cv2.IMREAD_COLOR_RGB
    try:
        pixels = cv2.imdecode(encoded, flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.shape[:2] != (header.height, header.width):
        raise _broken("the PNG is cut off or damaged")
    return _over_white(pixels) if see_through else np.asarray(pixels, np.uint8)


def _chunks(image: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and data of each chunk before IEND, or before the file's end if that is gone.

    Raises:
        InvalidImageFormatException: a needed chunk is cut or fails its checksum.
    """
    view, position = memoryview(image), len(MAGIC)
    for _ in range(_MAX_CHUNKS):
        start = position + 8
        length, kind = int.from_bytes(view[position : position + 4]), bytes(view[start - 4 : start])
        if kind == b"IEND" or position >= len(view):
            return
        data, position = view[start : start + length], start + length + 4
        if kind in _NEEDED and view[position - 4 : position] != _checksum(kind, data):
            raise _broken("the PNG is cut off or damaged")
        yield kind, data
    raise _broken(f"the PNG has more than {_MAX_CHUNKS} chunks")


def _require_whole(packed: list[memoryview], size: int) -> None:
    """Unpack the picture data piece by piece, keeping nothing, and check how much it is.

    libpng would unpack what follows the picture to its end, a gigabyte from each packed megabyte,
    and tell of a cut one on standard error.

    Raises:
        InvalidImageFormatException: there is less than `size` bytes, or clearly more.
    """
    unpacker, missing = zlib.decompressobj(), size
    pieces = (data[at : at + _PIECE] for data in packed for at in range(0, len(data), _PIECE))
    for piece in pieces:
        if unpacker.eof:
            break
        rest: bytes | memoryview = piece
        while rest and missing >= -_SPARE:
            try:
                missing -= len(unpacker.decompress(rest, _UNPACK_STEP))
            except zlib.error as error:
                raise _broken("the PNG is damaged") from error
            rest = unpacker.unconsumed_tail
    if missing > 0:
        missing -= len(unpacker.flush())  # the last bytes may wait for room
    if missing > 0:
        raise _broken("the PNG is cut off or damaged")
    if missing < -_SPARE:
        raise _broken("the PNG unpacks to more than its picture")


def _checksum(kind: bytes, data: memoryview) -> bytes:
    return zlib.crc32(data, zlib.crc32(kind)).to_bytes(4, "big")


def _over_white(pixels: cv2.typing.MatLike) -> NDArray[np.uint8]:
    """Turn BGRA (or BGR) of 8 or 16 bits into RGB, what is transparent on white."""
    shift = 8 * (pixels.dtype.itemsize - 1)
    result = np.empty((*pixels.shape[:2], 3), np.uint8)
    for row in range(0, len(pixels), _STRIP_ROWS):  # by strips: the temporary arrays stay small
        deep = np.asarray(pixels[row : row + _STRIP_ROWS], np.uint16)
        strip = (deep >> shift).astype(np.uint8)
        colour = strip[..., 2::-1]
        if strip.shape[2] == 4 and strip[..., 3].min() < 255:  # noqa: PLR2004 (not all opaque)
            alpha = strip[..., 3:].astype(np.uint16)
            colour = (colour * alpha + 255 * (255 - alpha) + 127) // 255
        result[row : row + _STRIP_ROWS] = colour
    return result


def _broken(reason: str) -> InvalidImageFormatException:
    return InvalidImageFormatException(f"Request has invalid image format: {reason}")
