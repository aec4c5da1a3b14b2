"""The seam with DeepFace: our models under its API, its models under ours."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from deepface.commons import weight_utils
from deepface.models.Detector import Detector, FacialAreaRegion
from deepface.models.FacialRecognition import FacialRecognition
from deepface.modules import modeling

from lineament.vision import registry
from lineament.vision.engine import Engine, build_engine
from lineament.vision.foreign import ForeignRecogniser, five_points
from lineament.vision.landmarks import LandmarkRefiner
from lineament.vision.profiles import ProfileError, read_profile
from lineament.vision.sessions import ModelUnavailable
from lineament.vision.startup import explain
from tests.vision.conftest import Photo


class FixedDetector(Detector):
    """A DeepFace detector that tells the eyes alone, as most do."""

    def detect_faces(self, img: np.ndarray) -> list[FacialAreaRegion]:  # noqa: ARG002 -- DeepFace's
        """Report one face; left and right are the person's."""
        return [FacialAreaRegion(365, 85, 245, 350, (530, 210), (435, 215), 0.9)]


class ChannelRecogniser(FacialRecognition):
    """A DeepFace recogniser whose vector shows what it was fed."""

    seen: ClassVar[list[tuple[int, ...]]] = []

    def __init__(self) -> None:
        self.model_name, self.input_shape, self.output_shape = "channels", (40, 32), 3

    def forward(self, img: np.ndarray) -> list:
        """Return the mean of each channel."""
        self.seen.append(img.shape)
        assert 0 <= img.min() <= img.max() <= 1
        means = img.mean(axis=(1, 2)).tolist()
        return means[0] if len(means) == 1 else means


@pytest.fixture
def foreign_models() -> Iterator[None]:
    """Put two models into DeepFace's registry for one test."""
    entries = {"face_detector": FixedDetector, "facial_recognition": ChannelRecogniser}
    for task, client in entries.items():
        modeling.AVAILABLE_MODELS[task]["test-only"] = {
            modeling.ANY: f"{__name__}.{client.__name__}"
        }
    yield
    for task in entries:
        del modeling.AVAILABLE_MODELS[task]["test-only"]
        modeling.cached_models[task].pop("test-only", None)


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [("lineament-sface", 128), ("lineament-mobilefacenet", 192)],
)
def test_deepface_represent_finds_our_models(
    model_dir: Path, photo: Photo, tmp_path: Path, name: str, dimensions: int
) -> None:
    """A team with DeepFace code could not use the same models there."""
    registry.register(model_dir)
    from deepface import DeepFace  # noqa: PLC0415 -- after the backend is chosen

    path = tmp_path / "face.jpg"
    path.write_bytes(photo("obama.jpg"))
    (answer,) = DeepFace.represent(
        str(path), model_name=name, detector_backend="lineament-centerface"
    )
    assert len(answer["embedding"]) == dimensions
    assert answer["face_confidence"] > 0.5
    assert np.linalg.norm(answer["embedding"]) == pytest.approx(1, abs=1e-5)


def test_our_crops_through_deepface_give_our_vectors(
    model_dir: Path, engine: Engine, photo: Photo
) -> None:
    """The same model under two APIs would put one person into two places."""
    registry.register(model_dir)
    from deepface import DeepFace  # noqa: PLC0415 -- as above

    found = engine.analyse(photo("obama.jpg"))
    crop = found.crops([0])[0]
    (answer,) = DeepFace.represent(
        np.ascontiguousarray(crop[..., ::-1]).astype(np.float32) / 255,
        model_name="lineament-sface",
        detector_backend="skip",
        align=False,
    )
    assert float(np.dot(answer["embedding"], found.embed([0])[0])) > 0.999


