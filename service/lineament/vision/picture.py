"""A decoded picture and its faces: what the engine answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import Attributes, doubted
from lineament.domain.faces import DetectedFace, Matrix, Vector
from lineament.domain.quality import legibility
from lineament.vision.align import CROP, crop_face
from lineament.vision.attributes import AttributeEstimator, Seen
from lineament.vision.cores import on_all_cores, portions
from lineament.vision.recogniser import Embedded, FaceRecogniser
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
    embedded: dict[tuple[str, int], tuple[Vector, float | None]] = field(default_factory=dict)
    """By recogniser and face: the vector, and how much the face shows."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """RGB; smaller than `width` x `height` where a large photo was decoded at a part of it."""
        return self.seen.pixels

    @property
    def points(self) -> NDArray[np.float32]:
        """Shape (n, 5, 2), in `pixels`, of the faces in their order."""
        return self.seen.points

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        """Return the vectors of `faces[i]` for i in `indices`, in that order.

        Args:
            indices: of the faces.
            recogniser: a name in DeepFace's registry; the engine's default where it is empty.
        """
        model = self.recognisers.get(recogniser)
        if not indices:
            return np.empty((0, model.dimensions), np.float32)
        self._embed_new(indices, recogniser, model)
        return np.stack([self.embedded[recogniser, index][0] for index in indices])

    def recognisability(
        self, indices: Sequence[int], recogniser: str = ""
    ) -> Sequence[float] | None:
        """Return how much each of `faces[i]` shows of what tells people apart, 0 to 100.

        It comes with the vectors: `embed` of the same faces afterwards costs nothing more.

        Args:
            indices: of the faces.
            recogniser: as for `embed`.

        Returns:
            In the order of `indices`; None where the recogniser does not tell.
        """
        self._embed_new(indices, recogniser, self.recognisers.get(recogniser))
        shown = [self.embedded[recogniser, index][1] for index in indices]
        told = [much for much in shown if much is not None]
        return told if len(told) == len(shown) else None

    def _embed_new(self, indices: Sequence[int], name: str, model: FaceRecogniser) -> None:
        """Keep what the recogniser makes of faces that it has not seen yet."""
        new = [index for index in dict.fromkeys(indices) if (name, index) not in self.embedded]
        if not new:
            return

        def embed(part: slice) -> Embedded:
            return model.embed_and_judge(self.crops(new[part], model.crop, model.target))

        parts = portions(len(new), model.portion)
        for part, made in zip(parts, on_all_cores(embed, parts), strict=True):
            shown = made.recognisability
            for row, index in enumerate(new[part]):
                much = None if shown is None else float(shown[row])
                self.embedded[name, index] = (made.vectors[row], much)

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        """Return the wanted attributes of `faces[i]` for i in `indices`, in that order.

        Args:
            indices: of the faces.
            wanted: of `domain.attributes.ALL`; only these are computed.
        """
        if not wanted or not indices:
            return [Attributes() for _ in indices]
        told = self.attributes.describe(self.seen.of(indices), wanted)
        return [
            doubted(each, legibility(self.faces[index].quality))
            for index, each in zip(indices, told, strict=True)
        ]

    def crops(
        self,
        indices: Sequence[int],
        size: int = CROP,
        target: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """Return the aligned RGB crops that `embed` looks at, as `crop_face` cuts them."""
        seen = self.seen
        return np.stack(
            [crop_face(seen.pixels, seen.points[index], size, target) for index in indices]
        )
