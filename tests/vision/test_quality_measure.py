"""Brightness and sharpness, measured on real faces and their degraded copies."""

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest

from lineament.cli.measuring.degrade import Step, Subject, degrade
from lineament.domain.faces import DetectedFace, Quality, RatioBox
from lineament.domain.quality import (
    BARS,
    QualityLevel,
    passing_faces,
    quality_reasons,
    quality_score,
    select_faces,
)
from lineament.vision.engine import Engine, Picture
from lineament.vision.intake import decode
from lineament.vision.quality import measure_quality
from tests import pictures
from tests.vision.conftest import Photo

PORTRAITS = ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"]
PARTIAL = ["obama_partial_face.jpg", "obama_partial_face2.jpg"]
GROUP = "t1.jpg"


class SeenPhotos:
    """Each photo decoded and searched for faces once."""

    def __init__(self, engine: Engine, photo: Photo) -> None:
        self._found: dict[str, Picture] = {}
        self._engine, self._photo = engine, photo

    def __call__(self, name: str) -> Picture:
        if name not in self._found:
            self._found[name] = self._engine.analyse(self._photo(name))
        return self._found[name]


@pytest.fixture(scope="module")
def seen(engine: Engine, photo: Photo) -> SeenPhotos:
    return SeenPhotos(engine, photo)


def measured(pixels: pictures.Pixels, face: DetectedFace) -> Quality:
    return measure_quality(pixels, face.box)


@pytest.mark.parametrize("name", [*PORTRAITS, *PARTIAL, GROUP])
def test_good_photos_pass_auto_with_room_to_spare(seen: SeenPhotos, name: str) -> None:
    """Else IndexFaces, whose default is AUTO, turns ordinary photos away."""
    picture = seen(name)
    assert len(picture.faces) == (6 if name == GROUP else 1)
    assert passing_faces(picture, "AUTO") == list(range(len(picture.faces)))
    for face in picture.faces:
        assert face.quality.sharpness >= 1.5 * BARS[QualityLevel.AUTO].sharpness
        assert face.quality.brightness >= 2.5 * BARS[QualityLevel.AUTO].brightness


@pytest.mark.parametrize("name", [*PORTRAITS, GROUP])
def test_more_blur_is_less_sharpness(seen: SeenPhotos, name: str) -> None:
    """A client that asks for a sharper photo must see the figure rise when it gets one."""
    picture = seen(name)
    for face in picture.faces:
        sigmas = [share * face.box.height * picture.height for share in (0, 0.01, 0.02, 0.03, 0.04)]
        copies = [pictures.blurred(picture.pixels, sigma) for sigma in sigmas]
        falling = [measured(copy, face).sharpness for copy in copies]
        assert all(sharper > softer or softer == 0 for sharper, softer in pairwise(falling))


@pytest.mark.parametrize("name", [*PORTRAITS, GROUP])
def test_less_light_is_less_brightness(seen: SeenPhotos, name: str) -> None:
    """The figure that tells a client to switch on the light must follow the light."""
    picture = seen(name)
    factors = [1.0, 0.7, 0.5, 0.3, 0.15, 0.05]
    copies = [pictures.darkened(picture.pixels, factor) for factor in factors]
    for face in picture.faces:
        falling = [measured(copy, face).brightness for copy in copies]
        assert all(brighter > darker for brighter, darker in pairwise(falling))


@pytest.mark.parametrize("name", PORTRAITS)
def test_size_alone_hardly_moves_the_figures(seen: SeenPhotos, name: str) -> None:
    """A photo and its thumbnail show the same face in the same light and focus."""
    picture = seen(name)
    face = picture.faces[0]
    whole = face.quality
    for height in (250, 150, 100, 70):
        factor = height / (face.box.height * picture.height)
        small = measured(pictures.scaled(picture.pixels, min(factor, 1)), face)
        assert small.brightness == pytest.approx(whole.brightness, abs=1.5)
        assert small.sharpness == pytest.approx(whole.sharpness, abs=15)


@pytest.mark.parametrize("name", PORTRAITS)
def test_dimming_is_not_taken_for_blur(seen: SeenPhotos, name: str) -> None:
    """The reason must be the light, or the client mends the focus in vain."""
    picture = seen(name)
    dim = measured(pictures.darkened(picture.pixels, 0.2), picture.faces[0])
    assert dim.sharpness > 0.7 * picture.faces[0].quality.sharpness


def subject(picture: Picture, index: int = 0) -> Subject:
    left, top, right, bottom = (float(side) for side in picture.seen.boxes[index])
    return Subject((left, top, right, bottom), picture.points[index])


@pytest.fixture(scope="module")
def small(engine: Engine, seen: SeenPhotos) -> Callable[[str], Picture]:
    """Each portrait with its face some 120 pixels high: noise and JPEG act on pixels."""
    found: dict[str, Picture] = {}

    def look(name: str) -> Picture:
        if name not in found:
            picture = seen(name)
            factor = 120 / (picture.faces[0].box.height * picture.height)
            found[name] = engine.find_faces(pictures.scaled(picture.pixels, min(factor, 1)))
        return found[name]

    return look


