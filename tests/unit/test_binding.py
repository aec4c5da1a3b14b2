"""Which model a collection is bound to, and which boxes are one face."""

import pytest

from lineament.domain.binding import Binding, FaceModels
from lineament.domain.faces import DetectedFace, Pose, Quality, RatioBox
from lineament.domain.matching import find_face, overlap
from lineament.domain.similarity import Calibration, FaceModel

_CALIBRATION = Calibration.from_knots([-1, 1], [0, 100])
DEFAULT, OWN, LIGHT = (
    FaceModel(name, 4, _CALIBRATION, name) for name in ("default-1", "own-1", "light-1")
)
MODELS = FaceModels(
    DEFAULT,
    (Binding("vip-*", OWN), Binding("vip-guests", LIGHT), Binding("door[12]", LIGHT)),
)


@pytest.mark.parametrize(
    ("collection_id", "model"),
    [
        ("vip-1", OWN),
        ("vip-guests", OWN),  # the first that matches counts
        ("door1", LIGHT),
        ("door3", DEFAULT),
        ("VIP-1", DEFAULT),
        ("my-vip-1", DEFAULT),
    ],
)
def test_name_decides_the_model(collection_id: str, model: FaceModel) -> None:
    """Lost: a collection that needs its own model is filled with the other one's vectors."""
    assert MODELS.for_new(collection_id) == model


def test_every_model_that_is_named_is_run() -> None:
    """Lost: collections made before a pattern was taken for them are refused."""
    assert [MODELS.of(each.version) for each in (DEFAULT, OWN, LIGHT)] == [
        DEFAULT,
        OWN,
        LIGHT,
    ]
    assert MODELS.of("other-1") is None
    assert MODELS.versions() == ["default-1", "own-1", "light-1"]


def _face(box: RatioBox) -> DetectedFace:
    return DetectedFace(box, 99.0, (), Pose(0, 0, 0), Quality(50, 50))


def test_face_is_found_again_by_its_box() -> None:
    """Lost: a moved face gets its neighbour's vector."""
    faces = [_face(RatioBox(left, 0.1, 0.2, 0.2)) for left in (0.1, 0.2, 0.6)]
    assert find_face(RatioBox(0.21, 0.1, 0.2, 0.2), faces) == 1
    assert find_face(RatioBox(0.12, 0.09, 0.19, 0.2), faces) == 0
    assert find_face(RatioBox(0.6, 0.3, 0.2, 0.2), faces) is None  # touches
    assert find_face(RatioBox(0.6, 0.18, 0.2, 0.2), faces) is None  # under a half
    assert find_face(RatioBox(0.1, 0.1, 0.2, 0.2), []) is None


def test_overlap_is_of_the_union() -> None:
    """Lost: a box within a much larger one counts as the same face."""
    box = RatioBox(-0.1, 0.0, 0.4, 0.4)
    assert overlap(box, box) == pytest.approx(1)
    assert overlap(box, RatioBox(0.0, 0.1, 0.2, 0.2)) == pytest.approx(0.25)
    assert overlap(box, RatioBox(0.5, 0.5, 0.1, 0.1)) == 0
