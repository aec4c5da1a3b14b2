"""One vector that stands for several faces of a person: what a user is searched by."""

import numpy as np

from lineament.domain.faces import Matrix, Vector

_NO_DIRECTION = 1e-3
"""Length of a mean below which it points where the rounding of its vectors does: the log keeps
them in 16 bits, which is some 3e-4 of a vector's length."""


def template(vectors: Matrix) -> Vector:
    """Return the unit-length mean of a person's face vectors.

    The mean keeps what the photos have in common, which is the person, and averages away what
    each has alone: light, pose, expression. Every face counts the same, so a user can be told from
    the stored vectors alone. What it was compared with: docs/users.md.

    Args:
        vectors: shape (n, d), n at least 1, float32, rows of unit length.

    Returns:
        Shape (d,), float32, unit length. Vectors that cancel each other out have no mean direction;
        then it is the first of them, so that the answer never is noise.

    Raises:
        ValueError: there is no vector.
    """
    if not len(vectors):
        raise ValueError("a template needs at least one vector")
    mean = vectors.mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    if length < _NO_DIRECTION:
        return np.asarray(vectors[0], np.float32)
    return np.asarray(mean / length, np.float32)