def worse(picture: Picture, kind: str, *strengths: float) -> list[float]:
    """Return the sharpness of worse copies; each picture's own noise is drawn."""
    face = subject(picture)
    copies = (degrade(picture.pixels, face, Step(kind, it), seed=7) for it in strengths)
    return [measured(copy, picture.faces[0]).sharpness for copy in copies]


@pytest.mark.parametrize("name", PORTRAITS)
def test_noise_is_not_detail(small: Callable[[str], Picture], name: str) -> None:
    """A grainy night shot must not count as sharper than the clean portrait."""
    picture = small(name)
    whole = picture.faces[0].quality.sharpness
    mild, strong, worst = worse(picture, "noise", 10, 30, 60)
    assert mild <= whole + 1
    assert strong < 0.85 * whole
    assert worst < min(strong, BARS[QualityLevel.AUTO].sharpness)


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("across", [True, False])
def test_blur_along_one_axis_shows(seen: SeenPhotos, name: str, across: bool) -> None:
    """A head that moved is as useless as one out of focus, yet keeps sharp lines."""
    picture = seen(name)
    face = picture.faces[0]
    length = round(0.12 * face.box.height * picture.height)
    kernel = (length, 1) if across else (1, length)
    streaked = np.asarray(cv2.blur(picture.pixels, kernel), np.uint8)
    assert measured(streaked, face).sharpness < 0.6 * face.quality.sharpness


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_burnt_out_face_is_of_low_quality(
    engine: Engine, small: Callable[[str], Picture], name: str
) -> None:
    """Brightness and sharpness alone look fine where the flash left nothing but white."""
    picture = small(name)
    factor = 250 / picture.faces[0].quality.brightness
    burnt = engine.find_faces(degrade(picture.pixels, subject(picture), Step("bright", factor), 0))
    for face in burnt.faces[:1]:
        assert quality_score(face) < BARS[QualityLevel.MEDIUM].score
        assert "LOW_FACE_QUALITY" in quality_reasons(face, burnt.width, burnt.height, "MEDIUM")


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("level", ["AUTO", "HIGH"])
def test_ix09_blurred_and_dark_faces_say_so(
    engine: Engine, seen: SeenPhotos, name: str, level: str
) -> None:
    """A gallery filled with unusable faces finds nobody; the reasons say what to do better."""
    picture = seen(name)
    face = picture.faces[0]
    sigma = 0.035 * face.box.height * picture.height
    for spoilt, reason in (
        (pictures.blurred(picture.pixels, sigma), "LOW_SHARPNESS"),
        (pictures.darkened(picture.pixels, 0.15), "LOW_BRIGHTNESS"),
    ):
        again = engine.find_faces(spoilt)
        assert len(again.faces) == 1
        assert reason in quality_reasons(again.faces[0], again.width, again.height, level)
        assert quality_reasons(again.faces[0], again.width, again.height, "NONE") == ()


def test_ix14_a_big_blurred_face_goes_before_a_small_sharp_one(
    engine: Engine, seen: SeenPhotos
) -> None:
    """MaxFaces=1 on such a picture must index the face that can be recognised."""
    large = seen("obama.jpg")
    sigma = 0.035 * large.faces[0].box.height * large.height
    both = pictures.beside(
        pictures.blurred(large.pixels, sigma), pictures.scaled(seen("biden.jpg").pixels, 0.3)
    )
    found = engine.find_faces(both)
    assert len(found.faces) == 2
    for level in ("NONE", "AUTO"):
        assert select_faces(found, level, 1).kept == (1,)


@pytest.mark.parametrize(
    "box",
    [
        RatioBox(-0.2, -0.1, 0.5, 0.6),
        RatioBox(0.8, 0.7, 0.5, 0.6),
        RatioBox(-1.0, -1.0, 3.0, 3.0),
        RatioBox(0.5, 0.5, 0.001, 0.001),
    ],
)
def test_boxes_may_leave_the_picture(box: RatioBox) -> None:
    """Faces cut by the border are measured by what there is of them."""
    quality = measure_quality(pictures.scenery(200, 150), box)
    assert 0 <= quality.brightness <= 100
    assert 0 <= quality.sharpness <= 100


@pytest.mark.parametrize(
    "box", [RatioBox(1.5, 0.1, 0.2, 0.2), RatioBox(-2, 0, 1, 1), RatioBox(0.5, 0.5, 0.0, 0.0)]
)
def test_a_box_with_nothing_in_it_is_of_no_quality(box: RatioBox) -> None:
    """A detector's stray box must not crash the request."""
    assert measure_quality(pictures.scenery(200, 150), box) == Quality(0.0, 0.0)


@pytest.mark.parametrize(("grey", "brightness"), [(0, 0.0), (51, 20.0), (255, 100.0)])
def test_the_scale_of_brightness(grey: int, brightness: float) -> None:
    """Black is 0 and white 100: thresholds of clients rest on it."""
    pixels = np.full((200, 200, 3), grey, np.uint8)
    quality = measure_quality(pixels, RatioBox(0.2, 0.2, 0.5, 0.5))
    assert quality.brightness == pytest.approx(brightness)
    assert quality.sharpness == 0


def test_the_same_pixels_give_the_same_figures(seen: SeenPhotos, photo: Photo) -> None:
    """Two calls with one picture must not answer differently."""
    face = seen("obama.jpg").faces[0]
    assert measured(decode(photo("obama.jpg")), face) == face.quality
