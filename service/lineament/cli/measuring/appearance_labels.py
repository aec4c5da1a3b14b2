"""Faces that somebody has looked at: what was seen, by picture, and the faces' aligned crops.

`labels/appearance.json`, see `label_files`:

    {"members": ["Smile", ...], "labels": {"<first 16 hex digits of the sha256>": "10-?..."}}

A character a member: 1 yes, 0 no, ? seen and not clear, - not looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lineament.cli.measuring.label_files import LabelsError, digest_of, read_labels_file
from lineament.cli.measuring.lfw import place_of, read_measuring_set, subject_of
from lineament.vision.engine import Engine

YES, NO, UNCLEAR, UNSEEN = 1, 0, -1, -2
_VALUES = {"1": YES, "0": NO, "?": UNCLEAR, "-": UNSEEN}
_SHIPPED = "labels/appearance.json"
FOLDS = 4
_TEST = -1
_FIT, _CHOOSE = 50, 70
"""Of a hundred people: up to the first they fit, up to the second they choose, the rest test."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What was seen on which picture."""

    members: tuple[str, ...]
    """AWS's names of k attributes."""
    seen: Mapping[str, tuple[int, ...]]
    """By digest: a value a member."""


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """n faces with k attributes."""

    members: tuple[str, ...]
    crops: NDArray[np.uint8]
    """Shape (n, 112, 112, 3), RGB, see `crop_face`."""
    values: NDArray[np.int8]
    """Shape (n, k): YES, NO, UNCLEAR or UNSEEN."""
    dense: NDArray[np.float32]
    """Shape (n, 68, 2): the points of iBUG 300-W."""
    folds: NDArray[np.int64]
    """Shape (n,): 0 to FOLDS - 1 of the faces to fit to, negative of those kept for the test."""

    def of(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "LabelledFaces":
        """Return some of the faces."""
        return LabelledFaces(
            self.members,
            self.crops[rows],
            self.values[rows],
            self.dense[rows],
            self.folds[rows],
        )


def read_labels(path: Path | None = None) -> Labels:
    """Read a file of labels, or the one that ships.

    Raises:
        LabelsError: it cannot be read, or is not laid out as above.
    """
    return read_labels_file(path, _SHIPPED, _to_labels)


def part_of(person: str) -> str:
    """Return fit, choose or test: all photos of a person fall into one part."""
    place = place_of(person)
    return "fit" if place < _FIT else "choose" if place < _CHOOSE else "test"


def fold_of(person: str) -> int:
    """Return 0 to FOLDS - 1, fit and choose taken together, or a negative number for the test."""
    return _TEST if part_of(person) == "test" else place_of(person) % FOLDS


def look(engine: Engine, folder: Path, labels: Labels, *, test_only: bool = False) -> LabelledFaces:
    """Find the labelled faces of a folder in LFW's layout, with a progress bar.

    Args:
        engine: finds them.
        folder: FOLDER/images/<Person>/<Person>_NNNN.jpg.
        labels: what was seen.
        test_only: leave out the people that weights are fitted to.

    Raises:
        MeasuringSetError: not LFW's layout.
        LabelsError: none of the labelled pictures is there.
    """
    crops, values, dense, folds = [], [], [], []
    for picture in tqdm(read_measuring_set(folder).pictures(), unit="photo", mininterval=30):
        fold = fold_of(picture.parent.name)
        if test_only and fold >= 0:
            continue
        image = picture.read_bytes()
        marks = labels.seen.get(digest_of(image))
        if marks is None:
            continue
        seen = engine.analyse(image)
        subject = subject_of(seen.faces)
        if subject is None:
            continue
        crops.append(seen.crops([subject])[0])
        values.append(marks)
        dense.append(seen.seen.dense[subject])
        folds.append(fold)
    if not crops:
        raise LabelsError(f"{folder} holds none of the pictures that are labelled")
    return LabelledFaces(
        labels.members,
        np.stack(crops),
        np.array(values, np.int8),
        np.stack(dense),
        np.array(folds),
    )


def _to_labels(data: Any) -> Labels:  # noqa: ANN401 - JSON
    members = tuple(str(member) for member in data["members"])
    seen = {
        str(digest): tuple(_VALUES[mark] for mark in marks)
        for digest, marks in data["labels"].items()
    }
    if any(len(values) != len(members) for values in seen.values()):
        raise ValueError("there must be one character for each member")
    return Labels(members, seen)
