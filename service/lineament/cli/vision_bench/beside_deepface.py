"""Accuracy beside `DeepFace.represent` with the same registered models, on the same pairs."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lineament.cli.figures import Figure
from lineament.cli.measuring.lfw import read_measuring_set, subject_of
from lineament.cli.vision_bench.part import Context, Part
from lineament.domain import verification
from lineament.vision import registry
from lineament.vision.intake import decode

_PAIRS = 50
"""Of each kind, from each fold."""
_PERCENT = 100.0

_Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32] | None]


def run(context: Context) -> Part:
    """Embed some pairs both ways and compare the accuracies at each one's best threshold."""
    folds = read_measuring_set(context.require_folder()).folds
    genuine = [pair for fold in folds for pair in fold.genuine[:_PAIRS]]
    impostor = [pair for fold in folds for pair in fold.impostor[:_PAIRS]]
    pictures = sorted({path for pair in (*genuine, *impostor) for path in pair})
    ways: dict[str, _Embed] = {"ours": lambda pixels: _ours(context, pixels), "DeepFace": _theirs}
    vectors: dict[str, dict[Path, NDArray[np.float32]]] = {name: {} for name in ways}
    missed = dict.fromkeys(ways, 0)
    for path in tqdm(pictures, unit="photo", mininterval=1 if sys.stderr.isatty() else 30):
        pixels = decode(path.read_bytes())
        for name, embed in ways.items():
            vector = embed(pixels)
            missed[name] += vector is None
            vectors[name][path] = np.zeros(1, np.float32) if vector is None else vector
    right = {name: _accuracy(vectors[name], genuine, impostor) for name in ways}
    lines = [
        f"{name:10} accuracy {right[name]:6.2f} % of {len(genuine) + len(impostor)} pairs, "
        f"no face in {missed[name]} of {len(pictures)} photos"
        for name in ways
    ]
    return Part(
        lines,
        [
            Figure.at_least(
                "accuracy_percent_over_deepface", right["ours"] - right["DeepFace"], 0.0
            ),
            Figure.plain("deepface_accuracy_percent", right["DeepFace"]),
        ],
    )


def _ours(context: Context, pixels: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    picture = context.engine.find_faces(pixels)
    subject = subject_of(picture.faces)
    if subject is None:
        return None
    return np.asarray(picture.embed([subject], registry.DEFAULT_RECOGNISER)[0])


def _theirs(pixels: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    from deepface import DeepFace  # noqa: PLC0415 - slow, and used here alone

    try:
        found: list[dict[str, Any]] = DeepFace.represent(
            np.ascontiguousarray(pixels[:, :, ::-1]),
            model_name=registry.DEFAULT_RECOGNISER,
            detector_backend=registry.DEFAULT_DETECTOR,
        )
    except ValueError:  # what DeepFace raises where it finds no face
        return None
    height, width = pixels.shape[:2]

    def distance(face: dict[str, Any]) -> float:
        area = face["facial_area"]
        across = abs(area["x"] + area["w"] / 2 - width / 2) / width
        return float(across + abs(area["y"] + area["h"] / 2 - height / 2) / height)

    vector = np.asarray(min(found, key=distance)["embedding"], np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def _accuracy(
    vectors: dict[Path, NDArray[np.float32]],
    genuine: list[tuple[Path, Path]],
    impostor: list[tuple[Path, Path]],
) -> float:
    """Return the accuracy at the best threshold, percent: generous, and to both alike."""

    def scores(pairs: list[tuple[Path, Path]]) -> NDArray[np.float32]:
        return np.array(
            [
                float(np.dot(vectors[one], vectors[other]))
                if vectors[one].shape == vectors[other].shape
                else -1.0
                for one, other in pairs
            ],
            np.float32,
        )

    same, other = scores(genuine), scores(impostor)
    threshold = verification.best_threshold(same, other)
    right = np.count_nonzero(same >= threshold) + np.count_nonzero(other < threshold)
    return float(right) / (len(same) + len(other)) * _PERCENT
