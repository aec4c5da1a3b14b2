"""How much a face shows of what tells people apart, on real faces and covered ones."""

from statistics import median

import numpy as np
import pytest

from lineament.cli.measuring.degrade import Step, Subject, degrade
from lineament.domain.quality import passing_faces, select_faces
from lineament.vision.engine import Engine, Picture
from tests.vision.conftest import Photo

PORTRAITS = ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"]
RECOGNISERS = ["lineament-sface", "lineament-mobilefacenet"]
COVERS = [Step("eyes", 0.3), Step("half", 0.6), Step("patch", 0.4), Step("mouth", 0.45)]


@pytest.fixture(scope="module")
def portraits(engine: Engine, photo: Photo) -> list[Picture]:
    return [engine.analyse(photo(name)) for name in PORTRAITS]


def worse(engine: Engine, picture: Picture, step: Step, seed: int = 1) -> Picture:
    left, top, right, bottom = (float(side) for side in picture.seen.boxes[0])
    subject = Subject((left, top, right, bottom), picture.points[0])
    return engine.find_faces(degrade(picture.pixels, subject, step, seed))


def shown(picture: Picture, recogniser: str) -> float:
    told = picture.recognisability([0], recogniser)
    assert told is not None
    return told[0]


@pytest.mark.parametrize("recogniser", RECOGNISERS)
@pytest.mark.parametrize("step", COVERS, ids=lambda step: step.kind)
def test_a_covered_face_shows_less(
    engine: Engine, portraits: list[Picture], recogniser: str, step: Step
) -> None:
    """Else faces behind bars, hands and masks fill a collection, and match strangers."""
    losses = []
    for picture in portraits:
        covered = worse(engine, picture, step)
        if covered.faces:
            losses.append(shown(picture, recogniser) - shown(covered, recogniser))
    assert losses
    assert median(losses) > 10


def test_portraits_show_enough_for_high(portraits: list[Picture]) -> None:
    """Else HIGH, meant for enrolment, turns good portraits away."""
    for picture in portraits:
        assert passing_faces(picture, "HIGH") == [0]


def test_vectors_are_made_once(engine: Engine, photo: Photo) -> None:
    """A filter that costs a second run of the recogniser would double IndexFaces' time."""
    judged, plain = (engine.analyse(photo("t1.jpg")) for _ in range(2))
    kept = select_faces(judged, "AUTO", 100).kept
    made = dict(judged.embedded)
    vectors = judged.embed(kept)
    assert judged.embedded.keys() == made.keys()
    assert np.allclose(vectors, plain.embed(kept), atol=1e-5)
    assert not plain.embed([])[0:].size
