"""Which faces are like a user, among those that could join it. Source: SPEC.md B.13."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lineament.domain.faces import Matrix, Vector
from lineament.domain.similarity import Calibration, reaches
from lineament.domain.templates import template


@dataclass(frozen=True, slots=True)
class Judged:
    """What comes of comparing faces with a user; both in the order that they were given in."""

    alike: tuple[str, ...] = ()
    unlike: Mapping[str, float] = field(default_factory=dict)
    """FaceId to its similarity to the user with all of `alike`, below the threshold."""


def judge(
    known: Sequence[Vector],
    candidates: Mapping[str, Vector],
    calibration: Calibration,
    threshold: float,
) -> Judged:
    """Take the face most like the user, then the one most like both together, and so on.

    So the outcome does not hang on the order of a request. A user without faces begins with the
    face that is most like all the others of the call: a poor photo that happens to come first does
    not turn away the good ones. Measured: docs/users.md.

    Args:
        known: the user's vectors.
        candidates: FaceId to vector.
        calibration: of the vectors.
        threshold: the lowest similarity; one that equals it is enough.
    """
    names = list(candidates)
    if not names:
        return Judged()
    rows = np.stack(list(candidates.values()))
    left = set(range(len(names)))
    vectors = list(known)
    if not vectors:
        first = _middle(rows)
        left.remove(first)
        vectors.append(rows[first])
    similarities = np.zeros(len(names), np.float32)
    while left:
        similarities = calibration.similarities_of(rows @ template(np.stack(vectors)))
        best = max(sorted(left), key=lambda row: similarities[row])
        if not reaches(float(similarities[best]), threshold):
            break
        left.remove(best)
        vectors.append(rows[best])
    alike = tuple(name for row, name in enumerate(names) if row not in left)
    return Judged(alike, {names[row]: float(similarities[row]) for row in sorted(left)})


def _middle(rows: Matrix) -> int:
    """Return the row that is most like all of them; the first of equals."""
    return int(np.argmax((rows @ rows.T).sum(axis=1)))
