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
from lineament.vision.recogniser import Embedded
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
        """As `ImageFaces.embed`; the names are those of DeepFace's registry."""
        made = self._embedded(indices, recogniser)
        if not made:
            return np.empty((0, self.recognisers.get(recogniser).dimensions), np.float32)
        return np.stack([vector for vector, _ in made])

    def recognisability(
        self, indices: Sequence[int], recogniser: str = ""
    ) -> Sequence[float] | None:
        """As `ImageFaces.recognisability`."""
        shown = [much for _, much in self._embedded(indices, recogniser)]
        told = [much for much in shown if much is not None]
        return told if len(told) == len(shown) else None

    def _embedded(
        self, indices: Sequence[int], recogniser: str
    ) -> list[tuple[Vector, float | None]]:
        """Return what the recogniser makes of faces; each is looked at once."""
        name = self.recognisers.chosen(recogniser)
        new = [index for index in dict.fromkeys(indices) if (name, index) not in self.embedded]
        if new:
            self._embed(new, name)
        return [self.embedded[name, index] for index in indices]

    def _embed(self, new: Sequence[int], name: str) -> None:
        model = self.recognisers.get(name)

        def embed(part: slice) -> Embedded:
            return model.embed_and_judge(self.crops(new[part], model.crop, model.target))

        parts = portions(len(new), model.portion)
        for part, made in zip(parts, on_all_cores(embed, parts), strict=True):
            shown = made.recognisability
            for row, index in enumerate(new[part]):
                much = None if shown is None else float(shown[row])
                self.embedded[name, index] = (made.vectors[row], much)

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        """As `ImageFaces.describe`; confidences follow how much the pixels show."""
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
