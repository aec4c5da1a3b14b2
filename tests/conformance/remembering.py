"""The real engine, asked once about each picture: the suite sends the same few many times."""

import hashlib
import threading
from collections.abc import Sequence

from lineament.domain.attributes import Attributes
from lineament.domain.faces import DetectedFace, FaceEngine, ImageFaces, Matrix

_KEPT = 200


class RememberingEngine:
    """A FaceEngine that keeps answers by the picture's bytes; errors are not kept."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._pictures: dict[bytes, _Remembered] = {}

    def analyse(self, image: bytes) -> ImageFaces:
        key = hashlib.sha256(image).digest()
        with self._lock:
            if key not in self._pictures:
                if len(self._pictures) == _KEPT:
                    self._pictures.pop(next(iter(self._pictures)))
                self._pictures[key] = _Remembered(self._engine.analyse(image))
            return self._pictures[key]


class _Remembered:
    """An ImageFaces that keeps the vectors it was asked for."""

    def __init__(self, picture: ImageFaces) -> None:
        self._picture = picture
        self._vectors: dict[tuple[str, tuple[int, ...]], Matrix] = {}

    @property
    def width(self) -> int:
        return self._picture.width

    @property
    def height(self) -> int:
        return self._picture.height

    @property
    def faces(self) -> tuple[DetectedFace, ...]:
        return self._picture.faces

    def recognisability(
        self, indices: Sequence[int], recogniser: str = ""
    ) -> Sequence[float] | None:
        return self._picture.recognisability(indices, recogniser)

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        key = (recogniser, tuple(indices))
        if key not in self._vectors:
            self._vectors[key] = self._picture.embed(indices, recogniser)
        return self._vectors[key]

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        return self._picture.describe(indices, wanted)
