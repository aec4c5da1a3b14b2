"""Pictures in: every kind of JPEG and PNG that decodes, upright and in its colours."""

import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from lineament.vision.intake import decode
from tests import pictures

Build = Callable[..., bytes]

PICTURE = pictures.scenery(120, 90)
CLEAR = np.full(PICTURE.shape[:2], 255, np.uint8)


def difference(image: bytes, wanted: pictures.Pixels) -> float:
    """Return the mean absolute difference of the decoded picture and `wanted`."""
    pixels = decode(image)
    assert pixels.shape == wanted.shape
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    return float(np.abs(pixels.astype(int) - wanted).mean())


@pytest.mark.parametrize(
    "build",
    [pictures.jpeg, pictures.progressive_jpeg, pictures.cmyk_jpeg, pictures.jpeg_without_end],
)
def test_im01_every_jpeg_decodes_to_its_colours(build: Build) -> None:
    """Else faces of scans, print work or web pictures come out in wrong colours or not at all."""
    assert difference(build(PICTURE), PICTURE) < 3


@pytest.mark.parametrize(
    "build",
    [pictures.png, pictures.interlaced_png, pictures.sixteen_bit_png, pictures.png_without_end],
)
def test_im01_every_png_decodes_exactly(build: Build) -> None:
    """PNG keeps every pixel; so must we, at 8 and 16 bits, in one pass or seven."""
    assert difference(build(PICTURE), PICTURE) == 0


def test_im01_palettes_decode() -> None:
    """Else screenshots and drawings saved with 256 colours are refused or grey."""
    assert difference(pictures.palette_png(PICTURE), PICTURE) < 20


@pytest.mark.parametrize("build", [pictures.grey_jpeg, pictures.grey_png])
def test_im01_grey_becomes_three_equal_channels(build: Build) -> None:
    """Else black and white photos cannot be searched."""
    grey = cv2.cvtColor(PICTURE, cv2.COLOR_RGB2GRAY)
    assert difference(build(PICTURE), np.dstack([grey] * 3)) < 2


def test_adobe_ycck_decodes() -> None:
    """Photoshop saves CMYK as YCCK; read as CMYK the faces would be green."""
    ycck = bytearray(pictures.cmyk_jpeg(PICTURE))
    ycck[ycck.index(b"Adobe") + 11] = 2
    wanted = cv2.imdecode(np.frombuffer(ycck, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert difference(bytes(ycck), np.asarray(wanted, np.uint8)) == 0


@pytest.mark.parametrize("build", [pictures.alpha_png, pictures.sixteen_bit_alpha_png])
def test_what_is_transparent_is_white(build: Build) -> None:
    """A reviewer's viewer shows white there; hidden pixels must not be matched."""
    alpha = CLEAR.copy()
    alpha[:40], alpha[40:60] = 0, 128
    pixels = decode(build(PICTURE, alpha))
    assert (pixels[:40] == 255).all()
    half = (PICTURE[40:60].astype(int) * 128 + 255 * 127) / 255
    assert np.abs(pixels[40:60] - half).max() <= 1
    assert (pixels[60:] == PICTURE[60:]).all()


@pytest.mark.parametrize("build", [pictures.alpha_png, pictures.sixteen_bit_alpha_png])
def test_an_opaque_alpha_changes_nothing(build: Build) -> None:
    """Most PNGs with alpha are opaque screenshots and exports."""
    assert difference(build(PICTURE, CLEAR), PICTURE) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_im11_exif_orientation_is_applied(orientation: int) -> None:
    """Phones store photos turned; without this their faces lie on the side and are not found."""
    assert difference(pictures.oriented_jpeg(PICTURE, orientation), PICTURE) < 3


@pytest.mark.parametrize(
    "tiff",
    [
        b"",
        b"II",
        b"XX*\0\x08\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff" + b"\x13\x01" * 30,
        b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 9, 0),
        b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 0, 0),
        b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHII", 0x0112, 4, 1, 6),
        b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHI", 0x0112, 3, 1),
    ],
)
def test_malformed_exif_is_ignored(tiff: bytes) -> None:
    """A picture that every viewer opens must not be refused for its camera's bad metadata."""
    assert difference(pictures.jpeg_with_exif(PICTURE, tiff), PICTURE) < 3


def test_little_endian_exif_is_read() -> None:
    """Half of the cameras write it that way."""
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 3, 0)
    assert difference(pictures.jpeg_with_exif(PICTURE, tiff), PICTURE[::-1, ::-1]) < 3


def test_png_is_used_as_stored() -> None:
    """The wire says so: boxes of a PNG refer to its stored frame."""
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    image = pictures.png(PICTURE, exif=b"Exif\0\0" + tiff)
    assert b"eXIf" in image
    assert difference(image, PICTURE) == 0


@pytest.mark.parametrize("size", [5_242_880, 5_242_881, 200_003])
def test_im03_padding_does_not_matter(size: int) -> None:
    """The largest picture that the wire takes must decode; the byte cap is the wire's to keep."""
    image = pictures.jpeg_of_size(PICTURE, size)
    assert len(image) == size
    assert difference(image, PICTURE) < 3


@pytest.mark.parametrize("stray", [b"\0\1\2", bytes(300)])
def test_stray_bytes_of_some_cameras_are_taken(stray: bytes) -> None:
    """Photos that every viewer shows must not be refused for padding before or after the end."""
    image = pictures.jpeg(PICTURE)
    assert difference(image + stray, PICTURE) < 3
    assert difference(image[:-2] + stray + image[-2:], PICTURE) < 3


@pytest.mark.parametrize("build", [pictures.jpeg, pictures.png, pictures.cmyk_jpeg])
def test_the_same_bytes_give_the_same_pixels(build: Build) -> None:
    """FaceIds and cached answers follow from the bytes; the pixels must too."""
    image = build(PICTURE)
    assert (decode(image) == decode(image)).all()
