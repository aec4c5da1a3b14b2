"""JPEG: what the header says, and the pixels, upright."""

import re
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from lineament.errors import ImageTooLargeException, InvalidImageFormatException

MAGIC = b"\xff\xd8\xff"
MAX_SCANS = 100
"""Encoders write 1 to about 20; each may cost the decoder a pass over the whole picture."""
MAX_SCANNED_PIXELS = 1 << 30
"""Scans times pixels: 16 scans of the largest picture, some two seconds of decoding."""
_MAX_SEGMENTS = 4096

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END_OF_IMAGE, _APP1 = 0xDA, 0xD9, 0xE1
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_NEXT_MARKER = re.compile(rb"\xff([\x01-\xfe])")
_AFTER_SCAN = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_BITS = 8

_EXIF = b"Exif\0\0"
_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_ORIENTATION_TAG, _SHORT = 0x0112, 3
_UPRIGHT = 1
_FLIPS = {2: 1, 3: -1, 4: 0}
"""cv2.flip's code: about the vertical axis, both, the horizontal one."""
_ROTATIONS = {6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
_TRANSVERSED = 7
_TRANSPOSED = frozenset({5, _TRANSVERSED})

_HARMLESS = ("extraneous bytes before marker", "Invalid SOS parameters for sequential JPEG")
"""What libjpeg says of files of some cameras whose pictures are whole."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What is known of a JPEG before it is decoded."""

    width: int
    """Pixels as stored, before `orientation` is applied."""
    height: int
    orientation: int
    """The EXIF value, 1 to 8; 1 where there is none or it cannot be read."""
    scans: int
    ended: bool
    """Whether the end-of-image marker is there."""

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height once `orientation` is applied."""
        turned = self.orientation in _ROTATIONS or self.orientation in _TRANSPOSED
        return (self.height, self.width) if turned else (self.width, self.height)


def read_jpeg_header(image: bytes) -> JpegHeader:
    """Walk the markers, up to the end of the picture, without decoding.

    Raises:
        InvalidImageFormatException: there is no frame, no scan, or a segment is cut.
    """
    width = height = scans = 0
    orientation: int | None = None
    position, marker_pattern = 2, _NEXT_MARKER
    for _ in range(_MAX_SEGMENTS):
        found = marker_pattern.search(image, position)
        marker = found[1][0] if found else _END_OF_IMAGE
        if marker == _END_OF_IMAGE or found is None:
            if not (width and height and scans):
                raise _broken("the JPEG ends before its picture")
            return JpegHeader(width, height, orientation or _UPRIGHT, scans, found is not None)
        position, marker_pattern = found.end(), _NEXT_MARKER
        if marker in _BARE:
            continue
        body = _segment(image, position)
        position += 2 + len(body)
        if marker in _START_OF_FRAME:
            width, height = _frame_size(body)
        elif marker == _APP1 and orientation is None and body.startswith(_EXIF):
            orientation = exif_orientation(body[len(_EXIF) :])
        elif marker == _START_OF_SCAN:
            scans, marker_pattern = scans + 1, _AFTER_SCAN
    raise _broken(f"the JPEG has more than {_MAX_SEGMENTS} segments")


def decode_jpeg(image: bytes, header: JpegHeader, shrink: int = 1) -> NDArray[np.uint8]:
    """Decode to RGB, shape (h, w, 3), upright.

    Args:
        image: the whole file.
        header: what `read_jpeg_header` told of it.
        shrink: 1, 2, 4 or 8: sides are divided by it and rounded up, in libjpeg's transform, which
            saves most of the work.

    A file that only lacks its end marker is taken, since the picture is whole; one whose picture
    data is cut or damaged is refused. Files that some cameras write against the standard (stray
    bytes before a marker) are taken.

    Raises:
        InvalidImageFormatException: the picture is cut, damaged, or of a kind not supported.
        ImageTooLargeException: the JPEG has so many scans that decoding would take long.
    """
    scan_limit = min(MAX_SCANS, MAX_SCANNED_PIXELS // (header.width * header.height))
    if header.scans > scan_limit:
        raise ImageTooLargeException(
            "Image size is too large. The JPEG has "
            f"{header.scans} scans of {header.width}x{header.height} px; "
            f"at this size at most {scan_limit} are allowed"
        )
    whole = image if header.ended else image + bytes((0xFF, _END_OF_IMAGE))
    # A buffer of the size that was checked: if libjpeg read another size it would refuse.
    height, width = -(-header.height // shrink), -(-header.width // shrink)
    buffer = np.empty(height * width * 3, np.uint8)
    try:
        pixels = simplejpeg.decode_jpeg(
            whole, "RGB", min_height=height, min_width=width, buffer=buffer
        )
    except ValueError as error:
        if not any(text in str(error) for text in _HARMLESS):
            raise _broken("the JPEG is cut off, damaged, or of a kind not supported") from error
        pixels = _decode_leniently(whole, height, width, buffer)
    if pixels.shape != (height, width, 3):
        raise _broken("the JPEG gives two sizes")
    return _turn_upright(pixels, header.orientation)


def exif_orientation(tiff: bytes) -> int:
    """Return the orientation, 1 to 8, of a TIFF header and its first directory; 1 if unreadable.

    Source: Exif 2.32, 4.6.2 and 4.6.4 A.
    """
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return _UPRIGHT

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)

    directory = number(4, 4)
    for entry in range(directory + 2, directory + 2 + 12 * number(directory, 2), 12):
        if entry + 12 > len(tiff):
            break
        if number(entry, 2) == _ORIENTATION_TAG:
            value = number(entry + 8, 2)
            readable = number(entry + 2, 2) == _SHORT and 1 <= value <= 8  # noqa: PLR2004
            return value if readable else _UPRIGHT
    return _UPRIGHT


def _decode_leniently(
    image: bytes, height: int, width: int, buffer: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    try:
        return np.asarray(
            simplejpeg.decode_jpeg(
                image, "RGB", min_height=height, min_width=width, buffer=buffer, strict=False
            )
        )
    except ValueError as error:
        raise _broken("the JPEG is damaged") from error


def _segment(image: bytes, position: int) -> bytes:
    length = int.from_bytes(image[position : position + 2], "big")
    body = image[position + 2 : position + length]
    if length < 2 or len(body) != length - 2:  # noqa: PLR2004 (the length counts itself)
        raise _broken("the JPEG is cut off in its header")
    return body


def _frame_size(body: bytes) -> tuple[int, int]:
    """Return width and height of a start-of-frame segment."""
    if len(body) < 6 or body[0] != _BITS:  # noqa: PLR2004 (precision, height, width, components)
        raise _broken(f"a JPEG must have {_BITS} bits a sample")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if not (width and height):
        raise _broken("the JPEG does not say its size")
    return width, height


def _turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation; 1 is upright already. At most one copy of the picture is made."""
    if orientation in _FLIPS:
        return np.asarray(cv2.flip(pixels, _FLIPS[orientation], dst=pixels), np.uint8)
    if orientation in _ROTATIONS:
        return np.asarray(cv2.rotate(pixels, _ROTATIONS[orientation]), np.uint8)
    if orientation in _TRANSPOSED:
        turned = cv2.transpose(pixels)
        both = orientation == _TRANSVERSED
        return np.asarray(cv2.flip(turned, -1, dst=turned) if both else turned, np.uint8)
    return pixels


def _broken(reason: str) -> InvalidImageFormatException:
    return InvalidImageFormatException(f"Request has invalid image format: {reason}")
