"""A process of its own that runs DeepFace on TensorFlow without network; tells in JSON what it saw.

    python -m tests.vision.tensorflow_run FOLDER

FOLDER is DEEPFACE_HOME. Untrained weights, made from a seed, stand in for DeepFace's, which cannot
be fetched everywhere: files of the same name, place and layout. They tell no people apart, and show
all the same which file is loaded, what the network is fed, and what becomes of its answer.
"""

import io
import json
import os
import socket
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from lineament import config
from lineament.vision import registry
from lineament.vision.engine import build_engine
from lineament.vision.manifest import PHOTOS

MODELS = {"DeepID": ("DeepID", "DeepIdClient"), "OpenFace": ("OpenFace", "OpenFaceClient")}
"""The smallest of DeepFace's Keras models: module and class."""
_SEED = 5
_CALLERS = 4


def main(home: Path) -> dict[str, Any]:
    """Return what was seen, by question."""
    calls: list[str] = []

    def refuse(_socket: socket.socket, address: object) -> None:
        calls.append(str(address))
        raise OSError("no network here")

    socket.socket.connect = refuse  # type: ignore[assignment,method-assign]
    model_dir = config.load().model_dir
    registry.register(model_dir)
    photo = (model_dir / PHOTOS / "t1.jpg").read_bytes()
    seen: dict[str, Any] = {"detector": _detector(model_dir, photo)}
    for name in MODELS:
        direct = _untrained(name, home / ".deepface" / "weights")
        seen[name] = _recogniser(name, model_dir, photo, direct)
    seen["deepface"] = _deepface(model_dir / PHOTOS)
    seen["calls"] = calls
    seen["keras"] = [name for name in ("tf_keras", "keras") if name in sys.modules]
    return seen


def _detector(model_dir: Path, photo: bytes) -> dict[str, Any]:
    engine = build_engine(model_dir, "mtcnn")
    found = engine.analyse(photo)
    default = build_engine(model_dir).analyse(photo)
    everyone = range(len(found.faces))
    return {
        "boxes": [_pixels(found, face.box) for face in found.faces],
        "default_boxes": [_pixels(default, face.box) for face in default.faces],
        "vectors": found.embed(everyone).tolist(),
        "default_vectors": default.embed(range(len(default.faces))).tolist(),
    }


def _pixels(found: Any, box: Any) -> list[float]:
    left, top = box.left * found.width, box.top * found.height
    return [left, top, left + box.width * found.width, top + box.height * found.height]


def _untrained(name: str, weights: Path) -> Any:
    """Write weights where DeepFace looks for them, and return the Keras model that has them."""
    import importlib  # noqa: PLC0415 -- with TensorFlow, below

    import tensorflow as tf  # noqa: PLC0415 -- seconds, and only after `register`
    from deepface.commons import weight_utils  # noqa: PLC0415 -- as above

    module, client = MODELS[name]
    tf.keras.utils.set_random_seed(_SEED)
    files: list[str] = []
    kept = weight_utils.download_weights_if_necessary, weight_utils.load_model_weights
    weight_utils.download_weights_if_necessary = lambda file_name, **_: files.append(file_name)
    weight_utils.load_model_weights = lambda model, weight_file: model  # noqa: ARG005 -- DeepFace's
    try:
        source = importlib.import_module(f"deepface.models.facial_recognition.tf.{module}")
        model = getattr(source, client)().model
    finally:
        weight_utils.download_weights_if_necessary, weight_utils.load_model_weights = kept
    weights.mkdir(parents=True, exist_ok=True)
    model.save_weights(weights / files[0])
    if name == "DeepID":
        np.savez(
            weights / "deepid.npz", **{weight.name: weight.numpy() for weight in model.weights}
        )
    tf.keras.utils.set_random_seed(_SEED + 1)
    return model


def _recogniser(name: str, model_dir: Path, photo: bytes, direct: Any) -> dict[str, Any]:
    engine = build_engine(model_dir, recogniser=name)
    found = engine.analyse(photo)
    everyone = list(range(len(found.faces)))
    vectors = found.embed(everyone)
    height, width = direct.input_shape[1:3]
    side = max(height, width)
    left = (side - width) // 2
    whole = found.crops(everyone, side)
    crops = whole[:, :, left : left + width]
    straight = direct(crops[..., ::-1].astype(np.float32) / 255, training=False).numpy()
    model = engine.recognisers.get()
    with ThreadPoolExecutor(_CALLERS) as pool:  # batches of one and two at once
        pairs = [whole[index : index + size] for size in (1, 2) for index in everyone[:-1]]
        together = list(pool.map(lambda crops: model.embed(crops)[0], pairs))
    return {
        "input": [height, width],
        "crop": model.crop,
        "dimensions": engine.dimensions,
        "vectors": vectors.tolist(),
        "direct": (straight / np.linalg.norm(straight, axis=1, keepdims=True)).tolist(),
        "together": np.array(together).tolist(),
    }


def _deepface(photos: Path) -> dict[str, Any]:
    """Use our models as any program that knows DeepFace does."""
    from deepface import DeepFace  # noqa: PLC0415 -- after the backend is chosen
    from deepface.commons.backend_utils import get_backend_engine  # noqa: PLC0415 -- as above

    names = {
        "model_name": registry.DEFAULT_RECOGNISER,
        "detector_backend": registry.DEFAULT_DETECTOR,
    }
    (answer,) = DeepFace.represent(str(photos / "obama.jpg"), **names)
    same = DeepFace.verify(str(photos / "obama.jpg"), str(photos / "obama2.jpg"), **names)
    other = DeepFace.verify(str(photos / "obama.jpg"), str(photos / "biden.jpg"), **names)
    return {
        "backend": get_backend_engine(),
        "embedding": answer["embedding"],
        "same": same["distance"],
        "other": other["distance"],
        "threshold": same["threshold"],
        "verified": [same["verified"], other["verified"]],
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    os.environ["DEEPFACE_HOME"] = sys.argv[1]
    with redirect_stdout(io.StringIO()):  # DeepFace's log
        answers = main(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(answers))
