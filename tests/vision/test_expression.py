"""Expressions, by the real network on real photos."""

from pathlib import Path

import numpy as np
import pytest

from lineament.vision import expression_graph
from lineament.vision.engine import Engine
from lineament.vision.expression import CONFUSED, KINDS, ExpressionReader, emotions
from lineament.vision.intake import decode
from lineament.vision.tfjs_model import UnsupportedGraph
from tests.vision.conftest import Photo

AWS = {"HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "CALM", "FEAR"}


@pytest.fixture(scope="module")
def reader(model_dir: Path) -> ExpressionReader:
    return ExpressionReader(model_dir)


@pytest.mark.parametrize("name", ["obama.jpg", "astronaut.png"])
def test_a_smile_is_happy(
    engine: Engine, reader: ExpressionReader, photo: Photo, name: str
) -> None:
    """The one expression that everybody agrees on would be missed."""
    faces = engine.find_faces(decode(photo(name))).seen.of([0])
    (told,) = reader.estimate(faces.pixels, faces.points)
    assert told[0].kind == "HAPPY"
    assert told[0].confidence > 90


def test_emotions_are_those_of_aws(engine: Engine, reader: ExpressionReader, photo: Photo) -> None:
    """Clients look for eight names, take the first, and read confidences as percent."""
    faces = engine.find_faces(decode(photo("t1.jpg"))).seen
    told = reader.estimate(faces.pixels, faces.points)
    assert len(told) == 6
    for face in told:
        shares = [emotion.confidence for emotion in face]
        assert {emotion.kind for emotion in face} == AWS
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(100)
        assert min(shares) >= 0
    assert len({face[0].confidence for face in told}) == 6


def test_calm_and_smiling_people_of_one_photo_differ(
    engine: Engine, reader: ExpressionReader, photo: Photo
) -> None:
    """All faces of a group would be told the same."""
    faces = engine.find_faces(decode(photo("t1.jpg"))).seen
    told = reader.estimate(faces.pixels, faces.points)
    by_place = [told[row][0].kind for row in np.argsort(faces.boxes[:, 0])]
    assert by_place[:2] == ["CALM", "CALM"]
    assert by_place[3] == "HAPPY"


def test_a_mirrored_face_is_told_alike(
    engine: Engine, reader: ExpressionReader, photo: Photo
) -> None:
    """A selfie camera would change the answer."""
    pixels = decode(photo("biden.jpg"))
    points = engine.find_faces(pixels).points[:1]
    mirrored = points[:, [1, 0, 2, 4, 3]] * [-1, 1] + [pixels.shape[1] - 1, 0]
    flipped = np.ascontiguousarray(pixels[:, ::-1])
    (before,) = reader.estimate(pixels, points)
    (after,) = reader.estimate(flipped, mirrored.astype(np.float32))
    assert [one.kind for one in before[:2]] == [one.kind for one in after[:2]]
    assert after[0].confidence == pytest.approx(before[0].confidence, abs=8)


def test_confused_follows_from_the_answer() -> None:
    """A constant in its place would tell nothing."""

    def share(odds: list[float]) -> float:
        told = emotions(np.array(odds, np.float64))
        return next(emotion.confidence for emotion in told if emotion.kind == CONFUSED)

    plain = [0.0] * len(KINDS)
    torn = [0.0, 0, 0, 12, 0, 0, 12]
    happy = [0.0, 20, 0, 0, 0, 0, 0]
    assert share(torn) > 2 * share(plain) > 0
    assert share(happy) < share(plain) / 10


def test_no_face_is_no_answer(reader: ExpressionReader) -> None:
    """A picture without faces would end in an error."""
    pixels = np.zeros((90, 90, 3), np.uint8)
    assert reader.estimate(pixels, np.empty((0, 5, 2), np.float32)) == []


@pytest.mark.parametrize("manifest", [b"", b"[]", b'[{"weights": []}]', b"{}"])
def test_other_weights_are_refused(manifest: bytes) -> None:
    """A package that changed would become a model of noise, or a stack trace."""
    with pytest.raises(UnsupportedGraph):
        expression_graph.to_onnx(manifest, b"")
