"""The detector on faces of every size."""

import cv2
import numpy as np
import pytest

from lineament.vision.engine import Engine, smallest_face
from lineament.vision.intake import decode
from tests.vision.conftest import Photo


@pytest.mark.parametrize("filled", [0.1, 0.25, 0.5, 0.7, 0.87])
@pytest.mark.parametrize("name", ["astronaut.png", "obama.jpg"])
def test_face_is_found_once_whatever_part_of_the_frame_it_fills(
    engine: Engine, photo: Photo, name: str, filled: float
) -> None:
    """A selfie or passport photo would have no face, or landmarks beside the eyes."""
    pixels = decode(photo(name))
    height, width = pixels.shape[:2]
    (known,) = engine.find_faces(pixels).faces
    box = known.box
    side = box.height * height / filled
    left = (box.left + box.width / 2) * width - side / 2
    top = (box.top + box.height / 2) * height - side / 2
    scale = 1200 / side
    frame = cv2.warpAffine(
        pixels,
        np.array([[scale, 0, -left * scale], [0, scale, -top * scale]]),
        (1200, 1200),
        flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )

    (found,) = engine.find_faces(np.asarray(frame, np.uint8)).faces

    eyes = [point for point in known.landmarks if point.kind.startswith("eye")]
    distance = abs(eyes[1].x - eyes[0].x) * width
    for before, after in zip(known.landmarks, found.landmarks, strict=True):
        x, y = after.x * side + left, after.y * side + top
        assert np.hypot(before.x * width - x, before.y * height - y) < 0.15 * distance


def test_every_group_face_survives_reduction(engine: Engine, photo: Photo) -> None:
    """People at the back of a photo would be lost."""
    pixels = decode(photo("t1.jpg"))
    small = cv2.resize(pixels, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    assert len(engine.find_faces(np.asarray(small, np.uint8)).faces) == 6


@pytest.mark.parametrize(("width", "height"), [(80, 80), (3000, 80), (80, 3000), (97, 333)])
def test_odd_shapes_without_a_face_yield_none(engine: Engine, width: int, height: int) -> None:
    """A banner or a sliver would be an internal error."""
    noise = np.random.default_rng(5).integers(90, 160, (height, width, 3), np.uint8)
    assert engine.find_faces(noise).faces == ()


@pytest.mark.parametrize(("height", "found"), [(28, 0), (60, 1)])
def test_specks_are_no_faces(engine: Engine, photo: Photo, height: int, found: int) -> None:
    """Faces of a few pixels would be compared, and specks take each other for the same person."""
    pixels = decode(photo("obama.jpg"))
    (face,) = engine.find_faces(pixels).faces
    factor = height / (face.box.height * pixels.shape[0])
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    frame = np.full((400, 600, 3), 120, np.uint8)
    frame[100 : 100 + small.shape[0], 200 : 200 + small.shape[1]] = small
    assert len(engine.find_faces(frame).faces) == found


@pytest.mark.parametrize(
    ("width", "height", "pixels"),
    [(80, 80, 40), (1920, 1080, 40), (1080, 1920, 40), (3840, 2160, 80), (4000, 1080, 40)],
)
def test_smallest_face_grows_with_large_images(width: int, height: int, pixels: float) -> None:
    """A small photo would lose its faces, or a large one gain specks."""
    assert smallest_face(width, height) == pytest.approx(pixels)
