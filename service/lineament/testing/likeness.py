"""Vectors whose similarities are those that a test declares.

Each new vector is put together so that its cosines with those that are there already are what was
declared; what is left of its length goes along an axis that no other has. So vectors never change
once they were given out, and similarities hold to rounding.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from lineament.domain.similarity import Calibration
from lineament.testing.declarations import DeclarationError, Faces
from lineament.testing.face import Face

_NUDGE = 2e-7
"""Added to a cosine: rounding to float32 must not take a declared 80 below a threshold of 80."""
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
            dimensions: of a vector; also the number of people who can be told apart exactly.
        """
        self._declared = declared
        self._calibration = calibration
        self._dimensions = dimensions
        self._used = 0
        self._people: dict[str, Wide] = {}
        self._photos: dict[tuple[Face, bytes, int], Wide] = {}
        self._cosines: dict[frozenset[str], float | None] = {}

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
        key = (face, picture, index)
        if key not in self._photos:
            cosine = self._cosine_of(face.similarity)
            apart = self._fresh_axis(f"{face.person} {picture.hex()} {index}")
            self._photos[key] = cosine * person + np.sqrt(1 - cosine**2) * apart
        return self._photos[key].astype(np.float32)

    def _person(self, name: str) -> Wide:
        if name not in self._people:
            self._people[name] = self._new_person(name)
        elif late := self._changed_since(name):
            raise DeclarationError(
                f"How alike {late[0]} and {late[1]} are was declared after both had been seen"
            )
        return self._people[name]

    def _new_person(self, name: str) -> Wide:
        others = list(self._people)
        wanted = np.array([self._cosine(name, other) for other in others])
        self._cosines |= {
            frozenset({name, other}): self._declared.declared_similarity(name, other)
            for other in others
        }
        if not others:
            return self._fresh_axis(name)
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

    def _cosine(self, one: str, other: str) -> float:
        percent = self._declared.declared_similarity(one, other)
        return _STRANGERS if percent is None else self._cosine_of(percent)

    def _cosine_of(self, percent: float) -> float:
        cosine = self._calibration.cosine(percent)
        return min(cosine + _NUDGE, 1.0) if cosine > -1 else cosine

    def _changed_since(self, name: str) -> tuple[str, str] | None:
        for pair, told in self._cosines.items():
            if name in pair:
                one, other = sorted(pair)
                if self._declared.declared_similarity(one, other) != told:
                    return one, other
        return None

    def _fresh_axis(self, label: str) -> Wide:
        """Return a unit vector at right angles to all before, or nearly so where none is left."""
        axis = np.zeros(self._dimensions)
        if self._used < self._dimensions:
            axis[self._used] = 1.0
            self._used += 1
            return axis
        seed = int.from_bytes(hashlib.sha256(label.encode()).digest()[:8])
        axis = np.random.default_rng(seed).standard_normal(self._dimensions)
        return np.asarray(axis / np.linalg.norm(axis))
