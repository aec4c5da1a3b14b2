"""Age and apparent gender, by the real networks on real photos."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lineament.vision.attributes import Seen
from lineament.vision.demographics import AgeGender, age_range, apparent_gender
from lineament.vision.engine import Engine
from lineament.vision.intake import decode
from lineament.vision.sessions import ModelUnavailable
from tests.vision.conftest import Photo

FROM_LEFT = ("Female", "Female", "Male", "Male", "Male", "Female")
"""The six people of t1.jpg."""


@pytest.fixture(scope="module")
def networks(model_dir: Path) -> AgeGender:
    return AgeGender(model_dir)


def seen(engine: Engine, pixels: np.ndarray) -> Seen:
    """Return the picture and its faces, from left to right."""
    picture = engine.find_faces(pixels)
    return picture.seen.of(np.argsort(picture.seen.boxes[:, 0]).tolist())


def test_genders_of_a_group(engine: Engine, networks: AgeGender, photo: Photo) -> None:
    """Answers of one face would stand on another, or be wrong on a plain press photo."""
    faces = seen(engine, decode(photo("t1.jpg")))
    told = networks.estimate(faces.pixels, faces.boxes, faces.points)
    assert tuple(gender.value for _, gender in told) == FROM_LEFT
    assert all(80 < gender.confidence <= 100 for _, gender in told)
    order = [3, 0, 5]
    some = faces.of(order)
    again = networks.estimate(some.pixels, some.boxes, some.points)
    assert [gender.value for _, gender in again] == [told[row][1].value for row in order]
    assert [age for age, _ in again] == [told[row][0] for row in order]


@pytest.mark.parametrize(
    ("name", "age"),
    # The portraits were taken in January 2009 and in 2013.
    [("obama.jpg", 47), ("biden.jpg", 70)],
)
def test_range_holds_a_known_age(
    engine: Engine, networks: AgeGender, photo: Photo, name: str, age: int
) -> None:
    """A range that misses by decades on an official portrait tells nothing."""
    faces = seen(engine, decode(photo(name)))
    row = int(np.argmax(faces.boxes[:, 3] - faces.boxes[:, 1]))
    ((told, gender),) = networks.estimate(faces.pixels, faces.boxes[[row]], faces.points[[row]])
    assert told.low <= age <= told.high
    assert 8 <= told.high - told.low <= 32
    assert gender.value == "Male"


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_answers_do_not_hang_on_the_size_of_the_picture(
    engine: Engine, networks: AgeGender, photo: Photo, factor: float
) -> None:
    """The same portrait would be ten years older as a thumbnail."""
    pixels = decode(photo("astronaut.png"))
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    other = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=kind), np.uint8)
    faces = seen(engine, pixels)
    scaled_boxes, scaled_points = faces.boxes * factor, faces.points * factor
    before = networks.look(pixels, faces.boxes, faces.points)
    after = networks.look(other, scaled_boxes.astype("f4"), scaled_points.astype("f4"))
    assert abs(after.ages[0] - before.ages[0]) < 5
    assert np.all(np.sign(after.males) == np.sign(before.males))


def test_a_turned_picture_is_told_alike(engine: Engine, networks: AgeGender, photo: Photo) -> None:
    """A tilted camera would change the apparent gender."""
    pixels = decode(photo("astronaut.png"))
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 1)
    turned = np.asarray(cv2.warpAffine(pixels, turn, (width, height)), np.uint8)
    faces = seen(engine, turned)
    ((_, gender),) = networks.estimate(turned, faces.boxes[:1], faces.points[:1])
    assert gender.value == "Female"


def test_no_face_is_no_answer(networks: AgeGender) -> None:
    """A picture without faces would end in an error."""
    boxes, points = np.empty((0, 4), np.float32), np.empty((0, 5, 2), np.float32)
    assert networks.estimate(np.zeros((90, 90, 3), np.uint8), boxes, points) == []


def test_missing_model_says_what_to_do(tmp_path: Path) -> None:
    """A server without the files would fail with a stack trace in a request."""
    with pytest.raises(ModelUnavailable, match="lineament models install"):
        AgeGender(tmp_path)


@pytest.mark.parametrize("age", [0.3, 2, 8, 15, 24, 35, 50, 65, 80, 90])
def test_range_is_in_order_and_grows_with_doubt(age: float) -> None:
    """Clients take Low <= High for granted; doubt that does not show would be a lie."""
    sure, unsure = age_range(age, 3), age_range(age, 14)
    assert 0 <= sure.low < sure.high
    assert unsure.high - unsure.low >= sure.high - sure.low
    older = age_range(age + 10, 3)
    assert older.low >= sure.low
    assert older.high >= sure.high


def test_gender_confidence_follows_the_evidence() -> None:
    """A face on which the networks differ would be told as surely as any other."""
    agreed, torn = apparent_gender(40, 6, 6), apparent_gender(40, 2, -2)
    assert agreed.confidence > 99
    assert 50 <= torn.confidence < 90
    assert apparent_gender(40, -6, -6).value == "Female"


def test_children_are_told_with_less_confidence() -> None:
    """Boys would be girls at 99 %, which is what the networks say of some."""
    adult, child = apparent_gender(40, -3, -3), apparent_gender(5, -3, -3)
    assert child.value == adult.value
    assert child.confidence < 80
    assert adult.confidence > 99
