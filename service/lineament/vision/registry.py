"""The seam with DeepFace: its model registry, with our models in it beside its own.

Ours are real DeepFace clients, so `DeepFace.represent(model_name="lineament-sface",
detector_backend="lineament-centerface")` works; and the engine takes every model by name from the
same registry, so a setting may name any model that DeepFace knows. DeepFace builds a client without
arguments and keeps it for the process: where our files are is therefore the one thing held here.
"""

import math
import os
from pathlib import Path

from deepface.commons import folder_utils
from deepface.config.threshold import thresholds
from deepface.models.Detector import Detector
from deepface.models.FacialRecognition import FacialRecognition
from deepface.modules import modeling
from deepface.modules.exceptions import UnimplementedError

from lineament.vision.profiles import profile_names, read_profile
from lineament.vision.sessions import ModelUnavailable
from lineament.vision.startup import BACKEND_VARIABLE, explain

DEFAULT_DETECTOR = "lineament-centerface"
DEFAULT_RECOGNISER = "lineament-sface"

_OURS = {
    "face_detector": {DEFAULT_DETECTOR: "CenterFaceClient"},
    "facial_recognition": {
        DEFAULT_RECOGNISER: "SFaceClient",
        "lineament-mobilefacenet": "MobileFaceNetClient",
    },
}
RECOGNISER_FILES = {
    DEFAULT_RECOGNISER: "sface.onnx",
    "lineament-mobilefacenet": "mobilefacenet.onnx",
}
"""Of ours, by name."""
_SETTINGS = {
    "face_detector": "LINEAMENT_DETECTOR",
    "facial_recognition": "LINEAMENT_RECOGNIZER",
}
_SAME_PERSON = 80.0
"""The Similarity from which `DeepFace.verify` calls two faces one person."""


class _Files:
    """Where our clients find their files, and how they run."""

    model_dir: Path | None = None
    threads = 1


def register(model_dir: Path, threads: int = 1) -> None:
    """Add our models to DeepFace's registry; later calls may move the folder.

    DeepFace is kept off TensorFlow unless the environment already chose its backend.

    Args:
        model_dir: where `lineament models install` put the files.
        threads: how many one run of a model of ours may use.
    """
    os.environ.setdefault(BACKEND_VARIABLE, "onnx")
    # As DeepFace.py does before it imports TensorFlow: its weights are of Keras 2, and one process
    # must not have both Keras.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    # Else TensorFlow tells of CPU features and missing GPUs in a page of red text.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for task, clients in _OURS.items():
        for name, client in clients.items():
            modeling.AVAILABLE_MODELS[task][name] = {
                modeling.ANY: f"lineament.vision.clients.{client}"
            }
            if (model_dir, threads) != (_Files.model_dir, _Files.threads):
                vars(modeling).get("cached_models", {}).get(task, {}).pop(name, None)
    _Files.model_dir, _Files.threads = model_dir, threads
    _tell_thresholds()


def model_dir() -> Path:
    """Return the folder that was registered.

    Raises:
        ModelUnavailable: none was; only a DeepFace call around `register` gets here.
    """
    if _Files.model_dir is None:
        raise ModelUnavailable("Call lineament.vision.registry.register(model_dir) first")
    return _Files.model_dir


def threads() -> int:
    """Return how many threads one run of a model of ours may use."""
    return _Files.threads


def _tell_thresholds() -> None:
    """Tell `DeepFace.verify` where our recognisers' profiles put Similarity 80; it asks always."""
    for name in profile_names():
        profile = read_profile(name)
        if profile.model.recogniser in _OURS["facial_recognition"]:
            cosine = profile.model.calibration.cosine(_SAME_PERSON)
            length = math.sqrt(2 - 2 * cosine)  # between unit vectors
            thresholds[profile.model.recogniser] = {
                "cosine": 1 - cosine,
                "euclidean": length,
                "euclidean_l2": length,
                "angular": math.acos(cosine) / math.pi,
            }


def is_ours(task: str, name: str) -> bool:
    """Tell whether a name is one that `register` added."""
    return name in _OURS[task]


def require_model(task: str, name: str) -> Detector | FacialRecognition:
    """Build a model through DeepFace, or return the one that it built before.

    Args:
        task: face_detector or facial_recognition.
        name: as DeepFace's registry has it.

    Raises:
        ModelUnavailable: no such model, or its weights or packages cannot be had.
    """
    try:
        if not is_ours(task, name):
            folder_utils.initialize_folder()  # `import DeepFace` would, and loads far more
        return modeling.build_model(task, name)
    except ModelUnavailable:
        raise
    except UnimplementedError as error:
        known = ", ".join(sorted(modeling.AVAILABLE_MODELS[task]))
        raise ModelUnavailable(
            f"{_SETTINGS[task]}={name} names no model for this DeepFace backend; known are {known}"
        ) from error
    except Exception as error:  # clients raise whatever their frameworks raise
        raise unavailable(task, name, error) from error


def unavailable(task: str, name: str, cause: Exception) -> ModelUnavailable:
    """Return the error to raise about a DeepFace model whose client or first run failed."""
    return ModelUnavailable(f"{_SETTINGS[task]}={name} does not start: {explain(cause)}")
