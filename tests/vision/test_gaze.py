"""Where the eyes look."""

from dataclasses import replace

import numpy as np
import pytest

from lineament.domain.attributes import EYE_DIRECTION, EyeDirection
from lineament.vision import gaze
from lineament.vision.engine import Engine
from lineament.vision.intake import decode
from lineament.vision.pupils import find_pupils
from tests.vision.conftest import Photo
from tests.vision.test_thirty import with_irises


def looked(engine: Engine, pixels: np.ndarray) -> EyeDirection | None:
    """Return the direction of the largest face's eyes."""
    picture = engine.find_faces(pixels)
    return picture.describe([0], frozenset({EYE_DIRECTION}))[0].eye_direction


def drawn(engine: Engine, pixels: np.ndarray, shift: float) -> EyeDirection:
    """Return what is read off eyes that were drawn with their irises moved."""
    painted, dense, _ = with_irises(engine, pixels, shift)
    (found,) = gaze.estimate(dense[np.newaxis], [find_pupils(painted, dense)])
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["obama.jpg", "astronaut.png", "obama3.jpg"])
def test_moved_irises_move_the_direction(engine: Engine, photo: Photo, name: str) -> None:
    """Left and right would be exchanged, or all eyes would look ahead."""
    pixels = decode(photo(name))
    yaws = [drawn(engine, pixels, shift).yaw for shift in (-0.06, -0.03, 0.0, 0.03, 0.06)]
    assert yaws == sorted(yaws)
    # An eyeball's 10 mm against 62 mm between the eyes: 0.03 of it is some 11 degrees.
    assert 6 < yaws[3] - yaws[2] < 18
    assert 6 < yaws[2] - yaws[1] < 18


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "biden.jpg", "astronaut.png"])
def test_mirrored_eyes_look_the_other_way(engine: Engine, photo: Photo, name: str) -> None:
    """One side would be favoured: eyes in a mirror selfie would read differently."""
    pixels = decode(photo(name))
    here = looked(engine, pixels)
    there = looked(engine, np.ascontiguousarray(pixels[:, ::-1]))
    assert here is not None
    assert there is not None
    assert there.yaw == pytest.approx(-here.yaw, abs=10)
    assert there.pitch == pytest.approx(here.pitch, abs=14)


def test_portrait_looks_into_the_camera(engine: Engine, photo: Photo) -> None:
    """Somebody who looks at the camera would be told to look at it."""
    for name in ("obama.jpg", "astronaut.png"):
        found = looked(engine, decode(photo(name)))
        assert found is not None, name
        assert abs(found.yaw) < 15, name
        assert abs(found.pitch) < 20, name  # a pixel at the pupil is 3.5 degrees here


def test_confidence_falls_with_the_pixels_and_with_disagreement(
    engine: Engine, photo: Photo
) -> None:
    """A guess from a few pixels would look like a measurement."""
    pixels = decode(photo("obama.jpg"))
    painted, dense, places = with_irises(engine, pixels, 0.0)
    pupils = find_pupils(painted, dense)
    (agree,) = gaze.estimate(dense[np.newaxis], [pupils])
    (far,) = gaze.estimate(dense[np.newaxis] / 20, [replace(pupils, points=pupils.points / 20)])
    pupils.points[0, 0] += 0.06 * np.linalg.norm(places[1] - places[0])
    (squint,) = gaze.estimate(dense[np.newaxis], [pupils])
    assert agree is not None
    assert far is not None
    assert squint is not None
    assert 0 < far.confidence < agree.confidence < 100
    assert squint.confidence < agree.confidence


def test_shut_eyes_look_nowhere(engine: Engine, photo: Photo) -> None:
    """A direction would be made up for somebody who sleeps."""
    picture = engine.find_faces(decode(photo("obama.jpg")))
    dense = picture.seen.dense[0].copy()
    for lids in ((37, 41), (38, 40), (43, 47), (44, 46)):
        dense[list(lids)] = dense[list(lids)].mean(axis=0)
    assert gaze.estimate(dense[np.newaxis], [find_pupils(picture.pixels, dense)]) == [None]
