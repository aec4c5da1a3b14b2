"""The 30 landmarks and the pupils among them."""

import cv2
import numpy as np
import pytest

from lineament.domain.attributes import LANDMARKS
from lineament.vision.engine import Engine
from lineament.vision.intake import decode
from lineament.vision.landmarks import five_of
from lineament.vision.pupils import find_pupils
from lineament.vision.thirty import NAMES
from tests.vision.conftest import Photo

ALL_PHOTOS = ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png", "t1.jpg"]


def places(engine: Engine, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Return the largest face's landmarks in pixels, by name."""
    picture = engine.find_faces(pixels)
    marks = picture.describe([0], frozenset({LANDMARKS}))[0].landmarks
    assert marks is not None
    size = np.array([picture.width, picture.height])
    return {mark.kind: np.array([mark.x, mark.y]) * size for mark in marks}


@pytest.mark.parametrize("name", ALL_PHOTOS)
def test_all_thirty_have_aws_names_and_the_first_five_are_the_default_ones(
    engine: Engine, photo: Photo, name: str
) -> None:
    """A client that reads points by name or by place would find none, or others."""
    picture = engine.find_faces(decode(photo(name)))
    for face, told in zip(
        picture.faces,
        picture.describe(range(len(picture.faces)), frozenset({LANDMARKS})),
        strict=True,
    ):
        assert told.landmarks is not None
        assert tuple(mark.kind for mark in told.landmarks) == NAMES
        assert len(set(NAMES)) == 30
        assert told.landmarks[:5] == face.landmarks


@pytest.mark.parametrize("name", ["obama.jpg", "obama3.jpg", "astronaut.png"])
def test_points_lie_as_their_names_say(engine: Engine, photo: Photo, name: str) -> None:
    """A sticker for the left brow would land on the right one, or upside down."""
    marks = places(engine, decode(photo(name)))
    x = {kind: place[0] for kind, place in marks.items()}
    y = {kind: place[1] for kind, place in marks.items()}
    for row in (
        (
            "upperJawlineLeft",
            "midJawlineLeft",
            "chinBottom",
            "midJawlineRight",
            "upperJawlineRight",
        ),
        ("leftEyeBrowLeft", "leftEyeBrowUp", "leftEyeBrowRight"),
        ("rightEyeBrowLeft", "rightEyeBrowUp", "rightEyeBrowRight"),
        ("leftEyeLeft", "leftPupil", "leftEyeRight", "rightEyeLeft", "rightPupil", "rightEyeRight"),
        ("noseLeft", "nose", "noseRight"),
        ("mouthLeft", "mouthUp", "mouthRight"),
    ):
        assert list(row) == sorted(row, key=x.__getitem__)
    for column in (
        ("leftEyeBrowUp", "leftEyeUp", "leftEyeDown", "noseLeft", "mouthLeft"),
        ("rightEyeBrowUp", "rightEyeUp", "rightEyeDown", "noseRight", "mouthRight"),
        ("nose", "mouthUp", "mouthDown", "chinBottom"),
        ("leftEyeBrowUp", "leftPupil", "noseLeft"),
    ):
        assert list(column) == sorted(column, key=y.__getitem__)


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "biden.jpg", "astronaut.png"])
def test_mirrored_photo_has_mirrored_points(engine: Engine, photo: Photo, name: str) -> None:
    """Points would lie off to one side: seen where effects are drawn on eyes."""
    pixels = decode(photo(name))
    here = engine.find_faces(pixels).seen.dense[0]
    there = engine.find_faces(np.ascontiguousarray(pixels[:, ::-1])).seen.dense[0]
    ours, theirs = five_of(here), five_of(there)
    theirs = theirs[[1, 0, 2, 4, 3]]
    theirs[:, 0] = pixels.shape[1] - 1 - theirs[:, 0]
    distance = np.linalg.norm(ours[1] - ours[0])
    assert np.linalg.norm(ours - theirs, axis=1).mean() < 0.025 * distance


@pytest.mark.parametrize("degrees", [-35, 35])
def test_points_turn_with_the_photo(engine: Engine, photo: Photo, degrees: float) -> None:
    """Points of a tilted head would fall beside it."""
    pixels = decode(photo("astronaut.png"))
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    before, after = places(engine, pixels), places(engine, np.asarray(turned, np.uint8))
    distance = np.linalg.norm(before["eyeRight"] - before["eyeLeft"])
    off = [np.linalg.norm(turn[:, :2] @ before[kind] + turn[:, 2] - after[kind]) for kind in NAMES]
    assert np.mean(off) < 0.06 * distance
    assert max(off) < 0.2 * distance


@pytest.mark.parametrize("shift", [-0.05, 0.0, 0.05])
def test_pupil_is_found_where_it_was_drawn(engine: Engine, photo: Photo, shift: float) -> None:
    """Pupils would be the middle of the eye whatever the eye does."""
    pixels, dense, drawn = with_irises(engine, decode(photo("obama.jpg")), shift)
    found = find_pupils(pixels, dense)
    assert found.seen.all()
    distance = np.linalg.norm(drawn[1] - drawn[0])
    assert np.linalg.norm(found.points - drawn, axis=1).max() < 0.02 * distance


def test_shut_eye_has_its_pupil_in_the_middle(engine: Engine, photo: Photo) -> None:
    """A point would be made up where there is no pupil to see."""
    picture = engine.find_faces(decode(photo("obama.jpg")))
    dense = picture.seen.dense[0].copy()
    for lids in ((37, 41), (38, 40)):
        dense[list(lids)] = dense[list(lids)].mean(axis=0)
    found = find_pupils(picture.pixels, dense)
    assert found.seen.tolist() == [False, True]
    assert found.points[0] == pytest.approx(dense[36:42].mean(axis=0), abs=1e-3)


def with_irises(
    engine: Engine, pixels: np.ndarray, shift: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the photo with drawn eyes, the 68 points, and where the pupils are, shape (2, 2).

    `shift` is how far right of the middle of each eye's corners, in eye distances.
    """
    dense = engine.find_faces(pixels).seen.dense[0]
    painted = pixels.copy()
    eyes = dense[36:42], dense[42:48]
    distance = float(np.linalg.norm(eyes[1].mean(axis=0) - eyes[0].mean(axis=0)))
    drawn = []
    for eye in eyes:
        middle = (eye[0] + eye[3]) / 2
        middle[1] = eye[:, 1].mean()
        opening = np.zeros(pixels.shape[:2], np.uint8)
        stretched = eye.mean(axis=0) + (eye - eye.mean(axis=0)) * (1, 1.2)
        cv2.fillPoly(opening, [np.round(stretched).astype(np.int32)], (1,))
        painted[opening > 0] = (205, 195, 190)
        iris = np.zeros_like(opening)
        place = middle + np.array([shift * distance, 0])
        drawn.append(place)
        centre = (round(float(place[0]) * 16), round(float(place[1]) * 16))
        cv2.circle(iris, centre, round(0.095 * distance * 16), (1,), -1, shift=4)
        painted[(opening > 0) & (iris > 0)] = (50, 35, 30)
    return cv2.GaussianBlur(painted, (0, 0), 0.01 * distance), dense, np.array(drawn)
