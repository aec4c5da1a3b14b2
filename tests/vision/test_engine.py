"""The engine on real photos with the default models."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lineament.domain.faces import Pose, Vector
from lineament.vision.attributes import AttributeEstimator
from lineament.vision.detector import Detections
from lineament.vision.engine import MAX_FACES, Engine, build_engine
from lineament.vision.intake import decode
from lineament.vision.landmarks import LandmarkRefiner
from lineament.vision.profiles import read_profile
from lineament.vision.sessions import ModelUnavailable
from tests.vision.conftest import Photo

OBAMA = (
    "obama.jpg",
    "obama2.jpg",
    "obama3.jpg",
    "obama_partial_face.jpg",
    "obama_partial_face2.jpg",
)
STRANGERS = ("biden.jpg", "astronaut.png")


def vector(engine: Engine, image: bytes) -> Vector:
    """Return the vector of a picture's largest face."""
    return engine.analyse(image).embed([0])[0]


def test_group_photo_yields_its_six_faces(engine: Engine, photo: Photo) -> None:
    """A face that is not found cannot be indexed or searched."""
    faces = engine.analyse(photo("t1.jpg")).faces
    assert len(faces) == 6
    assert all(face.confidence > 50 for face in faces)


@pytest.mark.parametrize("name", ["coffee.png", "rocket.jpg"])
def test_picture_without_a_face_yields_none(engine: Engine, photo: Photo, name: str) -> None:
    """SearchFacesByImage would search for a coffee cup."""
    found = engine.analyse(photo(name))
    assert found.faces == ()
    assert found.embed([]).shape == (0, engine.dimensions)


@pytest.mark.parametrize("name", [*OBAMA, *STRANGERS])
def test_portrait_yields_its_one_face(engine: Engine, photo: Photo, name: str) -> None:
    """A second, false face would be indexed as a person."""
    assert len(engine.analyse(photo(name)).faces) == 1


def test_faces_come_largest_first(engine: Engine, photo: Photo) -> None:
    """The largest face is the one that a search by image asks for."""
    found = engine.analyse(photo("t1.jpg"))
    areas = [face.box.width * found.width * face.box.height * found.height for face in found.faces]
    assert areas == sorted(areas, reverse=True)


def test_landmarks_have_their_names_order_and_sides(engine: Engine, photo: Photo) -> None:
    """Clients draw glasses on the wrong eye when left and right are the person's."""
    for face in engine.analyse(photo("t1.jpg")).faces:
        points = {point.kind: point for point in face.landmarks}
        assert list(points) == ["eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose"]
        assert points["eyeLeft"].x < points["eyeRight"].x
        assert points["mouthLeft"].x < points["mouthRight"].x
        assert points["eyeLeft"].y < points["nose"].y < points["mouthRight"].y
        for point in face.landmarks:
            assert face.box.left < point.x < face.box.left + face.box.width
            assert face.box.top < point.y < face.box.top + face.box.height


def test_pose_has_the_signs_of_aws(engine: Engine, photo: Photo) -> None:
    """A gate that asks a user to turn left would ask for the wrong side."""
    pixels = decode(photo("t1.jpg"))
    original, mirrored = engine.find_faces(pixels), engine.find_faces(pixels[:, ::-1].copy())
    turned = max(original.faces, key=lambda face: abs(face.pose.yaw))
    (twin,) = [
        face
        for face in mirrored.faces
        if abs(face.box.left + face.box.width + turned.box.left - 1) < 0.02
    ]
    # One of them is nearly in profile, her nose at the image's left and a little down.
    assert turned.pose.yaw < -45
    assert turned.pose.pitch < 0
    assert twin.pose.yaw == pytest.approx(-turned.pose.yaw, abs=8)
    assert twin.pose.roll == pytest.approx(-turned.pose.roll, abs=8)
    eyes = {point.kind: point for point in turned.landmarks}
    assert (turned.pose.roll > 0) == (eyes["eyeRight"].y > eyes["eyeLeft"].y)


