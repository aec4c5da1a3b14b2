"""Pictures that were changed on their way: pixels of the size that the header says, or a refusal.

tests/vision/test_intake_refusals.py changes bytes anywhere; checksums then stop most PNGs at the
door. Here they are put right, so that changes reach the decoders, and structure is changed: chunks
and segments are moved, repeated, dropped and given other lengths. atheris was run on the same entry
for 44 minutes (docs/threats.md) and found nothing that these do not hold.
"""

import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineament.errors import (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
)
from lineament.vision import intake, png
from tests import pictures

REFUSALS = (ImageTooLargeException, InvalidImageFormatException, InvalidParameterException)
SCENERY = pictures.scenery(96, 84) // 32 * 32
_CLEAR = np.full(SCENERY.shape[:2], 200, np.uint8)
PNGS = [
    pictures.png(SCENERY),
    pictures.alpha_png(SCENERY, _CLEAR),
    pictures.interlaced_png(SCENERY),
    pictures.sixteen_bit_png(SCENERY),
    pictures.palette_png(SCENERY),
    pictures.grey_png(SCENERY),
]
JPEGS = [
    pictures.jpeg(SCENERY),
    pictures.progressive_jpeg(SCENERY),
    pictures.cmyk_jpeg(SCENERY),
    pictures.grey_jpeg(SCENERY),
    pictures.oriented_jpeg(SCENERY, 6),
]
LARGEST = 1 << 18
"""Pixels that are decoded here."""
ANY = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "250")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["put", "cut", "add"]), st.binary(max_size=6)),
    max_size=5,
)
MOVES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["drop", "twice", "last", "rename"])), max_size=4
)


def taken(image: bytes) -> None:
    """Assert that a picture is decoded to the size of its header, or refused as documented."""
    refusal = None
    try:
        picture = intake.open_picture(image)
        if picture.width * picture.height > LARGEST:
            return
        pixels = picture.pixels()
    except REFUSALS as error:
        refusal = error
    if refusal is not None:
        assert refusal.status == 400
        assert len(refusal.message) < 250
        return
    assert pixels.dtype == np.uint8
    assert pixels.shape == (picture.height, picture.width, 3)
    assert pixels.flags.c_contiguous


def edited(data: bytes, edits: list[tuple[float, str, bytes]]) -> bytes:
    """Put bytes in place of others, cut some out, or add some."""
    out = bytearray(data)
    for place, how, patch in edits:
        at = int(place * len(out))
        end = at if how == "add" else at + len(patch)
        out[at:end] = b"" if how == "cut" else patch
    return bytes(out)


def moved(parts: list[bytes], moves: list[tuple[int, str]]) -> list[bytes]:
    """Drop, repeat and move parts, or give one the other's first bytes."""
    out = list(parts)
    for number, how in moves:
        if not out:
            break
        at = number % len(out)
        part = out[at]
        if how == "twice":
            out.insert(at, part)
        elif how == "rename":
            out[at] = out[number // 2 % len(out)][:4] + part[4:]
        else:
            del out[at]
            out += [part] if how == "last" else []
    return out


@ANY
@given(seed=st.sampled_from(PNGS), edits=EDITS, moves=MOVES, header=st.binary(max_size=3))
def test_pngs_whose_checksums_are_right(
    seed: bytes, edits: list[tuple[float, str, bytes]], moves: list[tuple[int, str]], header: bytes
) -> None:
    """Lost: a file that somebody made for the purpose ends the process, or gives other pixels."""
    chunks = [kind + bytes(data) for kind, data in png._chunks(seed)]
    at = len(chunks[0]) - len(header)
    chunks[0] = (chunks[0][:at] + header)[: len(chunks[0])]
    body = edited(b"".join(chunks[1:]), edits)
    lengths = [len(chunk) for chunk in chunks[1:]]
    starts = np.cumsum([0, *lengths[:-1]])
    rest = [body[s : s + n] for s, n in zip(starts, lengths, strict=True)]
    parts = [chunks[0], *moved(rest, moves)]
    whole = [struct.pack(">I", max(len(p) - 4, 0)) + p + _checksum(p) for p in parts]
    taken(png.MAGIC + b"".join(whole))


@ANY
@given(seed=st.sampled_from(JPEGS), edits=EDITS, moves=MOVES)
def test_jpegs_whose_segments_are_moved(
    seed: bytes, edits: list[tuple[float, str, bytes]], moves: list[tuple[int, str]]
) -> None:
    """Lost: as above: two frames, tables that are missing, scans in another order, a wild EXIF."""
    first, *segments = seed.split(b"\xff")
    parts = moved(
        [edited(each, edits) if n % 5 == 1 else each for n, each in enumerate(segments)], moves
    )
    taken(b"\xff".join([first, *parts]))


@pytest.mark.parametrize("seed", [*PNGS, *JPEGS])
def test_every_seed_is_a_picture(seed: bytes) -> None:
    """Lost: the tests above begin at files that are refused anyway."""
    assert intake.decode(seed).shape[2] == 3


def _checksum(chunk: bytes) -> bytes:
    return zlib.crc32(chunk).to_bytes(4, "big")


_MEASURE = """
import json, resource, sys
import numpy as np
from lineament.vision import intake
from tests import pictures
side = 8192
flat = np.zeros((side, side, 3), np.uint8)
image = getattr(pictures, sys.argv[1])(flat)
del flat
with open("/proc/self/clear_refs", "w") as peak: peak.write("5")
def status(name):
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(name))
before = status("VmRSS")
pixels = intake.decode(image)
print(json.dumps([len(image), (status("VmHWM") - before) >> 10, pixels.shape[0]]))
"""


@pytest.mark.parametrize(
    ("kind", "mebibytes"), [("jpeg", 260), ("progressive_jpeg", 700), ("png", 500)]
)
def test_what_the_largest_pictures_take(kind: str, mebibytes: int) -> None:
    """Lost: a megabyte that unpacks to 64 megapixels takes the memory of a whole machine."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, kind], capture_output=True, text=True, check=True
    )
    size, peak, side = json.loads(done.stdout)
    assert side == 8192
    assert size < 4 << 20
    assert peak < mebibytes, peak
