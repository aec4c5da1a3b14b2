"""Smile, glasses, beard, mustache, eyes, mouth and occlusion, out of one look at the aligned face.

The first part of MobileFaceNet (`trunk.py`) describes the crop by 7 x 7 places of 128 channels; the
landmarks add how far the eyes are open. Every attribute is one weighted sum of these and a sigmoid,
fitted on faces that were labelled by eye (`lineament fit-attributes`). How well each does:
docs/attributes/appearance.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import BINARY, Judgement
from lineament.vision.align import crop_face
from lineament.vision.pupils import eye_openings
from lineament.vision.sessions import open_session

MODEL_FILE = "mobilefacenet-trunk.onnx"
_WEIGHTS = "appearance.npz"
_BATCH = 2
_EVEN = 0.5

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """k attributes over d features. The file has an array for each of these fields."""

    members: tuple[str, ...]
    """AWS's names, such as Smile."""
    matrix: Values
    """Shape (d, k)."""
    bias: Values
    """Shape (k,)."""

    def probabilities(self, features: Values) -> Values:
        """Return how probable each attribute is, shape (n, k), of features of shape (n, d)."""
        sums = features @ self.matrix + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(sums, -30, 30))), np.float32)

    def save(self, path: Path) -> None:
        """Write the file that `load` reads."""
        np.savez(path, members=np.array(self.members), matrix=self.matrix, bias=self.bias)

    @classmethod
    def load(cls, path: Path) -> "Weights":
        """Read a file that `save` wrote."""
        with np.load(path) as stored:
            members = tuple(str(name) for name in stored["members"])
            return cls(members, stored["matrix"], stored["bias"])


class Trunk:
    """Turns aligned crops into features.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one crop.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    def __init__(self, model_dir: Path, threads: int = 1) -> None:
        """Load the network."""
        self._session = open_session(model_dir, MODEL_FILE, threads)

    def features(self, crops: NDArray[np.uint8], dense: NDArray[np.floating]) -> Values:
        """Describe faces.

        Args:
            crops: RGB, shape (n, 112, 112, 3), see `crop_face`.
            dense: shape (n, 68, 2), the points of iBUG 300-W, at any scale.

        Returns:
            Shape (n, 6273); the last column is the mean of both `eye_openings`.
        """
        parts = []
        for start in range(0, len(crops), _BATCH):
            crop = crops[start : start + _BATCH].transpose(0, 3, 1, 2).astype(np.float32)
            parts.append(self._session.run(None, {"input": (crop - 127.5) / 127.5})[0])
        places = np.concatenate(parts).reshape(len(crops), -1)
        return np.column_stack([places, eye_openings(dense).mean(axis=1)]).astype(np.float32)


class Appearance:
    """Tells the eight attributes that are true or false. Threads may share it.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one face.
        weights: in place of those that ship.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    def __init__(self, model_dir: Path, threads: int = 1, weights: Weights | None = None) -> None:
        """Load the network."""
        self._trunk = Trunk(model_dir, threads)
        self._weights = weights or shipped_weights()

    def estimate(
        self,
        pixels: NDArray[np.uint8],
        points: NDArray[np.float32],
        dense: NDArray[np.float32],
        wanted: frozenset[str],
    ) -> list[Mapping[str, Judgement]]:
        """Return what was asked for of each face.

        Args:
            pixels: RGB, shape (height, width, 3).
            points: shape (n, 5, 2): eyeLeft, eyeRight, nose, mouthLeft, mouthRight in pixels.
            dense: shape (n, 68, 2): the points of iBUG 300-W in pixels.
            wanted: of `domain.attributes.ALL`, such as SMILE; only BINARY is answered.

        Returns:
            By member, such as Smile, for each face.
        """
        asked = {BINARY[name] for name in wanted & BINARY.keys()} & {*self._weights.members}
        if not asked or not len(points):
            return [{} for _ in points]
        crops = np.stack([crop_face(pixels, face) for face in points])
        chances = judge(self._weights, self._trunk.features(crops, dense))
        return [
            {member: _judgement(float(chances[member][row])) for member in sorted(asked)}
            for row in range(len(points))
        ]


def judge(weights: Weights, features: Values) -> dict[str, Values]:
    """Return how probable each attribute is, by member, shape (n,) each.

    Dark glasses bring two rules: they occlude the face, and the more certain they are, the less the
    eyes behind them can be told.
    """
    table = weights.probabilities(features)
    chances = {member: table[:, column] for column, member in enumerate(weights.members)}
    dark = chances.get("Sunglasses")
    if dark is None:
        return chances
    if "FaceOccluded" in chances:
        chances["FaceOccluded"] = np.maximum(chances["FaceOccluded"], dark)
    if "EyesOpen" in chances:
        chances["EyesOpen"] = _EVEN + (chances["EyesOpen"] - _EVEN) * (1 - dark)
    return chances


@cache
def shipped_weights() -> Weights:
    """Return the weights that ship with this package."""
    with resources.as_file(resources.files("lineament.vision").joinpath(_WEIGHTS)) as path:
        return Weights.load(path)


def _judgement(chance: float) -> Judgement:
    value = chance >= _EVEN
    return Judgement(value, 100 * (chance if value else 1 - chance))