def test_pose_of_an_official_portrait_is_nearly_frontal(engine: Engine, photo: Photo) -> None:
    """A frontal face that reads as turned away would be dropped by quality filters."""
    pose = engine.analyse(photo("obama.jpg")).faces[0].pose
    assert abs(pose.yaw) < 15
    assert abs(pose.roll) < 10
    assert abs(pose.pitch) < 25


def test_one_person_is_told_from_others(engine: Engine, photo: Photo) -> None:
    """The whole point: the same person scores high across photos, strangers low."""
    same = [vector(engine, photo(name)) for name in OBAMA]
    others = [vector(engine, photo(name)) for name in STRANGERS]
    group = engine.analyse(photo("t1.jpg"))
    others += list(group.embed(range(len(group.faces))))
    genuine = [float(a @ b) for i, a in enumerate(same) for b in same[:i]]
    impostor = [float(a @ b) for a in same for b in others]
    impostor += [float(a @ b) for i, a in enumerate(others) for b in others[:i]]
    similarity = read_profile("default").model.calibration.similarity
    assert similarity(min(genuine)) > 80
    assert similarity(max(impostor)) < 80


def test_same_bytes_give_the_same_answer(engine: Engine, photo: Photo) -> None:
    """A search with the very picture that was indexed must answer 100."""
    first, second = engine.analyse(photo("t1.jpg")), engine.analyse(photo("t1.jpg"))
    assert first.faces == second.faces
    assert np.array_equal(first.embed(range(6)), second.embed(range(6)))


def test_threads_share_the_engine(engine: Engine, photo: Photo) -> None:
    """Under load, one request's faces would carry another's vectors."""
    names = [*OBAMA, *STRANGERS]
    alone = [vector(engine, photo(name)) for name in names]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda name: vector(engine, photo(name)), names))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_batch_gives_what_single_faces_give(engine: Engine, photo: Photo) -> None:
    """A face's vector would depend on who else was on the photo."""
    found = engine.analyse(photo("t1.jpg"))
    batch = found.embed([5, 0, 3, 3, 1, 2, 4])
    single = np.concatenate([found.embed([index]) for index in (5, 0, 3, 3, 1, 2, 4)])
    assert batch.shape == (7, engine.dimensions)
    assert batch.dtype == np.float32
    assert np.allclose(np.linalg.norm(batch, axis=1), 1, atol=1e-6)
    assert np.allclose(batch, single, atol=1e-5)


class CrowdDetector:
    """Finds 120 faces of growing size wherever it looks."""

    def detect(self, pixels: np.ndarray) -> Detections:  # noqa: ARG002 -- the protocol's
        """Return them smallest first."""
        sides = np.arange(30, 150, dtype=np.float32)
        boxes = np.stack([sides * 0, sides * 0, sides, sides], axis=1)
        return Detections(
            boxes, sides / 150, boxes[:, [0, 1, 2, 1, 0, 1, 2, 1, 2, 3]].reshape(-1, 5, 2)
        )


def test_crowd_is_cut_to_the_hundred_largest(engine: Engine, model_dir: Path) -> None:
    """AWS promises the 100 largest; the first 100 found are others."""
    crowd = Engine(
        CrowdDetector(),
        LandmarkRefiner(model_dir),
        engine.recognisers,
        AttributeEstimator(model_dir),
    )
    found = crowd.find_faces(np.full((300, 300, 3), 90, np.uint8))
    assert len(found.faces) == MAX_FACES
    assert found.faces[0].box.width == pytest.approx(149 / 300)
    assert found.faces[-1].box.width == pytest.approx(50 / 300)
    assert all(isinstance(face.pose, Pose) for face in found.faces)


def test_start_without_models_says_what_to_run(tmp_path: Path) -> None:
    """A new operator would read a stack trace instead of one command."""
    with pytest.raises(ModelUnavailable, match="lineament models install"):
        build_engine(tmp_path)


def test_start_with_a_damaged_model_says_what_to_run(tmp_path: Path) -> None:
    """A half-copied model would fail at the first request instead of at the start."""
    (tmp_path / "centerface.onnx").write_bytes(b"\x08\x07broken")
    with pytest.raises(ModelUnavailable, match="models install --force"):
        build_engine(tmp_path)
