"""`lineament fit-attributes FOLDER`: fit the attributes that are true or false, on your labels.

A weighted sum of features and a sigmoid for each attribute. What is printed was measured on people
that were kept out; confidence is set on each person by weights that have not seen them. Only
numbers are written: no picture, vector or name.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament import config
from lineament.cli.measuring import drawn_occlusions as drawn
from lineament.cli.measuring.appearance_labels import (
    FOLDS,
    NO,
    UNSEEN,
    YES,
    LabelledFaces,
    look,
    read_labels,
)
from lineament.cli.measuring.attributes_appearance import AttributeFigures, figures
from lineament.cli.measuring.regression import Regression, fit_logistic
from lineament.errors import LineamentError
from lineament.vision.appearance import Trunk, Weights
from lineament.vision.engine import build_engine

_RIDGE = 0.1
"""0.03 to 0.3 differ by less than 0.4 points of balanced accuracy."""
_LEAST_SHARE, _MOST_SHARE = 0.35, 0.65
"""Of true cases, for which confidence is set. A rarer attribute counts as if it were this common:
at its own share, half of the true cases would go unseen."""
_FEWEST = 30
"""True and false cases, below which an attribute is left out."""
_MOST = 1000
"""Cases of a kind that one fit looks at."""
_DRAWN = 600
"""Crops to draw on, of those where nothing is in the way."""
_DRAWN_MARKS = (
    {"Sunglasses": YES, "Eyeglasses": NO, "FaceOccluded": YES},
    {"Sunglasses": NO, "FaceOccluded": YES},
    {"Sunglasses": NO, "FaceOccluded": YES},
)
_SEED = 20261125


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the folder, the labels and the file to write."""
    parser.add_argument("folder", type=Path, help="FOLDER/images/<Person>/*.jpg")
    parser.add_argument("--labels", type=Path, help="in place of those that ship")
    parser.add_argument("--output", type=Path, required=True, help="the weights, an .npz file")


def run(args: argparse.Namespace) -> int:
    """Look, fit, write the weights, and print how they do on the people that were kept out."""
    settings = config.load()
    faces = look(build_engine(settings.model_dir), args.folder, read_labels(args.labels))
    trunk = Trunk(settings.model_dir, threads=2)
    weights = fit(faces, trunk)
    weights.save(args.output)
    print_table(figures(Weights.load(args.output), faces.of(faces.folds < 0), trunk))
    return 0


def print_table(rows: list[AttributeFigures]) -> None:
    """Print a line an attribute: percent, with 95 % intervals, and on how many faces."""
    print(f"{'':13}{'AUC':>6} {'balanced':>8}  false positives        false negatives")
    for row in rows:
        rates = []
        for rate in (row.false_positives, row.false_negatives):
            low, high = (100 * bound for bound in rate.interval)
            rates.append(f"{100 * rate.value:5.1f} ({low:.1f}-{high:.1f}) of {rate.cases}")
        balanced = 100 * row.balanced_accuracy
        print(f"{row.member:13}{row.auc:6.3f} {balanced:8.1f}  {rates[0]:22} {rates[1]}")


