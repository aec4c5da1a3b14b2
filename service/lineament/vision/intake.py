"""Encoded pictures in, upright RGB pixels out; what is too small, too large or broken is refused.

Everything is checked on the header, before a pixel is decoded. JPEG goes through simplejpeg
(libjpeg-turbo, RGB straight away), PNG through OpenCV. The same bytes give the same pixels.
Source: SPEC.md A.7.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.errors import (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
)
from lineament.vision import jpeg, png

MIN_SIDE = 80
MAX_SIDE = 10_000
MAX_PIXELS = 1 << 26
"""64 binary megapixels (8192 x 8192): above the 61 of the largest full-frame cameras. Such a
picture takes 192 MiB as RGB, and a progressive JPEG of it 0.6 GiB at its peak; the 100 megapixels
that the sides alone allow would take 0.9 GiB, too much for a small Lambda. docs/quality.md"""
MAX_PNG_BYTES = 4 * MAX_PIXELS
"""Unpacked, 256 MiB: nearly the largest picture in 8-bit RGBA, half of it in 16 bits."""

_SHRINKS = (1, 2, 4, 8)
"""What libjpeg reduces by at nearly no cost."""
_OTHERS = (
    (b"GIF8", 0, "GIF"),
    (b"WEBP", 8, "WebP"),
    (b"BM", 0, "BMP"),
    (b"%PDF", 0, "PDF"),
    (b"II*\0", 0, "TIFF"),
    (b"MM\0*", 0, "TIFF"),
    (b"ftyp", 4, "HEIC, AVIF or video"),
    (b"/9j/", 0, "base64 text: the bytes were encoded twice"),
    (b"iVBORw0KGgo", 0, "base64 text: the bytes were encoded twice"),
)


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A JPEG or PNG whose header was judged; nothing is decoded yet."""

    width: int
    """Pixels of the upright picture."""
    height: int
    image: bytes
    """The whole file."""
    header: jpeg.JpegHeader | png.PngHeader

    def pixels(self, least_side: int | None = None) -> NDArray[np.uint8]:
        """Decode.

        Greyscale, CMYK and YCCK, palettes, 16 bits, progressive and interlaced files decode; of an
        animated PNG the still picture. EXIF orientation is applied to JPEG, while PNG is used as
        stored; colour profiles are not applied. What is transparent is laid on white.

        Args:
            least_side: a JPEG may come at a half, a quarter or an eighth of its size, as long as
                its long side keeps this many pixels; None decodes the whole size.

        Returns:
            RGB, shape (height, width, 3), upright, contiguous.

        Raises:
            InvalidImageFormatException: cut off, or damaged.
            ImageTooLargeException: the passes to decode are over the limit.
        """
        if isinstance(self.header, png.PngHeader):
            return png.decode_png(self.image, self.header)
        return jpeg.decode_jpeg(self.image, self.header, self.shrink(least_side))

    def shrink(self, least_side: int | None) -> int:
        """Return by how much `pixels(least_side)` divides the sides: 1, 2, 4 or 8."""
        if least_side is None or isinstance(self.header, png.PngHeader):
            return 1
        longest = max(self.width, self.height)
        return max(f for f in _SHRINKS if f == 1 or -(-longest // f) >= least_side)


def open_picture(image: bytes) -> EncodedPicture:
    """Read and judge the header of a JPEG or PNG.

    Args:
        image: the whole file.

    Raises:
        InvalidImageFormatException: not a JPEG or PNG, or cut off in its header.
        InvalidParameterException: a side is under 80 pixels.
        ImageTooLargeException: a side or the pixels are over the limit.
    """
    if image.startswith(jpeg.MAGIC):
        jpeg_header = jpeg.read_jpeg_header(image)
        _require_size(jpeg_header.width, jpeg_header.height)
        return EncodedPicture(*jpeg_header.upright_size, image, jpeg_header)
    if image.startswith(png.MAGIC):
        png_header = png.read_png_header(image)
        _require_size(png_header.width, png_header.height)
        _require_unpackable(png_header)
        return EncodedPicture(png_header.width, png_header.height, image, png_header)
    found = next((name for magic, at, name in _OTHERS if image[at:].startswith(magic)), "")
    raise InvalidImageFormatException(
        f"{InvalidImageFormatException.default_message}: "
        + (f"found {found}; " if found else "")
        + "the image must be a JPEG or PNG file"
    )


def decode(image: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG or PNG at its full size: see `open_picture` and `EncodedPicture.pixels`."""
    return open_picture(image).pixels()


def _require_unpackable(header: png.PngHeader) -> None:
    """Check what a PNG takes unpacked.

    Raises:
        ImageTooLargeException: it is over the limit.
    """
    if header.raw_size > MAX_PNG_BYTES:
        raise ImageTooLargeException(
            f"{ImageTooLargeException.default_message} The PNG unpacks to {header.raw_size} bytes; "
            f"it must be at most {MAX_PNG_BYTES}"
        )


def _require_size(width: int, height: int) -> None:
    """Check a picture's size.

    Raises:
        InvalidParameterException: a side is under 80 pixels.
        ImageTooLargeException: a side or the pixel count is over the limit.
    """
    size = f"{width}x{height} px"
    if min(width, height) < MIN_SIDE:
        raise InvalidParameterException(
            f"{InvalidParameterException.default_message}: image is {size}; "
            f"both sides must be at least {MIN_SIDE}"
        )
    if max(width, height) > MAX_SIDE:
        raise ImageTooLargeException(
            f"{ImageTooLargeException.default_message} Image is {size}; "
            f"both sides must be at most {MAX_SIDE}"
        )
    if width * height > MAX_PIXELS:
        raise ImageTooLargeException(
            f"{ImageTooLargeException.default_message} Image is {size}; "
            f"it must have at most {MAX_PIXELS} pixels"
        )
