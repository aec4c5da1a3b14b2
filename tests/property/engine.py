"""A FaceEngine of the tests' own: a picture is a list of faces, each with its vector."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lineament.domain.attributes import ALL, Attributes
from lineament.domain.faces import DetectedFace, Landmark, Matrix, Pose, Quality, RatioBox
from lineament.domain.similarity import Calibration, FaceModel
from lineament.errors import InvalidImageFormatException

DIMENSIONS = 6
MODEL = FaceModel(
    "declared-1",
    DIMENSIONS,
    Calibration.from_knots([-1.0, 0.0, 0.5, 0.8, 1.0], [0.0, 2.0, 60.0, 95.0, 100.0]),
    "declared",
)
SIDE = 1000
"""Pixels of every picture's sides."""
_MARK = b"FACES"
_KINDS = ("eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose")
Numbers = Sequence[int]
"""A vector before it is scaled to unit length; not all zero."""


def picture(vectors: Sequence[Numbers], label: str = "") -> bytes:
    """Return a picture of these faces, the first the largest; another label, other bytes."""
    return _MARK + json.dumps([label, [list(vector) for vector in vectors]]).encode()


def unit(vectors: Sequence[Numbers]) -> Matrix:
    """Return the vectors that the engine gives, shape (n, DIMENSIONS)."""
    rows = np.array(vectors, np.float64).reshape(-1, DIMENSIONS)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class DeclaredFaces:
    """An ImageFaces."""

    faces: tuple[DetectedFace, ...]
    vectors: Matrix
    width: int = SIDE
    height: int = SIDE

    def recognisability(self, indices: Sequence[int], recogniser: str = "") -> list[float]:
        assert recogniser in {"", MODEL.recogniser}
        return [100.0 for _ in indices]

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        assert wanted <= ALL
        return [Attributes() for _ in indices]

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        assert recogniser in {"", MODEL.recogniser}
        return self.vectors[list(indices)]


class DeclaredEngine:
    """A FaceEngine that reads `picture`, and refuses any other bytes."""

    def analyse(self, image: bytes) -> DeclaredFaces:
        if not image.startswith(_MARK):
            raise InvalidImageFormatException
        _, vectors = json.loads(image.removeprefix(_MARK))
        faces = tuple(_face(place) for place in range(min(len(vectors), 100)))
        return DeclaredFaces(faces, unit(vectors[:100]))


def _face(place: int) -> DetectedFace:
    side = 0.5 - place / SIDE
    return DetectedFace(
        box=RatioBox(place / SIDE, 0.1, side, side),
        confidence=99.0,
        landmarks=tuple(Landmark(kind, 0.2, 0.2) for kind in _KINDS),
        pose=Pose(0.0, 0.0, 0.0),
        quality=Quality(80.0, 90.0),
    )
