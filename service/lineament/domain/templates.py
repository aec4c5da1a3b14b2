"""One vector that stands for several faces of a person: what a user is searched by."""

import hashlib
from collections.abc import Iterable

import numpy as np

from lineament.domain.engine import Row
from lineament.domain.faces import Matrix, Vector

_NO_DIRECTION = 1e-3
"""Length of a mean below which it points where the rounding of its vectors does: the log keeps
them in 16 bits, which is some 3e-4 of a vector's length."""
_DISAGREEMENT = 1 / 3
"""Power of the mean's length that a template keeps. With 0 (a unit vector) strangers pass a
Similarity up to twice as often as with a face, with 1 (the mean of the scores) the person is lost
more often; with a third, a template's false match rate is a face's. Source: docs/users.md."""


def template(vectors: Matrix) -> Vector:
    """Return the vector that stands for a person's face vectors.

    It points where their mean does. The mean keeps what the photos have in common, which is the
    person, and averages away what each has alone: light, pose, expression. Every face counts the
    same, so a user can be told from the stored vectors alone.

    It is a little shorter than the unit vectors of faces, by how much the photos differ. A unit
    vector in that direction would be nearer to everybody, strangers too, so that the calibration of
    faces would promise too much. With this length the product of a template and a face, or of
    two templates, is a score that the calibration of faces holds for. Source: docs/users.md.

    Args:
        vectors: shape (n, d), n at least 1, float32, rows of unit length.

    Returns:
        Shape (d,), float32, length up to 1: of one face, or of one photo many times, that vector
        itself. Vectors that cancel each other out have no mean direction; then it is the first of
        them, so that the answer never is noise.

    Raises:
        ValueError: there is no vector.
    """
    if not len(vectors):
        raise ValueError("a template needs at least one vector")
    mean = vectors.mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    if length < _NO_DIRECTION:
        return np.asarray(vectors[0], np.float32)
    return np.asarray(mean / length * length**_DISAGREEMENT, np.float32)


def template_mark(faces: Iterable[Row]) -> int:
    """Return what tells a user's templates apart in an engine: 63 bits.

    Args:
        faces: the rows of the user's faces, in the order of their association, which the template
            depends on: the last bit of a sum does.
    """
    digest = hashlib.sha256()
    for key, mark in faces:
        digest.update(key + mark.to_bytes(8, "big"))
    return int.from_bytes(digest.digest()[:8], "big") >> 1
