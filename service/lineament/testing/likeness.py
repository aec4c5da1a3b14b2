"""Vectors whose similarities are those that a test declares.

Each new vector is put together so that its cosines with those that are there already are what was
declared; what is left of its length goes along an axis that no other has. So vectors never change
once they were given out. Axes stand askew to the components: collections keep these in 16 bits, and
the errors of 512 small ones cancel, while that of a single large one would move a similarity by
0.05.
"""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lineament.domain.similarity import Calibration
from lineament.testing.declarations import DeclarationError, Faces
from lineament.testing.face import Face

_NUDGE = 6e-5
"""Added to a cosine: rounding to 16 bits, which moves it by 8e-6 (one standard deviation), must not
take a declared 80 below a threshold of 80."""
_TOLERANCE = 1e-6
_WHOLE = 100.0
_STRANGERS = 0.0
"""The cosine of two people of whom nothing is declared."""

Wide = NDArray[np.float64]


class Likeness:
    """The vectors of one mock. Not safe to share between threads: its engine has a lock."""

    def __init__(self, declared: Faces, calibration: Calibration, dimensions: int) -> None:
        """Begin with nobody.

        Args:
            declared: tells how alike people are.
            calibration: from cosine to similarity.
            dimensions: of a vector, a power of two; also how many faces can be told apart exactly.
        """
        self._declared = declared
        self._calibration = calibration
        self._dimensions = dimensions
        self._used = 0
        self._people: dict[str, Wide] = {}
        self._circles: dict[str, set[str]] = {}
        """By person, who is at no right angle: people declared alike, and those alike to them."""
        self._photos: dict[tuple[str, float, bytes, int], Wide] = {}
        self._told: dict[str, dict[str, float]] = {}
        """What was declared when the second of two people was seen."""

    def vector(self, face: Face, picture: bytes, index: int) -> NDArray[np.float32]:
        """Return the vector of a face: shape (dimensions,), unit length.

        Args:
            face: as declared.
            picture: the digest of what it is in.
            index: its place there.

        Raises:
            DeclarationError: what is declared cannot hold together, or came too late.
        """
        person = self._person(face.person)
        if face.similarity == _WHOLE:
            return person.astype(np.float32)
        key = (face.person, face.similarity, picture, index)
        if key not in self._photos:
            cosine = self._cosine(face.similarity)
            apart = self._fresh_axis(f"{face.person} {picture.hex()} {index}")
            self._photos[key] = cosine * person + np.sqrt(1 - cosine**2) * apart
        return self._photos[key].astype(np.float32)

    def _person(self, name: str) -> Wide:
        if name not in self._people:
            self._meet(name)
        elif self._seen_kin(name) != self._told[name]:
            raise DeclarationError(
                f"How alike {name} and another are was declared after both had been seen"
            )
        return self._people[name]

    def _meet(self, name: str) -> None:
        told = self._seen_kin(name)
        circle = {name}.union(*(self._circles[other] for other in told))
        others = sorted(circle - {name})
        wanted = [self._cosine(told[o]) if o in told else _STRANGERS for o in others]
        self._people[name] = self._among(others, wanted, name) if others else self._fresh_axis(name)
        self._circles |= dict.fromkeys(circle, circle)
        self._told[name] = told
        for other, percent in told.items():
            self._told[other][name] = percent

    def _seen_kin(self, name: str) -> dict[str, float]:
        declared = self._declared.similarities_of(name)
        return {other: percent for other, percent in declared.items() if other in self._people}

    def _among(self, others: list[str], cosines: list[float], name: str) -> Wide:
        """Return the vector that has these cosines with others, and with nobody else any."""
        if self._used == self._dimensions:
            raise DeclarationError(
                f"{name} comes too late to be alike to others: {self._dimensions} faces can be "
                "told apart exactly in one mock"
            )
        wanted = np.array(cosines)
        there = np.stack([self._people[other] for other in others])
        part = np.linalg.lstsq(there, wanted, rcond=None)[0]
        left = 1.0 - float(part @ part)
        if np.abs(there @ part - wanted).max() > _TOLERANCE or left < -_TOLERANCE:
            raise DeclarationError(
                f"No face can be as alike to the others as {name} is declared to be: people who "
                "are both like a third are like each other; declare how much, or all less"
            )
        if left <= _TOLERANCE:
            return np.asarray(part / np.linalg.norm(part))
        return np.asarray(part + np.sqrt(left) * self._fresh_axis(name))

    def _cosine(self, percent: float) -> float:
        cosine = self._calibration.cosine(percent)
        return min(cosine + _NUDGE, 1.0) if cosine > -1 else cosine

    def _fresh_axis(self, label: str) -> Wide:
        """Return a unit vector at right angles to all before, or nearly so where none is left."""
        if self._used < self._dimensions:
            self._used += 1
            return _axis(self._used - 1, self._dimensions)
        seed = int.from_bytes(hashlib.sha256(label.encode()).digest()[:8])
        axis = np.random.default_rng(seed).standard_normal(self._dimensions)
        return np.asarray(axis / np.linalg.norm(axis))


@cache
def _axis(number: int, dimensions: int) -> Wide:
    """Return one of `dimensions` unit vectors at right angles to each other.

    Rows of a Hadamard matrix, some components' signs turned, through the same matrix again: what
    comes out looks drawn by lot, and is a whole number of parts that 16 bits hold exactly.
    """
    places = np.arange(dimensions)
    row = 1.0 - 2.0 * (np.bitwise_count(places & number) % 2)
    signs = np.random.default_rng(0).choice((-1.0, 1.0), dimensions)
    mixed = row * signs
    step = 1
    while step < dimensions:
        pairs = mixed.reshape(-1, 2, step)
        mixed = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
        step *= 2
    return np.asarray(mixed / dimensions)
