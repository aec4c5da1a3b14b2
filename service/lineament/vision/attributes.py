"""The attributes beyond DEFAULT: each model is loaded when one of its answers is first wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import Attributes


@dataclass(frozen=True, slots=True)
class Seen:
    """A decoded picture and where its n faces are, in its pixels."""

    pixels: NDArray[np.uint8]
    """RGB, shape (height, width, 3)."""
    boxes: NDArray[np.float32]
    """Shape (n, 4): left, top, right, bottom; may leave the picture."""
    points: NDArray[np.float32]
    """Shape (n, 5, 2): x, y of eyeLeft, eyeRight, nose, mouthLeft, mouthRight, image side."""
    dense: NDArray[np.float32]
    """Shape (n, 68, 2): x, y in the order of iBUG 300-W, image side."""

    def of(self, indices: Sequence[int]) -> "Seen":
        """Return the same picture with some of its faces."""
        rows = list(indices)
        return Seen(self.pixels, self.boxes[rows], self.points[rows], self.dense[rows])


class AttributeEstimator:
    """Tells what was asked for. Threads may share it.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one face.
    """

    def __init__(self, model_dir: Path, threads: int = 1) -> None:
        """Load nothing yet."""
        self._model_dir = model_dir
        self._threads = threads

    def describe(self, seen: Seen, wanted: frozenset[str]) -> list[Attributes]:
        """Return the attributes of every face.

        Args:
            seen: the picture and its faces.
            wanted: of `domain.attributes.ALL`; what cannot be told is absent.

        Raises:
            ModelUnavailable: a model is not installed.
        """
        raise NotImplementedError(wanted)
