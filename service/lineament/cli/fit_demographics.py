"""`lineament fit-demographics FOLDER`: fit age range, gender and expression to your labels.

Half of the people fit; the tables that are printed last were measured on the other half. What is
fitted are numbers, printed as they stand in vision/demographics.py and vision/expression.py.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament import config
from lineament.cli.measuring.attributes_demographics import figures, lines
from lineament.cli.measuring.demographic_labels import FIT, REST, Observation, observe
from lineament.cli.measuring.regression import fit_logistic
from lineament.vision import demographics
from lineament.vision.expression import KINDS, spread_out

_LOW_SHARE, _HIGH_SHARE = 0.1, 0.9
_ROUNDS = 600
_NEAR = 0.05
"""Years: residuals below it count as this."""
_RIDGE = 2.0
_UNCLEAR_WEIGHT = 0.5
_FEWEST = 4
"""Faces of a kind, below which they weigh no more for being scarce."""
_FIRST_STEP, _LAST_STEP = 0.5, 0.002


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the folder and the labels."""
    parser.add_argument("folder", type=Path, help="FOLDER/images/<Person>/*.jpg")
    parser.add_argument("--labels", type=Path, help="in place of those that ship")


def run(args: argparse.Namespace) -> int:
    """Look once, fit on one half, and print how what ships does on the other."""
    model_dir = config.load().model_dir
    faces = observe(args.folder, model_dir, args.labels, FIT)
    low, high = fit_age(faces)
    print(f"LOW_OFFSET {_spelled(low)}\nHIGH_OFFSET {_spelled(high)}")
    print(f"MALE {_spelled(fit_gender(faces))}")
    steepness, calm, happy = fit_expression(faces)
    print(f"STEEPNESS {steepness:.3g}, LEVELS calm {calm:.3g}, happy {happy:.3g}")
    print("what ships, on the other half of the people:")
    print("\n".join(lines(figures(observe(args.folder, model_dir, args.labels, REST)))))
    return 0


def fit_age(
    faces: Sequence[Observation],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the factors of `demographics.terms` for the 10th and the 90th percentile."""
    aged = [face for face in faces if face.age is not None]
    terms = np.array([demographics.terms(face.years, face.spread) for face in aged])
    off = np.array([(face.age or 0) - face.years for face in aged])
    return fit_quantile(terms, off, _LOW_SHARE), fit_quantile(terms, off, _HIGH_SHARE)


def fit_quantile(
    terms: NDArray[np.float64], values: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """Return the factors below whose sum `share` of the values lie.

    Least squares over and over, each weighed so that its minimum is that of the quantile loss.

    Args:
        terms: shape (n, k).
        values: shape (n,).
        share: 0 to 1.
    Source: R. Koenker, Quantile Regression, 2005; solved by reweighted least squares.
    """
    factors = np.linalg.lstsq(terms, values, rcond=None)[0]
    for _ in range(_ROUNDS):
        rest = values - terms @ factors
        weights = np.where(rest > 0, share, 1 - share) / np.maximum(np.abs(rest), _NEAR)
        weighed = terms * weights[:, np.newaxis]
        factors = np.linalg.solve(terms.T @ weighed, weighed.T @ values)
    return np.asarray(factors, np.float64)


def fit_gender(faces: Sequence[Observation]) -> NDArray[np.float64]:
    """Return level and the factors of both networks' log odds."""
    sexed = [face for face in faces if face.gender in ("f", "m")]
    odds = np.array([face.males for face in sexed])
    male = np.array([face.gender == "m" for face in sexed])
    found = fit_logistic(odds, male, np.ones(len(sexed)), _RIDGE)
    return np.array([found.bias, *found.weights])


def fit_expression(faces: Sequence[Observation]) -> tuple[float, float, float]:
    """Return steepness, and the levels of CALM and HAPPY.

    The likelihood of what was seen; what was not clear counts half, and each kind weighs as the
    root of how common it is: on press photos, half of the faces are calm.
    """
    shown = [face for face in faces if face.kind in KINDS]
    odds = np.array([face.odds for face in shown])
    kinds = np.array([KINDS.index(face.kind) for face in shown])
    counts = np.bincount(kinds, minlength=len(KINDS))
    scarcity = np.sqrt(counts.max() / np.maximum(counts, 1))
    scarcity[counts < _FEWEST] = 1.0
    weights = scarcity[kinds] * np.where([face.clear for face in shown], 1, _UNCLEAR_WEIGHT)

    def loss(point: NDArray[np.float64]) -> float:
        shares = spread_out(odds, point[0], np.append(point[1:], np.zeros(len(KINDS) - 2)))
        return float(-(np.log(shares[np.arange(len(kinds)), kinds]) * weights).sum())

    best = _descend(loss, np.array([0.3, 1.0, 0.0]))
    return float(best[0]), float(best[1]), float(best[2])


def _descend(
    loss: Callable[[NDArray[np.float64]], float], point: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Walk along one axis at a time while that helps, by ever smaller steps."""
    step, least = _FIRST_STEP, loss(point)
    while step > _LAST_STEP:
        moves = [point + sign * step * axis for axis in np.eye(len(point)) for sign in (1, -1)]
        losses = [loss(move) for move in moves]
        if min(losses) < least:
            least = min(losses)
            point = moves[int(np.argmin(losses))]
        else:
            step /= 2
    return point


def _spelled(numbers: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{number:.3g}" for number in numbers) + ")"
