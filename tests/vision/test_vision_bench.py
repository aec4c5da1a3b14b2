"""What `lineament bench vision` measures on, and how it counts."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from lineament.cli.measuring.lfw import MeasuringSetError
from lineament.cli.vision_bench import (
    accuracy,
    attributes,
    beside_deepface,
    crowd,
    inputs,
    photos,
    quality,
    users,
)
from lineament.cli.vision_bench.bare_models import over_models, recorded
from lineament.cli.vision_bench.part import Context
from lineament.domain.attributes import GENDER
from lineament.vision.detector import Detections
from lineament.vision.engine import Engine
from lineament.vision.intake import decode


def test_pictures_that_are_timed_show_what_the_table_says(engine: Engine, model_dir: Path) -> None:
    """Lost: times of a group photo that are those of another number of faces."""
    for image, size, faces in (
        (inputs.one_face(model_dir), (640, 480), 1),
        (inputs.twelve_faces(model_dir), (1920, 1080), 12),
    ):
        picture = engine.analyse(image)
        assert ((picture.width, picture.height), len(picture.faces)) == (size, faces)


def test_baseline_is_what_the_call_ran(engine: Engine, model_dir: Path) -> None:
    """Lost: a baseline that runs more than the call did makes the service look quick."""
    run = onnxruntime.InferenceSession.run
    image = inputs.one_face(model_dir)
    with recorded() as calls:
        engine.analyse(image).describe([0], frozenset({GENDER}))
    assert onnxruntime.InferenceSession.run is run
    heads = [outputs for _, outputs, _ in calls if outputs is not None]
    assert [len(names) for names in heads] == [2]  # two of the three that the network has
    whole, bare = over_models(lambda: engine.analyse(image), 1)
    assert whole > 0
    assert bare > 0


def test_mosaic_knows_where_its_faces_are(engine: Engine, model_dir: Path) -> None:
    """Lost: recall against places where nobody stands."""
    pixels = decode((model_dir / "photos" / "obama.jpg").read_bytes())
    (face,) = engine.find_faces(pixels).faces
    height, width = pixels.shape[:2]
    side = round(face.box.height * height * 1.6)
    left = round((face.box.left + face.box.width / 2) * width - side / 2)
    part = pixels[:side, left : left + side]
    box = np.array(
        [
            face.box.left * width - left,
            face.box.top * height,
            (face.box.left + face.box.width) * width - left,
            (face.box.top + face.box.height) * height,
        ]
    )
    portrait = crowd._Portrait(part, box / side)
    canvas, boxes = crowd.compose([portrait] * 10, 80)
    assert canvas.shape == (1080, 1920, 3)
    assert crowd._matched(engine.detector.detect(canvas), boxes) == (10, 0)


def test_findings_are_counted_once_and_strangers_as_false() -> None:
    """Lost: a detector that finds one face twice, or a wall, passes for a good one."""
    boxes = np.array([[0, 0, 10, 10], [100, 0, 110, 10]], float)
    found = np.array([[1, 0, 11, 10], [0, 2, 10, 12], [50, 50, 60, 60]], np.float32)
    scores, points = np.ones(3, np.float32), np.zeros((3, 5, 2), np.float32)
    assert crowd._matched(Detections(found, scores, points), boxes) == (1, 2)
    nothing = Detections(found[:0], scores[:0], points[:0])
    assert crowd._matched(nothing, boxes) == (0, 0)


def test_photos_of_packages_hold_the_people_that_are_named(engine: Engine, model_dir: Path) -> None:
    """Lost: the bench says that nobody is missed because it looks at nothing."""
    part = photos.run(Context(engine, model_dir, None, None, rounds=1, calls=1))
    values = {figure.name: figure.value for figure in part.figures}
    assert values["package_photos_people"] == 13 * 3
    assert values["package_photos_people_missed"] == values["package_photos_false_findings"] == 0
    assert any("t1.jpg" in line and "found 6, 6, 6" in line for line in part.lines)


def test_parts_without_their_folder_say_so(engine: Engine, model_dir: Path) -> None:
    """Lost: a trace in place of what to give."""
    context = Context(engine, model_dir, None, None, rounds=1, calls=1)
    parts = (crowd, accuracy, quality, attributes, beside_deepface, users)
    for run in (part.run for part in parts):
        with pytest.raises(MeasuringSetError, match="FOLDER"):
            run(context)
