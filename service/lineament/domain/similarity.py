"""Similarity: a monotone map from cosine to the wire's 0..100, fitted per face model.

80 means a false match rate of 1e-5 or less, 99 means 1e-6 or less, 100 the same picture. The knots
are fitted by `lineament calibrate` and shipped with the model. Source: DESIGN section 6, SPEC B.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Piecewise linear, strictly rising from cosine -1 (similarity 0) to cosine 1 (100)."""

    cosines: tuple[float, ...]
    similarities: tuple[float, ...]

    @classmethod
    def from_knots(cls, cosines: Sequence[float], similarities: Sequence[float]) -> "Calibration":
        """Build the map from its knots.

        Raises:
            ValueError: not two columns of equal length that both rise strictly, from (-1, 0) to
                (1, 100).
        """
        x, y = np.asarray(cosines, np.float64), np.asarray(similarities, np.float64)
        if x.shape != y.shape or x.ndim != 1 or x.size == 0:
            raise ValueError("a calibration needs two columns of equal length")
        if not (np.all(np.diff(x) > 0) and np.all(np.diff(y) > 0)):
            raise ValueError("a calibration must rise strictly")
        if (x[0], y[0], x[-1], y[-1]) != (-1.0, 0.0, 1.0, _SCALE):
            raise ValueError("a calibration runs from (-1, 0) to (1, 100)")
        return cls(tuple(x.tolist()), tuple(y.tolist()))

    def similarity(self, cosine: float) -> float:
        """Return the similarity of a cosine, 0 to 100, rounded to float32 as the wire carries it.

        Rounding can pull a cosine just above 1 or below -1; both ends are clamped.
        """
        return float(np.float32(np.interp(cosine, self.cosines, self.similarities)))

    def similarities_of(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map many cosines at once; any shape, float32 out."""
        return np.interp(cosines, self.cosines, self.similarities).astype(np.float32)

    def cosine(self, similarity: float) -> float:
        """Return the cosine at which the map reaches a similarity."""
        return float(np.interp(similarity, self.similarities, self.cosines))


def reaches(similarity: float, threshold: float) -> bool:
    """Return whether a similarity makes a match: one that equals the threshold does.

    Args:
        similarity: as the wire carries it, in float32.
        threshold: as the caller gave it; rounded to float32, or no score could equal 99.9.
    """
    return bool(similarity >= np.float32(threshold))


@dataclass(frozen=True, slots=True)
class FaceModel:
    """What a collection is bound to: a recogniser with its calibration."""

    version: str
    """The wire's FaceModelVersion: opaque; changes when model or calibration change."""
    dimensions: int
    calibration: Calibration
    recogniser: str
    """What makes the vectors: a name that the engine knows."""
