"""Pictures that are refused: the documented error, what is wrong, and nothing else ever."""

import base64
import struct
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineament.errors import (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
)
from lineament.vision import intake
from lineament.vision.intake import decode
from tests import pictures

Build = Callable[..., bytes]

PICTURE = pictures.scenery(120, 90)
CLEAR = np.full(PICTURE.shape[:2], 255, np.uint8)
REFUSALS = (ImageTooLargeException, InvalidImageFormatException, InvalidParameterException)
MEBIBYTE = 1 << 20


@pytest.mark.parametrize("name", pictures.not_pictures(PICTURE))
def test_im02_other_files_are_refused(name: str) -> None:
    """The caller learns that the file is of the wrong kind, and of which where that is known."""
    with pytest.raises(
        InvalidImageFormatException, match=r"^Request has invalid image format"
    ) as e:
        decode(pictures.not_pictures(PICTURE)[name])
    if name in {"GIF", "WebP", "BMP", "PDF", "TIFF"}:
        assert name in e.value.message


@pytest.mark.parametrize("build", [pictures.jpeg, pictures.png])
def test_im16_double_base64_is_refused_by_name(build: Build) -> None:
    """The commonest mistake with boto3, which encodes by itself: say so."""
    with pytest.raises(InvalidImageFormatException, match="encoded twice"):
        decode(base64.b64encode(build(PICTURE)))


@pytest.mark.parametrize("build", [pictures.jpeg, pictures.png])
@pytest.mark.parametrize(("width", "height"), [(60, 60), (79, 200), (200, 79)])
def test_im05_small_pictures_are_refused(build: Build, width: int, height: int) -> None:
    """The message must name both sides and the limit, or the caller searches for hours."""
    with pytest.raises(InvalidParameterException) as error:
        decode(build(pictures.scenery(width, height)))
    assert error.value.message == (
        f"Request has invalid parameters: image is {width}x{height} px; "
        "both sides must be at least 80"
    )


@pytest.mark.parametrize("build", [pictures.jpeg, pictures.png])
def test_im05_eighty_pixels_are_enough(build: Build) -> None:
    """The limit itself is allowed."""
    assert decode(build(pictures.scenery(80, 80))).shape == (80, 80, 3)


@pytest.mark.parametrize("build", [pictures.jpeg, pictures.png])
def test_a_side_over_ten_thousand_is_refused(build: Build) -> None:
    """The documented limit, with the figure that was found."""
    with pytest.raises(
        ImageTooLargeException, match=r"^Image size is too large.*12000x90 px.*10000"
    ):
        decode(build(np.zeros((90, 12_000, 3), np.uint8)))
    assert decode(build(np.zeros((90, 10_000, 3), np.uint8))).shape == (90, 10_000, 3)


@pytest.mark.parametrize(
    "image",
    [
        pictures.png_bomb(30_000, 30_000),
        pictures.png_bomb(10_000, 10_000),
        pictures.scan_bomb_jpeg(PICTURE, intake.jpeg.MAX_SCANS),
    ],
    ids=["30k x 30k", "100 megapixels", "scans"],
)
def test_im14_bombs_are_refused_unopened(image: bytes) -> None:
    """A few bytes must not take the memory or the time of the service."""
    tracemalloc.start()
    try:
        with pytest.raises(ImageTooLargeException, match=r"^Image size is too large\. "):
            decode(image)
        assert tracemalloc.get_traced_memory()[1] < MEBIBYTE
    finally:
        tracemalloc.stop()


def test_scans_are_bounded_by_the_pixels_they_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten scans are ordinary; of a huge picture a hundred would keep a worker for ten seconds."""
    monkeypatch.setattr(intake.jpeg, "MAX_SCANNED_PIXELS", 12 * PICTURE.shape[0] * PICTURE.shape[1])
    assert decode(pictures.progressive_jpeg(PICTURE)).shape == PICTURE.shape
    with pytest.raises(ImageTooLargeException, match="at most 12 are allowed"):
        decode(pictures.scan_bomb_jpeg(PICTURE, 3))


def test_im14_texts_and_profiles_of_a_png_are_not_unpacked() -> None:
    """They could take gigabytes; the picture itself is fine and is wanted."""
    image = pictures.text_bomb_png(PICTURE, 64)
    tracemalloc.start()
    try:
        assert (decode(image) == PICTURE).all()
        assert tracemalloc.get_traced_memory()[1] < MEBIBYTE
    finally:
        tracemalloc.stop()


def test_im14_data_after_a_png_picture_is_not_unpacked() -> None:
    """A megabyte of it holds a gigabyte, five seconds of the decoder's time."""
    tracemalloc.start()
    try:
        image = pictures.zlib_bomb_png(PICTURE, 64)
        tracemalloc.reset_peak()
        with pytest.raises(InvalidImageFormatException, match="more than its picture"):
            decode(image)
        assert tracemalloc.get_traced_memory()[1] < 2 * MEBIBYTE
    finally:
        tracemalloc.stop()
    assert (decode(pictures.zlib_bomb_png(PICTURE, 0)) == PICTURE).all()


