"""Small valid pictures, each with its own bytes."""

import hashlib
import struct

import numpy as np

from lineament.testing.seats import columns_of

_CELL = 160
"""Pixels a face has to itself: enough for QualityFilter at HIGH."""
_COMMENT = b"\xff\xfe"


def draw(
    label: str, faces: int, width: int | None = None, height: int | None = None, kind: str = "jpeg"
) -> bytes:
    """Return a JPEG or PNG of one colour, with the label inside.

    Args:
        label: what makes it another picture than the others.
        faces: how many it has to have room for.
        width: in pixels; by `faces` where it is None.
        height: likewise.
        kind: jpeg or png.

    Raises:
        ValueError: there is no such kind.
    """
    columns = columns_of(faces)
    rows = max(1, -(-faces // columns))
    shape = (height or rows * _CELL, width or columns * _CELL, 3)
    digest = hashlib.sha256(label.encode()).digest()
    pixels = np.empty(shape, np.uint8)
    pixels[:] = np.frombuffer(digest[:3], np.uint8)
    if kind == "jpeg":
        return _jpeg(pixels, digest)
    if kind == "png":
        return _png(pixels, digest)
    raise ValueError(f"{kind} is neither jpeg nor png")


def _jpeg(pixels: np.ndarray, comment: bytes) -> bytes:
    import simplejpeg  # noqa: PLC0415 - PNG needs none

    image = bytes(simplejpeg.encode_jpeg(pixels, quality=80))
    return image[:2] + _COMMENT + struct.pack(">H", 2 + len(comment)) + comment + image[2:]


def _png(pixels: np.ndarray, comment: bytes) -> bytes:
    import zlib  # noqa: PLC0415

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            chunk(b"tEXt", b"Comment\0" + comment.hex().encode()),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )
