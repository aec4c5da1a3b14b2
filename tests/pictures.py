"""Pictures as bytes for every test: good, odd and bad ones, made at run time, the same each time.

`pixels` are RGB, uint8, shape (height, width, 3), wherever the name stands below.
"""

import io
import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_END_OF_IMAGE = b"\xff\xd9"
_ORIENTATION_TAG = 0x0112


def scenery(width: int, height: int, seed: int = 0) -> Pixels:
    """Return smooth coloured clouds without a face."""
    noise = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


# Good pictures in every dress.


def jpeg(pixels: Pixels, **options: object) -> bytes:
    """Return a baseline JPEG, quality 95 without chroma subsampling unless `options` say else."""
    return _saved(Image.fromarray(pixels), "JPEG", **{"quality": 95, "subsampling": 0, **options})


def png(pixels: Pixels, **options: object) -> bytes:
    """Return an 8-bit RGB PNG."""
    return _saved(Image.fromarray(pixels), "PNG", **options)


def progressive_jpeg(pixels: Pixels) -> bytes:
    """Return a progressive JPEG."""
    return jpeg(pixels, progressive=True)


def grey_jpeg(pixels: Pixels) -> bytes:
    """Return a JPEG of one component."""
    return _saved(Image.fromarray(pixels).convert("L"), "JPEG", quality=95)


def cmyk_jpeg(pixels: Pixels) -> bytes:
    """Return a JPEG of four components, CMYK as Adobe writes it."""
    image = Image.fromarray(pixels).convert("CMYK")
    return _saved(image, "JPEG", quality=95, subsampling=0)


def jpeg_without_end(pixels: Pixels) -> bytes:
    """Return a JPEG whose picture is whole and whose end marker is missing."""
    return jpeg(pixels).removesuffix(_END_OF_IMAGE)


def png_without_end(pixels: Pixels) -> bytes:
    """Return a PNG whose picture is whole and whose end chunk is missing."""
    return png(pixels)[:-12]


def grey_png(pixels: Pixels) -> bytes:
    """Return an 8-bit greyscale PNG."""
    return _saved(Image.fromarray(pixels).convert("L"), "PNG")


def palette_png(pixels: Pixels) -> bytes:
    """Return a PNG of 256 colours by palette."""
    return _saved(Image.fromarray(pixels).quantize(256), "PNG")


def sixteen_bit_png(pixels: Pixels) -> bytes:
    """Return a PNG of 16 bits a channel."""
    wide = pixels[..., ::-1].astype(np.uint16) * 257
    return bytes(cv2.imencode(".png", wide)[1])


def alpha_png(pixels: Pixels, alpha: Pixels) -> bytes:
    """Return an RGBA PNG; `alpha` has shape (height, width), 255 opaque."""
    return _saved(Image.fromarray(np.dstack([pixels, alpha])), "PNG")


def sixteen_bit_alpha_png(pixels: Pixels, alpha: Pixels) -> bytes:
    """Return an RGBA PNG of 16 bits a channel."""
    wide = np.dstack([pixels[..., ::-1], alpha]).astype(np.uint16) * 257
    return bytes(cv2.imencode(".png", wide)[1])


def interlaced_png(pixels: Pixels) -> bytes:
    """Return an RGB PNG in Adam7's seven passes."""
    height, width = pixels.shape[:2]
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    rows = [
        b"\0" + row.tobytes()
        for y, x, dy, dx in (*passes, (1, 0, 2, 1))
        for row in pixels[y::dy, x::dx]
        if row.size
    ]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return png_file((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))))


def jpeg_of_size(pixels: Pixels, size: int) -> bytes:
    """Return a decodable JPEG of exactly `size` bytes, filled up with comment segments.

    Raises:
        ValueError: the picture alone takes more.
    """
    image = jpeg(pixels)
    missing = size - len(image)
    fill = b""
    while missing >= 4:
        length = min(missing, 65_537)
        if 0 < missing - length < 4:
            length -= 4
        fill += b"\xff\xfe" + struct.pack(">H", length - 2) + bytes(length - 4)
        missing -= length
    if missing < 0:
        raise ValueError(f"the picture takes {len(image)} bytes, {size} were asked for")
    return image[:2] + fill + image[2:] + bytes(missing)


