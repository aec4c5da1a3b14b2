"""Large photos are decoded at a part of their size, and nobody can tell."""

import numpy as np
import pytest

from lineament.vision.detector import DEFAULT_SCALE
from lineament.vision.engine import _LOOK_SIDE, Engine
from lineament.vision.intake import EncodedPicture, decode, open_picture
from lineament.vision.jpeg import JpegHeader
from tests import pictures
from tests.pictures import Pixels
from tests.vision.conftest import Photo

WIDE, HIGH = 4000, 3000


@pytest.fixture(scope="module")
def portrait(photo: Photo) -> Pixels:
    """Return a face of some 1,100 pixels in 12 million."""
    return framed(pictures.scaled(decode(photo("obama.jpg")), 2.4))


@pytest.fixture(scope="module")
def street(photo: Photo) -> Pixels:
    """Return a face of some 180 pixels in 12 million."""
    return framed(pictures.scaled(decode(photo("obama.jpg")), 0.4))


def framed(pixels: Pixels) -> Pixels:
    """Lay a photo into the middle of a grey one."""
    canvas = np.full((HIGH, WIDE, 3), 110, np.uint8)
    part = pixels[:HIGH, :WIDE]
    top, left = (HIGH - part.shape[0]) // 2, (WIDE - part.shape[1]) // 2
    canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas


def test_large_face_is_seen_at_half_the_size(engine: Engine, portrait: Pixels) -> None:
    """Lost: a third of the time of a phone's photo; or its face, box or vector with it."""
    seen = engine.analyse(pictures.jpeg(portrait))
    whole = engine.find_faces(portrait)
    assert (seen.width, seen.height) == (WIDE, HIGH)
    assert seen.pixels.shape == (HIGH // 2, WIDE // 2, 3)
    (face,), (expected,) = seen.faces, whole.faces
    for side in ("left", "top", "width", "height"):
        assert getattr(face.box, side) == pytest.approx(getattr(expected.box, side), abs=0.01)
    assert face.quality.sharpness == pytest.approx(expected.quality.sharpness, abs=8)
    assert float(seen.embed([0])[0] @ whole.embed([0])[0]) > 0.97


def test_small_face_keeps_its_pixels(engine: Engine, street: Pixels) -> None:
    """Lost: people at the back of a large photo are recognised from a quarter of their pixels."""
    seen = engine.analyse(pictures.jpeg(street))
    assert seen.pixels.shape == (HIGH, WIDE, 3)
    whole = engine.find_faces(street)
    (face,) = seen.faces
    assert face.box.left == pytest.approx(whole.faces[0].box.left, abs=0.005)
    assert float(seen.embed([0])[0] @ whole.embed([0])[0]) > 0.97


def test_photo_that_was_turned_is_upright_at_any_size(portrait: Pixels) -> None:
    """Lost: boxes of phone photos lie sideways, but only of large ones."""
    encoded = open_picture(pictures.oriented_jpeg(portrait, 6))
    assert (encoded.width, encoded.height) == (WIDE, HIGH)
    small = encoded.pixels(1280)
    assert small.shape == (HIGH // 2, WIDE // 2, 3)
    assert np.abs(small.astype(int) - portrait[::2, ::2].astype(int)).mean() < 8


@pytest.mark.parametrize("long_side", [2560, 3000, 3413, 3414, 4000, 5184, 6000, 10_000])
def test_detector_sees_as_much_of_a_part_as_of_the_whole(long_side: int) -> None:
    """Lost: small faces on photos of some sizes, of which the detector is shown three quarters."""
    header = JpegHeader(long_side, 2000, 1, 1, True)
    encoded = EncodedPicture(long_side, 2000, b"", header)
    decoded = long_side / encoded.shrink(_LOOK_SIDE)
    whole = long_side * DEFAULT_SCALE.factor(long_side, 2000)
    assert decoded * DEFAULT_SCALE.factor(round(decoded), 100) == pytest.approx(whole, abs=1)


@pytest.mark.parametrize(
    ("side", "shape"),
    [(None, (3000, 4000)), (1280, (1500, 2000)), (900, (750, 1000)), (9, (375, 500))],
)
def test_sides_that_are_asked_for(
    portrait: Pixels, side: int | None, shape: tuple[int, int]
) -> None:
    """Lost: pixels that a face needs, or time for those that none does."""
    encoded = open_picture(pictures.jpeg(portrait))
    assert encoded.pixels(side).shape == (*shape, 3)
    assert encoded.shrink(side) == 4000 // shape[1]


def test_odd_sizes_and_pngs(photo: Photo) -> None:
    """Lost: a photo with an odd side is refused, a PNG is looked at smaller than it is."""
    odd = pictures.scaled(decode(photo("biden.jpg")), 1)[:1337, :731]
    assert open_picture(pictures.jpeg(odd)).pixels(600).shape == (
        -(-odd.shape[0] // 2),
        -(-odd.shape[1] // 2),
        3,
    )
    just = pictures.scaled(decode(photo("biden.jpg")), 1)[:1199, :731]
    assert open_picture(pictures.jpeg(just)).pixels(600).shape == (600, 366, 3)
    assert open_picture(pictures.png(odd)).pixels(100).shape == odd.shape
