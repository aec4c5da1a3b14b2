"""The attributes beyond DEFAULT: each model is loaded when one of its answers is first wanted."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import (
    AGE_RANGE,
    BINARY,
    EMOTIONS,
    EYE_DIRECTION,
    GENDER,
    LANDMARKS,
    Attributes,
)
from lineament.vision import appearance, demographics, expression, gaze
from lineament.vision.appearance import Appearance
from lineament.vision.cores import on_all_cores, portions
from lineament.vision.demographics import AgeGender
from lineament.vision.expression import ExpressionReader
from lineament.vision.pupils import find_pupils
from lineament.vision.sessions import require_file
from lineament.vision.thirty import thirty_landmarks

_PORTION = 2
"""Faces that a core is given at a time."""
_FILES = (
    appearance.MODEL_FILE,
    demographics.AGE_FILE,
    demographics.GENDER_FILE,
    demographics.BOTH_FILE,
    expression.MODEL_FILE,
)
_Model = TypeVar("_Model", Appearance, AgeGender, ExpressionReader)


@dataclass(frozen=True, slots=True)
class Seen:
    """A decoded picture and where its n faces are, in its pixels."""

    pixels: NDArray[np.uint8]
    """RGB, shape (height, width, 3)."""
    boxes: NDArray[np.float32]
    """Shape (n, 4): left, top, right, bottom; may leave the picture."""
    points: NDArray[np.float32]
    """Shape (n, 5, 2): x, y of eyeLeft, eyeRight, nose, mouthLeft, mouthRight, image side."""
    dense: NDArray[np.float32]
    """Shape (n, 68, 2): x, y in the order of iBUG 300-W, image side."""

    def of(self, indices: Sequence[int]) -> "Seen":
        """Return the same picture with some of its faces."""
        rows = list(indices)
        return Seen(self.pixels, self.boxes[rows], self.points[rows], self.dense[rows])


class AttributeEstimator:
    """Tells what was asked for. Threads may share it.

    Args:
        model_dir: where the models are installed.
        threads: how many work on one face.

    Raises:
        ModelUnavailable: a model is not installed.
    """

    def __init__(self, model_dir: Path, threads: int = 1) -> None:
        """Load nothing yet, and see that all files are there: a request is too late to tell."""
        for name in _FILES:
            require_file(model_dir, name)
        self._model_dir = model_dir
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: dict[type, Any] = {}

    def describe(self, seen: Seen, wanted: frozenset[str]) -> list[Attributes]:
        """Return the attributes of every face.

        Args:
            seen: the picture and its faces.
            wanted: of `domain.attributes.ALL`; what cannot be told of a face is absent.

        Raises:
            ModelUnavailable: a model is broken, or was taken away since the start.
        """

        def look(part: slice) -> list[Attributes]:
            return self._describe(seen.of(range(len(seen.boxes))[part]), wanted)

        parts = portions(len(seen.boxes), _PORTION if self._threads == 1 else 0)
        return [each for told in on_all_cores(look, parts) for each in told]

    def _describe(self, seen: Seen, wanted: frozenset[str]) -> list[Attributes]:
        fields: list[dict[str, Any]] = [{} for _ in seen.boxes]
        for names, tell in _TELLERS:
            if wanted & names:
                for field, told in zip(fields, tell(self, seen, wanted), strict=True):
                    field.update(told)
        return [Attributes(**field) for field in fields]

    def model(self, kind: type[_Model]) -> _Model:
        """Return a model, loaded at its first use, once."""
        found: _Model | None = self._loaded.get(kind)
        if found is None:
            with self._lock:  # two first calls at once must not load it twice
                found = self._loaded.get(kind) or kind(self._model_dir, self._threads)
                self._loaded[kind] = found
        return found


_Told = Iterable[dict[str, Any]]
"""A face's fields of `Attributes`, in the order of the faces."""


def _tell_appearance(estimator: AttributeEstimator, seen: Seen, wanted: frozenset[str]) -> _Told:
    answers = estimator.model(Appearance).estimate(seen.pixels, seen.points, seen.dense, wanted)
    return ({"judgements": each} for each in answers)


def _tell_demographics(estimator: AttributeEstimator, seen: Seen, wanted: frozenset[str]) -> _Told:
    answers = estimator.model(AgeGender).estimate(seen.pixels, seen.boxes, seen.points)
    return (
        {
            "age": age if AGE_RANGE in wanted else None,
            "gender": gender if GENDER in wanted else None,
        }
        for age, gender in answers
    )


def _tell_emotions(estimator: AttributeEstimator, seen: Seen, _: frozenset[str]) -> _Told:
    answers = estimator.model(ExpressionReader).estimate(seen.pixels, seen.points)
    return ({"emotions": each} for each in answers)


def _tell_eyes(_: AttributeEstimator, seen: Seen, wanted: frozenset[str]) -> _Told:
    size = (seen.pixels.shape[1], seen.pixels.shape[0])
    pupils = [find_pupils(seen.pixels, face) for face in seen.dense]
    directions = gaze.estimate(seen.dense, pupils)
    faces = zip(seen.points, seen.dense, pupils, strict=True)
    return (
        {
            "landmarks": thirty_landmarks(five, dense, found, size)
            if LANDMARKS in wanted
            else None,
            "eye_direction": direction if EYE_DIRECTION in wanted else None,
        }
        for direction, (five, dense, found) in zip(directions, faces, strict=True)
    )


_TELLERS: tuple[
    tuple[frozenset[str], Callable[[AttributeEstimator, Seen, frozenset[str]], _Told]], ...
] = (
    (frozenset(BINARY), _tell_appearance),
    (frozenset({AGE_RANGE, GENDER}), _tell_demographics),
    (frozenset({EMOTIONS}), _tell_emotions),
    (frozenset({LANDMARKS, EYE_DIRECTION}), _tell_eyes),
)
"""Which attributes each model tells."""
