"""DeepFace's TensorFlow backend, in processes of its own: TensorFlow never enters this one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import onnx
import pytest
from deepface.modules import modeling
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lineament.vision.engine import build_engine
from tests import serving
from tests.vision.conftest import Photo

ROOT = Path(__file__).parents[2]
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
pytestmark = pytest.mark.timeout(500)  # importing TensorFlow alone takes half a minute at times


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a DEEPFACE_HOME, which the run below fills."""
    return tmp_path_factory.mktemp("deepface")


@pytest.fixture(scope="module")
def run(home: Path) -> dict[str, Any]:
    """Return what `tests.vision.tensorflow_run` saw."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.vision.tensorflow_run", str(home)],
        cwd=ROOT,
        env={**os.environ, "DEEPFACE_BACKEND_ENGINE": "tensorflow"},
        capture_output=True,
        text=True,
        timeout=450,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


def _best_overlaps(boxes: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Return the largest intersection over union of each box with any of the others."""
    corners = np.maximum(boxes[:, None, :2], others[None, :, :2])
    ends = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.prod(np.maximum(ends - corners, 0), axis=2)
    areas, other_areas = (np.prod(part[:, 2:] - part[:, :2], axis=1) for part in (boxes, others))
    return np.asarray((shared / (areas[:, None] + other_areas[None] - shared)).max(axis=1))


def test_detector_on_tensorflow_finds_what_ours_finds(run: dict[str, Any]) -> None:
    """LINEAMENT_DETECTOR=mtcnn would be a promise that nobody ever ran."""
    seen = run["detector"]
    boxes, ours = np.array(seen["boxes"]), np.array(seen["default_boxes"])
    assert boxes.shape == ours.shape == (6, 4)
    assert _best_overlaps(boxes, ours).min() > 0.6
    cosines = np.array(seen["vectors"]) @ np.array(seen["default_vectors"]).T
    assert sorted(cosines.argmax(axis=1)) == list(range(6)), "six people, each found once"
    assert cosines.max(axis=1).min() > 0.9, "the same crops, whoever found the face"


@pytest.mark.parametrize(
    ("name", "rows", "columns", "dimensions"), [("DeepID", 55, 47, 160), ("OpenFace", 96, 96, 128)]
)
def test_recogniser_on_tensorflow_runs_the_weights_on_disk(
    run: dict[str, Any], name: str, rows: int, columns: int, dimensions: int
) -> None:
    """Weights put there by hand would be ignored, or fed with pixels in another order."""
    seen = run[name]
    vectors = np.array(seen["vectors"])
    assert seen["input"] == [rows, columns]
    assert seen["crop"] == max(rows, columns)
    assert seen["dimensions"] == dimensions
    assert vectors.shape == (6, dimensions)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors, seen["direct"], atol=1e-5)
    assert np.ptp(vectors, axis=0).max() > 0.01, "different faces, different vectors"


@pytest.mark.parametrize("name", ["DeepID", "OpenFace"])
def test_keras_model_answers_threads_as_it_answers_one(run: dict[str, Any], name: str) -> None:
    """Two requests at once would mix up two people."""
    alone = np.array(run[name]["vectors"])[:-1]
    np.testing.assert_allclose(run[name]["together"], np.tile(alone, (2, 1)), atol=1e-5)


def test_weights_on_disk_are_enough(run: dict[str, Any]) -> None:
    """A machine without a way out would wait for downloads that it does not need."""
    assert run["calls"] == []
    assert run["keras"] == ["tf_keras"], "one Keras, the one that DeepFace's weights are made for"


def test_our_models_run_under_deepface_on_tensorflow(run: dict[str, Any], model_dir: Path) -> None:
    """A team whose DeepFace runs on TensorFlow could not use our models there."""
    seen = run["deepface"]
    assert seen["backend"] == "tensorflow"
    assert len(seen["embedding"]) == build_engine(model_dir).dimensions
    assert seen["same"] + 0.1 < seen["other"]
    assert seen["verified"] == [
        seen["same"] <= seen["threshold"],
        seen["other"] <= seen["threshold"],
    ]
    assert not seen["verified"][1]


