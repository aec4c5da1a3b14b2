"""Fit Similarity to impostor scores, so that a threshold means a false match rate.

Clients hard-code 80, 90 and 99. So 80 promises a false match rate of 1e-5 or less, and 99 of 1e-6
or less. Below 80 the map falls a step for every tenfold of the rate, so that strangers stay far
from 80. Source: DESIGN section 6; SPEC.md B.0, D.2.
"""

from lineament.domain.similarity import Calibration
from lineament.domain.verification import Scores, promised_threshold, threshold_at

_PROMISED = ((1e-5, 80.0), (1e-6, 99.0))
"""(false match rate, similarity): held with 95 % confidence, see `promised_threshold`."""
_DESCRIPTIVE = ((0.5, 1.0), (1e-1, 5.0), (1e-2, 20.0), (1e-3, 40.0), (1e-4, 60.0))
"""(false match rate, similarity) as the pairs show it."""
_DIGITS = 4
"""Of a knot's cosine; thresholds are rounded up, so rounding never raises a false match rate."""


def fit_calibration(impostors: Scores) -> Calibration:
    """Fit the map to the cosines of impostor pairs.

    Raises:
        ValueError: too few pairs to promise 1e-6 (about three million are needed).
    """
    knots = [(-1.0, 0.0)]
    for rate, similarity in _DESCRIPTIVE:
        knots.append((_rounded_up(threshold_at(impostors, rate)), similarity))
    for rate, similarity in _PROMISED:
        knots.append((_rounded_up(promised_threshold(impostors, rate)), similarity))
    knots.append((1.0, 100.0))
    return Calibration.from_knots([x for x, _ in knots], [y for _, y in knots])


def _rounded_up(cosine: float) -> float:
    step = 10.0**-_DIGITS
    return round(-(-cosine // step) * step, _DIGITS)
