"""How well the eight attributes that are true or false are told, on people the fit has not seen."""

from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.cli.measuring.appearance_labels import NO, YES, LabelledFaces, look, read_labels
from lineament.vision.appearance import Trunk, Weights, judge, shipped_weights
from lineament.vision.engine import build_engine

_NORMAL_95 = 1.959964
_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of cases, and between what the true share lies with 95 % confidence."""

    hits: int
    cases: int

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.hits / self.cases if self.cases else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high. Source: E. B. Wilson, Probable inference, JASA 1927."""
        if not self.cases:
            return 0.0, 1.0
        square = _NORMAL_95**2
        centre = (self.hits + square / 2) / (self.cases + square)
        spread = self.hits * (self.cases - self.hits) / self.cases + square / 4
        half = _NORMAL_95 * sqrt(spread) / (self.cases + square)
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class AttributeFigures:
    """One attribute on held-out faces; those that were not clear to the eye are left out."""

    member: str
    auc: float
    """Area under the ROC curve."""
    false_positives: Rate
    """Of the faces where it is false."""
    false_negatives: Rate
    """Of the faces where it is true."""
    calibration_error: float
    """Mean distance, 0 to 1, between stated confidence and share of right answers, by tenths."""

    @property
    def balanced_accuracy(self) -> float:
        """0 to 1; 0.5 is chance."""
        return 1 - (self.false_positives.value + self.false_negatives.value) / 2


def measure(folder: Path, model_dir: Path, labels: Path | None = None) -> list[AttributeFigures]:
    """Look at the people that were kept from the fit.

    Args:
        folder: in LFW's layout.
        model_dir: where the models are installed.
        labels: in place of those that ship.

    Raises:
        LabelsError: the folder holds none of the labelled pictures.
        ModelUnavailable: a model is not installed.
    """
    faces = look(build_engine(model_dir), folder, read_labels(labels), test_only=True)
    return figures(shipped_weights(), faces, Trunk(model_dir, threads=1))


def figures(weights: Weights, faces: LabelledFaces, trunk: Trunk) -> list[AttributeFigures]:
    """Return the figures of weights on faces, in the order of the weights."""
    chances = judge(weights, trunk.features(faces.crops, faces.dense))
    result = []
    for member in weights.members:
        values = faces.values[:, faces.members.index(member)]
        clear = (values == YES) | (values == NO)
        result.append(_figure(member, chances[member][clear], values[clear] == YES))
    return result


def area_under_curve(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Return how often a true case scores above a false one; equal scores count half."""
    above = scores[truth][:, np.newaxis]
    below = scores[~truth][np.newaxis]
    return float(np.mean((above > below) + (above == below) / 2))


def _figure(
    member: str, chances: NDArray[np.float32], truth: NDArray[np.bool_]
) -> AttributeFigures:
    said = chances >= _EVEN
    sure = np.where(said, chances, 1 - chances)
    tenths = np.minimum((sure * 10).astype(int), 9)
    gaps = [
        (tenths == each).mean()
        * abs(sure[tenths == each].mean() - (said == truth)[tenths == each].mean())
        for each in np.unique(tenths)
    ]
    return AttributeFigures(
        member,
        area_under_curve(chances, truth),
        Rate(int((said & ~truth).sum()), int((~truth).sum())),
        Rate(int((~said & truth).sum()), int(truth.sum())),
        float(sum(gaps)),
    )