def _deepid_graph(weights: Path) -> onnx.ModelProto:
    """Return the network that `tensorflow_run` saved, as DeepFace's ONNX backend wants it.

    Channels last at both ends, as the file that DeepFace publishes.
    """
    values = {name.split(":")[0]: value for name, value in np.load(weights).items()}
    constants, nodes = [], []

    def constant(name: str, value: NDArray[Any]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(kind: str, *inputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"{kind}{len(nodes)}"], **attributes))
        return str(nodes[-1].output[0])

    def convolved(source: str, name: str) -> str:
        kernel = constant(f"{name}.w", values[f"{name}/kernel"].transpose(3, 2, 0, 1))
        bias = constant(f"{name}.b", values[f"{name}/bias"])
        return add("Relu", add("Conv", source, kernel, bias))

    def dense(source: str, name: str) -> str:
        flat = add("Flatten", add("Transpose", source, perm=[0, 2, 3, 1]))
        weight, bias = (constant(f"{name}.{k}", values[f"{name}/{k}"]) for k in ("kernel", "bias"))
        return add("Gemm", flat, weight, bias)

    stage = add("Transpose", "faces", perm=[0, 3, 1, 2])
    for name in ("Conv1", "Conv2", "Conv3"):
        stage = add("MaxPool", convolved(stage, name), kernel_shape=[2, 2], strides=[2, 2])
    last = dense(convolved(stage, "Conv4"), "fc12")
    answer = add("Relu", add("Add", dense(stage, "fc11"), last))
    graph = helper.make_graph(
        nodes,
        "deepid",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 55, 47, 3])],
        [helper.make_tensor_value_info(answer, TensorProto.FLOAT, ["n", 160])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_same_weights_on_the_onnx_backend_give_the_same_vectors(
    run: dict[str, Any],
    home: Path,
    model_dir: Path,
    photo: Photo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Changing DEEPFACE_BACKEND_ENGINE would turn everybody into strangers."""
    weights = home / ".deepface" / "weights"
    onnx.save(_deepid_graph(weights / "deepid.npz"), weights / "deepid_weights.onnx")
    monkeypatch.setenv("DEEPFACE_HOME", str(home))
    try:
        found = build_engine(model_dir, recogniser="DeepID").analyse(photo("t1.jpg"))
        vectors = found.embed(range(6))
    finally:
        modeling.cached_models["facial_recognition"].pop("DeepID", None)
    np.testing.assert_allclose(vectors, run["DeepID"]["vectors"], atol=1e-4)
    assert "tensorflow" not in sys.modules


def _profile(folder: Path, detector: str, recogniser: str, dimensions: int = 512) -> Path:
    """Write a profile as `lineament calibrate` does; its knots are of no model."""
    path = folder / "profile.json"
    knots = {"cosine": [-1.0, 0.5, 1.0], "similarity": [0.0, 80.0, 100.0]}
    models = {"detector": detector, "recogniser": recogniser, "dimensions": dimensions}
    path.write_text(json.dumps({"version": "mine.1", "calibration": knots, **models}))
    return path


Start = Callable[[str, str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a call that runs `lineament serve` with a detector and a recogniser."""

    def run_server(detector: str, recogniser: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ,
            "LINEAMENT_PROFILE": str(_profile(tmp_path, detector, recogniser)),
            "DEEPFACE_HOME": str(tmp_path),
            "AWS_ACCESS_KEY_ID": "123456789012",
            "AWS_SECRET_ACCESS_KEY": "local",
            **dict.fromkeys(PROXIES, "http://127.0.0.1:9"),
        }
        return subprocess.run(
            [sys.executable, "-m", "lineament", "serve", "--port", "0"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run_server


@pytest.mark.parametrize(
    ("backend", "file"), [("onnx", "arcface_weights.onnx"), ("tensorflow", "arcface_weights.h5")]
)
def test_serve_stops_with_one_sentence_where_weights_cannot_be_had(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, file: str
) -> None:
    """A deployment would look alive and answer every picture with an error."""
    monkeypatch.setenv("DEEPFACE_BACKEND_ENGINE", backend)
    done = start("lineament-centerface", "ArcFace")
    assert done.returncode == 4, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "LINEAMENT_RECOGNIZER=ArcFace" in line]
    assert f".deepface/weights/{file} under DEEPFACE_HOME" in line
    assert f"https://github.com/serengil/deepface_models/releases/download/v1.0/{file}" in line
    assert str(tmp_path) not in line
    assert "Traceback" not in done.stderr + done.stdout


def test_serve_stops_with_one_sentence_where_a_package_is_missing(start: Start) -> None:
    """The operator would have to read DeepFace's source to learn what to install."""
    done = start("mediapipe", "lineament-mobilefacenet")
    assert done.returncode == 4, done.stderr
    sentence = (
        "LINEAMENT_DETECTOR=mediapipe does not start: the Python package mediapipe is missing"
    )
    assert done.stderr.count(sentence) == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_server_with_a_profile_of_its_own_recognises_with_mtcnn(
    aws_endpoint: str, tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The road of docs/deepface.md would end before the first request."""
    assert aws_endpoint
    monkeypatch.setattr(serving, "_START_SECONDS", 300.0)
    profile = _profile(tmp_path, "mtcnn", "lineament-mobilefacenet", 192)
    settings = {"LINEAMENT_PROFILE": str(profile), "LINEAMENT_DETECTOR": "mtcnn"}
    server = serving.Server(tmp_path / "log", {**settings, "DEEPFACE_BACKEND_ENGINE": "tensorflow"})
    try:
        client = boto3.client("rekognition", endpoint_url=server.url)
        made = client.create_collection(CollectionId="mtcnn")
        client.index_faces(CollectionId="mtcnn", Image={"Bytes": photo("obama.jpg")})
        found = client.search_faces_by_image(
            CollectionId="mtcnn", Image={"Bytes": photo("obama2.jpg")}, FaceMatchThreshold=50
        )
        stranger = client.search_faces_by_image(
            CollectionId="mtcnn", Image={"Bytes": photo("biden.jpg")}, FaceMatchThreshold=80
        )
    finally:
        server.stop()
    assert made["FaceModelVersion"] == found["FaceModelVersion"] == "mine.1"
    assert len(found["FaceMatches"]) == 1
    assert stranger["FaceMatches"] == []