def fit(faces: LabelledFaces, trunk: Trunk) -> Weights:
    """Fit every attribute of which there are enough cases, to the people that are not for the test.

    Raises:
        LineamentError: there is none.
    """
    random = np.random.default_rng(_SEED)
    real = faces.of(faces.folds >= 0)
    made = draw(real, random)
    marks = np.concatenate([real.values, made.values])
    folds = np.concatenate([real.folds, made.folds])
    straight = np.concatenate([_features(real, trunk), _features(made, trunk)])
    mirrored = np.concatenate([_features(real, trunk, -1), _features(made, trunk, -1)])
    middle, spread = straight.mean(axis=0), straight.std(axis=0) + 1e-3
    spread[:-1] *= np.sqrt(len(spread))  # the last, of its own kind, stands for as much as all
    views = [(view - middle) / spread for view in (straight, mirrored)]
    members, lines = [], []
    for column, member in enumerate(faces.members):
        of_real = real.values[:, column]
        if min((of_real == YES).sum(), (of_real == NO).sum()) < _FEWEST:
            print(f"{member}: too few cases, left out")
            continue
        sums = np.empty(len(of_real))
        for fold in range(FOLDS):  # each person is judged by weights that have not seen them
            line = _fit_line(views, np.where(folds == fold, UNSEEN, marks[:, column]), random)
            held = np.flatnonzero(real.folds == fold)
            sums[held] = views[0][held] @ line.weights + line.bias
        lines.append(_calibrated(_fit_line(views, marks[:, column], random), sums, of_real))
        members.append(member)
    if not lines:
        raise LineamentError("no attribute has enough labelled faces")
    matrix = np.stack([line.weights for line in lines], axis=1) / spread[:, np.newaxis]
    bias = np.array([line.bias for line in lines]) - middle @ matrix
    return Weights(tuple(members), matrix.astype(np.float32), bias.astype(np.float32))


def draw(faces: LabelledFaces, random: np.random.Generator) -> LabelledFaces:
    """Return faces with dark glasses, masks and things held before them, and their labels."""
    places = [faces.members.index(member) for member in ("Sunglasses", "FaceOccluded")]
    free = np.flatnonzero((faces.values[:, places] == NO).all(axis=1))
    chosen = random.permutation(free)[:_DRAWN]
    crops = np.empty_like(faces.crops[chosen])
    values = np.full((len(chosen), len(faces.members)), UNSEEN, np.int8)
    for row, index in enumerate(chosen):
        crop, other = faces.crops[index], faces.crops[random.integers(len(faces.crops))]
        kind = row % len(_DRAWN_MARKS)
        crops[row] = (
            drawn.dark_glasses(crop, random),
            drawn.face_mask(crop, random),
            drawn.something_held(crop, other, random),
        )[kind]
        for member, mark in _DRAWN_MARKS[kind].items():
            values[row, faces.members.index(member)] = mark
    return LabelledFaces(faces.members, crops, values, faces.dense[chosen], faces.folds[chosen])


def _features(faces: LabelledFaces, trunk: Trunk, direction: int = 1) -> NDArray[np.float32]:
    """Describe faces, or with -1 their mirrors."""
    return trunk.features(faces.crops[:, :, ::direction], faces.dense)


def _fit_line(
    views: Sequence[NDArray[np.float32]], marks: NDArray[np.int8], random: np.random.Generator
) -> Regression:
    """Fit so that true and false cases weigh the same, but none more than ten others.

    Of a great many cases of a kind, some do.
    """
    some = [random.permutation(np.flatnonzero(marks == mark))[:_MOST] for mark in (YES, NO)]
    rows = np.sort(np.concatenate(some))
    truth = np.tile(marks[rows] == YES, len(views))
    share = truth.mean()
    weights = np.minimum(np.where(truth, 0.5 / share, 0.5 / (1 - share)), 10.0)
    return fit_logistic(np.concatenate([view[rows] for view in views]), truth, weights, _RIDGE)


def _calibrated(line: Regression, sums: NDArray[np.float64], marks: NDArray[np.int8]) -> Regression:
    """Stretch and shift the sum so that the sigmoid is a probability (Platt's scaling)."""
    clear = (marks == YES) | (marks == NO)
    truth = marks[clear] == YES
    share = float(np.clip(truth.mean(), _LEAST_SHARE, _MOST_SHARE))
    weights = np.where(truth, share / truth.mean(), (1 - share) / (1 - truth.mean()))
    hits, rest = truth.sum(), (~truth).sum()
    targets = np.where(truth, (hits + 1) / (hits + 2), 1 / (rest + 2))
    scale = fit_logistic(sums[clear, np.newaxis], targets, weights, ridge=1e-6)
    return Regression(line.weights * scale.weights[0], line.bias * scale.weights[0] + scale.bias)
