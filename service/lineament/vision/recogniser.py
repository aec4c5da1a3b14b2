"""Face crops to vectors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix
from lineament.vision.align import CROP
from lineament.vision.sessions import open_session

BATCH = 2
"""Crops in one run: with 16, activations fall out of the cache and a face takes a fifth longer."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a recogniser made of some crops."""

    vectors: Matrix
    """Unit vectors, a row a crop."""
    recognisability: NDArray[np.float32] | None = None
    """How much each crop shows of what tells people apart, 0 to 100, shape (n,); None where the
    recogniser does not tell."""


class FaceRecogniser(Protocol):
    """What the engine asks of a recogniser."""

    dimensions: int
    crop: int
    """Side of the square crops, pixels."""
    portion: int
    """Crops that a core is best given at a time; 0 where one run of all uses all cores."""
    target: NDArray[np.float64] | None
    """Where the five points belong in them; None: as in ArcFace."""

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors of RGB crops of shape (n, crop, crop, 3)."""
        ...

    def embed_and_judge(self, crops: NDArray[np.uint8]) -> Embedded:
        """Return what `embed` does, and how much the crops show."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """An ONNX file that takes RGB crops of 112 pixels, and how it is used."""

    file: str
    scaled: bool = True
    """It takes (value - 127.5) / 127.5; values of 0 to 255 otherwise."""
    mirror: bool = True
    """Add the vector of the mirrored crop: steadier, and twice the time."""
    lengths: tuple[float, float] | None = None
    """Of its vector, those that stand for recognisability 0 and 100. Trained to tell people apart,
    a network answers with a shorter vector where it sees less to tell them by: docs/quality.md."""


class OnnxRecogniser:
    """A recogniser in one ONNX file.

    Args:
        model_dir: where the models are installed.
        network: the file and its use.
        threads: how many work on one batch.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    crop = CROP
    target: NDArray[np.float64] | None = None

    def __init__(self, model_dir: Path, network: Network, threads: int = 1) -> None:
        """Load the network."""
        self._session = open_session(model_dir, network.file, threads)
        self._network = network
        self.portion = BATCH if threads == 1 else 0
        self._input = self._session.get_inputs()[0].name
        self.dimensions = int(self._session.get_outputs()[0].shape[1])

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors, shape (n, dimensions), of RGB crops of shape (n, 112, 112, 3)."""
        return self.embed_and_judge(crops).vectors

    def embed_and_judge(self, crops: NDArray[np.uint8]) -> Embedded:
        """Return what `embed` does, and how much the crops show."""
        rows = np.empty((len(crops), self.dimensions), np.float32)
        for start in range(0, len(crops), BATCH):
            rows[start : start + BATCH] = self._run(crops[start : start + BATCH])
        if self._network.lengths is None:
            return Embedded(unit_rows(rows))
        nothing, everything = self._network.lengths
        shares = (np.linalg.norm(rows, axis=1) - nothing) / (everything - nothing)
        return Embedded(unit_rows(rows), np.asarray(100 * np.clip(shares, 0, 1), np.float32))

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        values = crops.transpose(0, 3, 1, 2).astype(np.float32)
        if self._network.scaled:
            values = (values - np.float32(127.5)) / np.float32(127.5)
        if self._network.mirror:
            values = np.concatenate([values, values[..., ::-1]])
        output: NDArray[np.float32] = self._session.run(None, {self._input: values})[0]
        if self._network.mirror:
            output = (output[: len(crops)] + output[len(crops) :]) / np.float32(2)
        return output


def unit_rows(rows: NDArray[np.float32]) -> Matrix:
    """Scale each row to length one."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)
