"""Face crops to vectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import Matrix
from lineament.vision.align import CROP
from lineament.vision.sessions import open_session

BATCH = 2
"""Crops in one run: with 16, activations fall out of the cache and a face takes a fifth longer."""


class FaceRecogniser(Protocol):
    """What the engine asks of a recogniser."""

    dimensions: int
    crop: int
    """Side of the square crops, pixels."""

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors of RGB crops of shape (n, crop, crop, 3)."""
        ...


class OnnxRecogniser:
    """A recogniser in one ONNX file: RGB crops of 112 pixels, (value - 127.5) / 127.5.

    Args:
        model_dir: where the models are installed.
        name: the file.
        mirror: add the vector of the mirrored crop: steadier, and twice the time.
        threads: how many work on one batch.

    Raises:
        ModelUnavailable: the model is not installed.
    """

    crop = CROP

    def __init__(self, model_dir: Path, name: str, mirror: bool = True, threads: int = 2) -> None:
        """Load the network."""
        self._session = open_session(model_dir, name, threads)
        self._mirror = mirror
        self.dimensions = int(self._session.get_outputs()[0].shape[1])

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors, shape (n, dimensions), of RGB crops of shape (n, 112, 112, 3)."""
        vectors = np.empty((len(crops), self.dimensions), np.float32)
        for start in range(0, len(crops), BATCH):
            vectors[start : start + BATCH] = self._run(crops[start : start + BATCH])
        return unit_rows(vectors)

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        values = (crops.transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5
        if self._mirror:
            values = np.concatenate([values, values[..., ::-1]])
        output: NDArray[np.float32] = self._session.run(None, {"input": values})[0]
        if self._mirror:
            output = output[: len(crops)] + output[len(crops) :]
        return output


class ConcatenatedRecogniser:
    """Several recognisers side by side: the cosine is the mean of theirs."""

    crop = CROP

    def __init__(self, parts: Sequence[FaceRecogniser]) -> None:
        """Take recognisers of the same crop."""
        self._parts = tuple(parts)
        self.dimensions = sum(part.dimensions for part in self._parts)

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors, shape (n, dimensions), of RGB crops of shape (n, 112, 112, 3)."""
        return unit_rows(np.concatenate([part.embed(crops) for part in self._parts], axis=1))


def unit_rows(rows: NDArray[np.float32]) -> Matrix:
    """Scale each row to length one."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)