def test_deep_pictures_are_bounded_by_what_they_unpack_to() -> None:
    """16 bits with alpha take eight bytes a pixel: a gigabyte at the pixel limit."""
    header = struct.pack(">IIBBBBB", 8000, 8000, 16, 6, 0, 0, 0)
    with pytest.raises(ImageTooLargeException, match="unpacks to 512008000 bytes"):
        decode(pictures.png_file((b"IHDR", header), (b"IDAT", b"x")))


@pytest.mark.parametrize(
    "build",
    [pictures.jpeg, pictures.progressive_jpeg, pictures.cmyk_jpeg, pictures.png],
)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
def test_im14_truncated_files_are_refused(build: Build, share: float) -> None:
    """Half a face must never be indexed as if it were whole."""
    image = build(PICTURE)
    with pytest.raises(InvalidImageFormatException, match=r"^Request has invalid image format: "):
        decode(image[: int(len(image) * share)])


@pytest.mark.parametrize("build", [pictures.jpeg, pictures.png])
def test_im14_the_header_is_judged_before_the_picture(build: Build) -> None:
    """Else a large broken file is decoded first only to be told that it is too small."""
    image = build(pictures.scenery(60, 60))
    with pytest.raises(InvalidParameterException, match="60x60"):
        decode(image[: int(len(image) * 0.9)])


def test_damage_in_a_png_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    """A checksum tells damage before the decoder sees it, without noise in the server's log."""
    image = bytearray(pictures.png(PICTURE))
    image[len(image) // 2] ^= 0x40
    with pytest.raises(InvalidImageFormatException, match="cut off or damaged"):
        decode(bytes(image))
    assert capfd.readouterr() == ("", "")


def test_two_png_headers_are_refused() -> None:
    """The size that was checked must be the size that is decoded."""
    large, small = (
        struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0) for side in (9000, PICTURE.shape[0])
    )
    with pytest.raises(InvalidImageFormatException, match="two headers"):
        decode(pictures.png_file((b"IHDR", small), (b"IHDR", large), (b"IDAT", b"x")))


def test_two_jpeg_sizes_are_refused() -> None:
    """As for PNG: a second frame header must not smuggle a larger picture past the check."""
    small, large = pictures.jpeg(PICTURE), pictures.jpeg(pictures.scenery(2000, 2000))
    frame = small[small.index(b"\xff\xc0") :][:19]
    with pytest.raises(InvalidImageFormatException):
        decode(large[:-2] + frame + large[-2:])


SEEDS = [
    pictures.jpeg(PICTURE),
    pictures.progressive_jpeg(PICTURE),
    pictures.cmyk_jpeg(PICTURE),
    pictures.oriented_jpeg(PICTURE, 6),
    pictures.png(PICTURE),
    pictures.alpha_png(PICTURE, CLEAR),
    pictures.interlaced_png(PICTURE),
    pictures.text_bomb_png(PICTURE, 1),
]


@settings(max_examples=400, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.one_of(st.just(0.0), st.floats(0, 1)), st.binary(max_size=6)),
        max_size=5,
    ),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_im14_damage_gives_pixels_or_a_documented_error(
    seed: bytes, edits: list[tuple[float, float, bytes]], keep: float
) -> None:
    """Whatever the bytes: no crash, no 500, no picture of another size than the header's."""
    image = bytearray(seed)
    for place, head, patch in edits:
        at = int(place * (600 if head else len(image)))
        image[at : at + len(patch)] = patch
    try:
        pixels = decode(bytes(image[: int(len(image) * keep)]))
    except REFUSALS as error:
        refusal = error
        pixels = None
    if pixels is None:
        assert refusal.status == 400
        assert len(refusal.message) < 200
    else:
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3
        assert min(pixels.shape[:2]) >= intake.MIN_SIDE