# EXIF. A viewer shows each of the eight as `pixels`.


def oriented_jpeg(pixels: Pixels, orientation: int) -> bytes:
    """Return a JPEG stored turned, whose EXIF orientation (1 to 8) makes it `pixels` again."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(pixels)
    stored = image.transpose(undo[orientation]) if orientation in undo else image
    exif = Image.Exif()
    exif[_ORIENTATION_TAG] = orientation
    return jpeg(np.asarray(stored), exif=exif.tobytes())


def jpeg_with_exif(pixels: Pixels, tiff: bytes) -> bytes:
    """Return a JPEG whose EXIF segment holds `tiff`, well formed or not."""
    return jpeg(pixels, exif=b"Exif\0\0" + tiff)


# Bad pictures.


def png_file(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these chunks (type, data), each with its checksum, and an end chunk."""
    return PNG_MAGIC + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*chunks, (b"IEND", b""))
    )


def png_bomb(width: int, height: int) -> bytes:
    """Return a small PNG that unpacks to width x height black pixels of one bit."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = bytes(1 + -(-width // 8))
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png_file((b"IHDR", header), (b"IDAT", data))


def zlib_bomb_png(pixels: Pixels, megabytes: int) -> bytes:
    """Return a PNG whose picture data goes on for `megabytes` MiB after the picture."""
    height, width = pixels.shape[:2]
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(b"\0" + row.tobytes()) for row in pixels)
    data += b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png_file((b"IHDR", header), (b"IDAT", data))


def text_bomb_png(pixels: Pixels, megabytes: int) -> bytes:
    """Return a PNG whose colour profile and text each unpack to `megabytes` MiB."""
    whole = png(pixels)
    start = len(PNG_MAGIC) + 25
    packed = zlib.compress(bytes(megabytes << 20), 9)
    bombs = png_file((b"iCCP", b"icc\0\0" + packed), (b"zTXt", b"text\0\0" + packed))
    return whole[:start] + bombs[len(PNG_MAGIC) : -12] + whole[start:]


def scan_bomb_jpeg(pixels: Pixels, scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is there again, `scans` times."""
    image = progressive_jpeg(pixels)
    last = image[image.rindex(b"\xff\xda") : -2]
    return image[:-2] + last * scans + _END_OF_IMAGE


def not_pictures(pixels: Pixels) -> dict[str, bytes]:
    """Return files that are no JPEG or PNG, by what they are."""
    image = Image.fromarray(pixels)
    return {
        "GIF": _saved(image, "GIF"),
        "WebP": _saved(image, "WEBP"),
        "BMP": _saved(image, "BMP"),
        "TIFF": _saved(image, "TIFF"),
        "PDF": _saved(image, "PDF"),
        "text": b"There is no picture in here, only words. " * 40,
        "nothing": b"",
        "zeros": bytes(2048),
        "JPEG magic alone": b"\xff\xd8\xff",
        "PNG magic alone": PNG_MAGIC,
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"/>',
    }


# Worse versions of good pictures.


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Return `pixels` under a Gaussian blur of `sigma` pixels; 0 leaves them."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma)) if sigma else pixels


def darkened(pixels: Pixels, factor: float) -> Pixels:
    """Return `pixels` times `factor`, 0 to 1."""
    return (pixels * factor).astype(np.uint8)


def scaled(pixels: Pixels, factor: float) -> Pixels:
    """Return `pixels` with both sides times `factor`."""
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=interpolation))


def rotated(pixels: Pixels, degrees: float) -> Pixels:
    """Return `pixels` turned anticlockwise about their centre, grey where nothing was."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderValue=(127, 127, 127)))


def beside(left: Pixels, right: Pixels) -> Pixels:
    """Return both side by side, tops level, grey below the lower one."""
    height = max(left.shape[0], right.shape[0])
    canvas = np.full((height, left.shape[1] + right.shape[1], 3), 127, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[: right.shape[0], left.shape[1] :] = right
    return canvas
