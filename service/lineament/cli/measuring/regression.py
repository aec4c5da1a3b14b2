"""Logistic regression, for thousands of cases of thousands of features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEWTON_STEPS, _INNER_STEPS = 15, 60
_SETTLED = 1e-3
_INNER_SETTLED = 1e-2
_SMALLEST_CURVE = 1e-4
_CLIP = 30.0


@dataclass(frozen=True, slots=True)
class Regression:
    """The probability is the sigmoid of features @ weights + bias."""

    weights: NDArray[np.float64]
    """Shape (d,)."""
    bias: float


def fit_logistic(
    features: NDArray[np.floating],
    targets: NDArray[np.floating] | NDArray[np.bool_],
    case_weights: NDArray[np.floating],
    ridge: float,
) -> Regression:
    """Minimise the weighted log loss plus ridge / 2 times the squared length of the weights.

    Newton's method; each step is solved by conjugate gradients, so no d x d matrix is made.

    Args:
        features: shape (n, d), of a like scale.
        targets: shape (n,), 0 to 1.
        case_weights: shape (n,).
        ridge: how much large weights cost; the bias costs nothing.
    """
    table = np.column_stack([features, np.ones(len(features), features.dtype)])
    costs = np.full(table.shape[1], ridge)
    costs[-1] = 0.0
    answer = np.zeros(table.shape[1])
    for _ in range(_NEWTON_STEPS):
        sums = _times(table, answer)
        chances = 1 / (1 + np.exp(-np.clip(sums, -_CLIP, _CLIP)))
        slope = _times(table.T, case_weights * (chances - targets)) + costs * answer
        curve = case_weights * np.maximum(chances * (1 - chances), _SMALLEST_CURVE)
        step = _solve(table, curve, costs, slope)
        answer -= step
        if np.linalg.norm(step) <= _SETTLED * np.linalg.norm(answer):
            break
    return Regression(answer[:-1], float(answer[-1]))


def _solve(
    table: NDArray[np.floating],
    curve: NDArray[np.floating],
    costs: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Solve (table' curve table + costs) x = slope by conjugate gradients."""
    answer = np.zeros_like(slope)
    rest = slope.copy()
    way = rest.copy()
    size = first = float(rest @ rest)
    for _ in range(_INNER_STEPS):
        if size <= _INNER_SETTLED**2 * first:
            break
        image = _times(table.T, curve * _times(table, way)) + costs * way
        length = size / float(way @ image)
        answer += length * way
        rest -= length * image
        size, before = float(rest @ rest), size
        way = rest + size / before * way
    return answer


def _times(table: NDArray[np.floating], vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """Multiply in the table's own precision: twice as fast as in that of the vector."""
    return np.asarray(table @ vector.astype(table.dtype), np.float64)
