"""A decoded picture and its faces: what the engine answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import Attributes
from lineament.domain.faces import DetectedFace, Matrix
from lineament.vision.align import CROP, crop_face
from lineament.vision.attributes import AttributeEstimator, Seen
from lineament.vision.recognisers import Recognisers


@dataclass(frozen=True, slots=True)
class Picture:
    """The engine's `ImageFaces`. Vectors and attributes are computed when they are asked for."""

    width: int
    """Pixels of the upright picture, whatever size it was decoded at."""
    height: int
    faces: tuple[DetectedFace, ...]
    seen: Seen
    """What the models look at."""
    recognisers: Recognisers
    attributes: AttributeEstimator

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """RGB; smaller than `width` x `height` where a large photo was decoded at a part of it."""
        return self.seen.pixels

    @property
    def points(self) -> NDArray[np.float32]:
        """Shape (n, 5, 2), in `pixels`, of the faces in their order."""
        return self.seen.points

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        """Return the vectors of `faces[i]` for i in `indices`, in that order, in one batch.

        Args:
            indices: of the faces.
            recogniser: a name in DeepFace's registry; the engine's default where it is empty.
        """
        model = self.recognisers.get(recogniser)
        if not indices:
            return np.empty((0, model.dimensions), np.float32)
        return model.embed(self.crops(indices, model.crop))

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        """Return the wanted attributes of `faces[i]` for i in `indices`, in that order.

        Args:
            indices: of the faces.
            wanted: of `domain.attributes.ALL`; only these are computed.
        """
        if not wanted or not indices:
            return [Attributes() for _ in indices]
        return self.attributes.describe(self.seen.of(indices), wanted)

    def crops(self, indices: Sequence[int], size: int = CROP) -> NDArray[np.uint8]:
        """Return the aligned RGB crops that `embed` looks at, `size` pixels a side."""
        seen = self.seen
        return np.stack([crop_face(seen.pixels, seen.points[index], size) for index in indices])