@pytest.mark.usefixtures("foreign_models")
def test_engine_runs_any_deepface_model(model_dir: Path, engine: Engine, photo: Photo) -> None:
    """LINEAMENT_DETECTOR and LINEAMENT_RECOGNIZER would only take our own names."""
    ours = engine.analyse(photo("obama.jpg")).points[0]
    engine = build_engine(model_dir, "test-only", "test-only")
    found = engine.analyse(photo("obama.jpg"))
    (face,) = found.faces
    assert face.confidence == pytest.approx(90)
    shift = np.linalg.norm(found.points[0] - ours, axis=1).mean()
    assert shift < 0.05 * np.linalg.norm(ours[1] - ours[0]), "rough eyes are put right"
    assert engine.dimensions == 3
    vector = found.embed([0])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert vector[2] > vector[0], "skin is redder than blue: the channels are BGR"
    assert ChannelRecogniser.seen[-1] == (1, 32, 40, 3), "DeepFace names the width first"


@pytest.mark.usefixtures("foreign_models")
def test_a_second_recogniser_of_deepface_is_tried_at_the_start(model_dir: Path) -> None:
    """A profile of some collections would fail at their first photo, for want of weights."""
    with pytest.raises(ProfileError, match="17 numbers, and test-only makes 3"):
        build_engine(model_dir, dimensions={"lineament-sface": 128, "test-only": 17})


