"""Made-up people with ten photos each: the same at every run."""

import uuid
from collections.abc import Iterator

import numpy as np

from lineament.domain.faces import Matrix, Vector

PHOTOS = 10
"""Of each person."""
BATCH = 10_000
"""Faces that come at once."""
_SPREAD = 0.75
"""Of a person's photos, beside the person: most pairs of them reach Similarity 80."""


def faces(start: int, end: int, dimensions: int) -> Iterator[tuple[list[str], Matrix]]:
    """Yield ids and vectors, `BATCH` at a time; a person's photos follow each other.

    Args:
        start: number of the first face, a multiple of `BATCH`.
        end: number behind the last one.
        dimensions: of a vector.

    Yields:
        Face ids, and float32 of shape (as many, dimensions), of unit length.
    """
    for first in range(start, end, BATCH):
        count = min(BATCH, end - first)
        random = np.random.default_rng(first)
        people = random.normal(size=(-(-count // PHOTOS), dimensions))
        people /= np.linalg.norm(people, axis=1, keepdims=True)
        noise = random.normal(size=(count, dimensions)) * (_SPREAD / np.sqrt(dimensions))
        rows = np.repeat(people, PHOTOS, axis=0)[:count] + noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        ids = random.bytes(16 * count)
        names = [str(uuid.UUID(bytes=ids[16 * i : 16 * i + 16])) for i in range(count)]
        yield names, rows.astype(np.float32)


def beside(vector: Vector, number: int) -> Matrix:
    """Return one more face, very like another: shape (1, d)."""
    noise = np.random.default_rng(number).normal(size=vector.shape) * 0.1 / np.sqrt(len(vector))
    row = (vector + noise).astype(np.float32)
    near: Matrix = (row / np.linalg.norm(row))[None, :]
    return near
