"""The points that faces are aligned by."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lineament.vision.engine import Engine
from lineament.vision.intake import decode
from lineament.vision.landmarks import LandmarkRefiner, five_of
from tests import pictures
from tests.vision.conftest import Photo


@pytest.fixture(scope="module")
def refiner(model_dir: Path) -> LandmarkRefiner:
    """Return the network."""
    return LandmarkRefiner(model_dir)


@pytest.mark.parametrize("degrees", [-45, -20, 20, 45])
def test_points_turn_with_the_picture(engine: Engine, photo: Photo, degrees: float) -> None:
    """A tilted head would be cut out askew, and would not be recognised."""
    pixels = decode(photo("astronaut.png"))
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    upright = engine.find_faces(pixels).points[0]
    expected = upright @ turn[:, :2].T + turn[:, 2]
    found = engine.find_faces(np.asarray(turned, np.uint8)).points[0]
    distance = np.linalg.norm(upright[1] - upright[0])
    assert np.linalg.norm(found - expected, axis=1).max() < 0.12 * distance


@pytest.mark.parametrize("name", ["obama.jpg", "biden.jpg", "astronaut.png"])
def test_detector_points_that_are_off_come_back(
    engine: Engine, refiner: LandmarkRefiner, photo: Photo, name: str
) -> None:
    """Coarse points would go into every vector: same people would look less alike."""
    pixels = decode(photo(name))
    picture = engine.find_faces(pixels)
    box = picture.faces[0].box
    sides = np.array([box.left, box.top, box.left + box.width, box.top + box.height])
    boxes = (sides * np.tile([picture.width, picture.height], 2))[np.newaxis].astype(np.float32)
    good = picture.points[:1]
    distance = float(np.linalg.norm(good[0, 1] - good[0, 0]))
    shaken = good + np.random.default_rng(3).normal(0, 0.06 * distance, good.shape)
    before = np.linalg.norm(shaken - good, axis=2).mean()
    after = np.linalg.norm(refiner.refine(pixels, boxes, shaken)[0] - good, axis=2).mean()
    assert after < before / 3


def test_points_of_what_is_no_face_stay(refiner: LandmarkRefiner) -> None:
    """A face that the second network does not make out would lose the points of the first."""
    pixels = pictures.scenery(400, 400, 4)
    boxes = np.array([[100, 100, 200, 220]], np.float32)
    points = np.array([[[10, 10], [30, 10], [20, 20], [12, 30], [28, 30]]], np.float32)
    kept, dense = refiner.refine(pixels, boxes, points)
    assert np.array_equal(kept, points)
    assert np.linalg.norm(five_of(dense[0]) - points[0], axis=1).max() < 20  # they fit them


def test_five_of_68_points_are_in_order() -> None:
    """Left and right would be exchanged, and the crop turned upside down."""
    dense = np.arange(136, dtype=np.float64).reshape(68, 2)
    left, right, nose, mouth_left, mouth_right = five_of(dense)
    assert left.tolist() == dense[36:42].mean(axis=0).tolist()
    assert right.tolist() == dense[42:48].mean(axis=0).tolist()
    assert [nose[0], mouth_left[0], mouth_right[0]] == [60, 96, 108]