def test_weights_that_cannot_be_had_fail_the_start_with_a_sentence(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator would learn at the first request that DeepFace has no weights."""
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    for scheme in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailable) as caught:
        build_engine(model_dir, recogniser="SFace")
    file = "face_recognition_sface_2021dec.onnx"
    assert "LINEAMENT_RECOGNIZER=SFace does not start" in str(caught.value)
    assert f"{file} elsewhere and put it at .deepface/weights/{file} under DEEPFACE_HOME" in str(
        caught.value
    )
    assert str(tmp_path) not in str(caught.value)


def test_packed_weights_have_to_be_unpacked(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is put in place as it was fetched would be called damaged."""
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    registry.register(model_dir)
    with pytest.raises(ValueError, match="downloading") as caught:
        weight_utils.download_weights_if_necessary("a.dat", "http://127.0.0.1:9/a.dat.bz2", "bz2")
    assert "put it unpacked at .deepface/weights/a.dat" in explain(caught.value)


def test_damaged_weights_fail_the_start_with_the_file_to_replace(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download that broke off would look like a bug of ours for ever."""
    file = tmp_path / ".deepface" / "weights" / "face_recognition_sface_2021dec.onnx"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"<html>Not Found</html>")
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    with pytest.raises(ModelUnavailable) as caught:
        build_engine(model_dir, recogniser="SFace")
    assert f".deepface/weights/{file.name} under DEEPFACE_HOME is damaged" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_model_that_this_machine_cannot_run_says_why(model_dir: Path) -> None:
    """DeepFace knows the reason, and the operator would have to look for it in a trace."""
    with pytest.raises(ModelUnavailable, match=r"DETECTOR=ssd .*requires opencv-python < 5"):
        build_engine(model_dir, detector="ssd")


def test_unknown_name_fails_the_start_and_lists_the_known(model_dir: Path) -> None:
    """A typing error in a setting would be a stack trace."""
    with pytest.raises(
        ModelUnavailable, match=r"LINEAMENT_DETECTOR=centrefase .*lineament-centerface"
    ):
        build_engine(model_dir, detector="centrefase")


def test_engine_loads_no_tensorflow(engine: Engine) -> None:
    """Every start would take eight seconds and half a gigabyte more."""
    import sys  # noqa: PLC0415 -- what is loaded by now is the question

    assert engine.dimensions == 128
    assert "tensorflow" not in sys.modules
    assert "torch" not in sys.modules


@pytest.mark.parametrize(
    ("left_eye", "right_eye"),
    [(None, None), (None, (130, 140)), ((0, 0), (0, 0)), ((170, 140), (0, 0))],
)
def test_eyes_that_a_detector_did_not_see_are_put_where_most_are(
    left_eye: tuple[int, int] | None, right_eye: tuple[int, int] | None
) -> None:
    """A face without its eyes would be cut out of the picture's corner."""
    points = five_points(FacialAreaRegion(100, 100, 100, 120, left_eye, right_eye, 0.9))
    assert np.all((points > 100) & (points < [200, 220]))
    assert points[0, 0] < points[2, 0] < points[1, 0]
    assert points[0, 1] < points[2, 1] < points[3, 1]


def test_mouth_corners_follow_the_eyes_whatever_side_a_detector_means() -> None:
    """Mouths the wrong way round would turn the crop on its head."""
    eyes = {"left_eye": (170, 140), "right_eye": (130, 140), "nose": (150, 165)}
    one, other = (
        five_points(
            FacialAreaRegion(100, 100, 100, 120, mouth_left=left, mouth_right=right, **eyes)
        )
        for left, right in (((165, 190), (135, 190)), ((135, 190), (165, 190)))
    )
    assert one.tolist() == other.tolist()
    assert one[3].tolist() == [135, 190]


def test_dlib_gets_the_frame_that_it_was_trained_on(
    model_dir: Path, photo: Photo, engine: Engine
) -> None:
    """In ArcFace's frame Dlib tells one pair in eight wrong."""
    client = ChannelRecogniser()
    client.model_name, client.input_shape = "Dlib", (150, 150)
    recogniser = ForeignRecogniser(client)
    crop = engine.analyse(photo("obama.jpg")).crops([0], recogniser.crop, recogniser.target)[0]
    whole = np.array([[8, 8, 142, 142]], np.float32)
    usual = np.asarray(recogniser.target, np.float32)[np.newaxis]
    (found,), _ = LandmarkRefiner(model_dir).refine(crop, whole, usual)
    eyes = found[:2] / 150
    assert eyes[:, 0] == pytest.approx([0.31, 0.69], abs=0.03)
    assert eyes[:, 1] == pytest.approx([0.31, 0.31], abs=0.05)  # ArcFace's: 0.46


def test_deepface_verify_knows_our_threshold(model_dir: Path, photo: Photo, tmp_path: Path) -> None:
    """`DeepFace.verify` refuses a model of which it has no threshold."""
    registry.register(model_dir)
    from deepface import DeepFace  # noqa: PLC0415 -- after the backend is chosen

    paths = {}
    for name in ("obama.jpg", "obama2.jpg", "biden.jpg"):
        paths[name] = str(tmp_path / name)
        Path(paths[name]).write_bytes(photo(name))
    names = {
        "model_name": registry.DEFAULT_RECOGNISER,
        "detector_backend": registry.DEFAULT_DETECTOR,
    }
    same = DeepFace.verify(paths["obama.jpg"], paths["obama2.jpg"], **names)
    other = DeepFace.verify(paths["obama.jpg"], paths["biden.jpg"], **names)
    cosine = read_profile("default").model.calibration.cosine(80)
    assert same["threshold"] == other["threshold"] == pytest.approx(1 - cosine, abs=1e-4)
    assert same["distance"] + 0.1 < other["distance"]
    assert not other["verified"]


def test_weights_put_there_by_hand_recognise_people(
    model_dir: Path, photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DeepFace's own SFace, with SFace's weights out of a package: what an operator copies."""
    file = tmp_path / ".deepface" / "weights" / "face_recognition_sface_2021dec.onnx"
    file.parent.mkdir(parents=True)
    file.write_bytes((model_dir / "sface.onnx").read_bytes())
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    try:
        engine = build_engine(model_dir, recogniser="SFace")
        names = ("obama.jpg", "obama2.jpg", "biden.jpg")
        one, again, other = (
            found.embed([0])[0] for found in (engine.analyse(photo(name)) for name in names)
        )
        ours = engine.analyse(photo("obama.jpg")).embed([0], "lineament-sface")[0]
    finally:
        modeling.cached_models["facial_recognition"].pop("SFace", None)
    assert float(one @ again) > 0.6
    assert float(one @ other) < 0.3
    assert float(one @ ours) > 0.999, "the same network, fed by two roads"
