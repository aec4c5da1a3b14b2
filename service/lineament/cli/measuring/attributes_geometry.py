"""How well pupils, gaze and pose are told on a measuring set.

`labels/geometry.json`, see `label_files`: where pupils lie, in pixels, and faces whose eyes point
clearly to the image's left or right within the head, or ahead. Marked by eye on enlarged crops.
Pose has no truth here: what can be measured is whether a mirrored picture gives the mirrored pose,
and whether a picture that is turned changes the roll alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lineament.cli.measuring.label_files import LabelsError, digest_of, read_labels_file
from lineament.cli.measuring.lfw import read_measuring_set, subject_of
from lineament.domain.attributes import EYE_DIRECTION
from lineament.domain.faces import Pose
from lineament.vision.engine import Engine
from lineament.vision.intake import decode
from lineament.vision.picture import Picture
from lineament.vision.pupils import EYES, find_pupils

_SHIPPED = "labels/geometry.json"
_SIDES = ("l", "r")
_GAZES = ("left", "right", "ahead")
_TURN = 30.0
_EVERY = 2
"""Every other labelled picture is mirrored and turned as well."""


@dataclass(frozen=True, slots=True)
class GeometryFigures:
    """All of it. Pupils in eye distances, pose in degrees, (yaw, pitch, roll)."""

    pupils: int
    pupil_error: float
    """Mean distance from the marks."""
    pupil_error_90: float
    """Nine of ten are nearer than this."""
    middle_error: float
    """Mean distance of the eyes' middles from the marks, for comparison."""
    left_right: float
    """Share of the pairs of one face that looks left and one that looks right, told in order."""
    aside_ahead: float
    """The same of one that looks aside and one that looks ahead, by the size of the yaw."""
    gazes: int
    mirrored: tuple[float, float, float]
    """Median change of the pose by mirroring, the mirror undone."""
    turned: tuple[float, float, float]
    """Median change by turning the picture by 30 degrees, the turn undone."""
    poses: int

    def lines(self) -> list[str]:
        """Return the table that a person reads."""
        eyes = f"pupils, {self.pupils} eyes: mean error {self.pupil_error:.3f} eye distances, 90 %"
        gaze = f"gaze, {self.gazes} faces: AUC left/right {self.left_right:.2f}"
        pose = f"pose, {self.poses} faces, median change of yaw, pitch, roll: mirrored"
        return [
            f"{eyes} within {self.pupil_error_90:.3f} (the eyes' middles: {self.middle_error:.3f})",
            f"{gaze}, aside/ahead {self.aside_ahead:.2f}",
            f"{pose} {_degrees(self.mirrored)}, turned by {_TURN:g} {_degrees(self.turned)}",
        ]


def measure(folder: Path, engine: Engine, labels: Path | None = None) -> GeometryFigures:
    """Look at the labelled pictures of a measuring set.

    Args:
        folder: in LFW's layout.
        engine: finds the faces.
        labels: a file like the one that ships, which is the default.

    Raises:
        MeasuringSetError: the folder is not in LFW's layout.
        LabelsError: the labels cannot be read, or it holds none of their pictures.
    """
    known = read_labels_file(labels, _SHIPPED, _to_labels)
    eyes = {digest: kind for kind, digests in known["eyes"].items() for digest in digests}
    errors: list[tuple[float, float]] = []
    yaws: dict[str, list[float]] = {kind: [] for kind in _GAZES}
    mirrored: list[tuple[float, ...]] = []
    turned: list[tuple[float, ...]] = []
    for digest, image in _pictures(folder, {*known["pupils"], *eyes}):
        picture = engine.find_faces(decode(image))
        subject = subject_of(picture.faces)
        if subject is None:
            continue
        errors += _pupil_errors(picture, subject, known["pupils"].get(digest, {}))
        (told,) = picture.describe([subject], frozenset({EYE_DIRECTION}))
        pose = picture.faces[subject].pose
        if digest in eyes and told.eye_direction is not None:
            yaws[eyes[digest]].append(told.eye_direction.yaw)
        if int(digest, 16) % _EVERY == 0:
            mirrored += _changes(engine, pose, np.ascontiguousarray(picture.pixels[:, ::-1]), -1, 0)
            turned += _changes(engine, pose, _turned(picture.pixels), 1, _TURN)
    if not errors or not mirrored or not all(yaws.values()):
        raise LabelsError(f"{folder} holds none of the pictures that are labelled")
    ours, middles = np.array(errors).T
    left, right, ahead = (np.array(yaws[kind]) for kind in _GAZES)
    aside = np.abs(np.concatenate([left, right]))
    return GeometryFigures(
        pupils=len(ours),
        pupil_error=float(ours.mean()),
        pupil_error_90=float(np.percentile(ours, 90)),
        middle_error=float(middles.mean()),
        left_right=_in_order(left, right),
        aside_ahead=_in_order(np.abs(ahead), aside),
        gazes=len(left) + len(right) + len(ahead),
        mirrored=_medians(mirrored),
        turned=_medians(turned),
        poses=len(mirrored),
    )


def _to_labels(data: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"pupils": data["pupils"], "eyes": {kind: data["eyes"][kind] for kind in _GAZES}}


def _pictures(folder: Path, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    for path in read_measuring_set(folder).pictures():
        image = path.read_bytes()
        digest = digest_of(image)
        if digest in wanted:
            yield digest, image


def _pupil_errors(
    picture: Picture, subject: int, marks: dict[str, list[float]]
) -> list[tuple[float, float]]:
    """Return how far the pupil, and the eye's middle, lie from each mark, in eye distances."""
    dense = picture.seen.dense[subject]
    found = find_pupils(picture.pixels, dense)
    middles = np.stack([dense[eye].mean(axis=0) for eye in EYES])
    distance = np.linalg.norm(middles[1] - middles[0])
    return [
        (
            float(np.linalg.norm(found.points[side] - marks[name]) / distance),
            float(np.linalg.norm(middles[side] - marks[name]) / distance),
        )
        for side, name in enumerate(_SIDES)
        if name in marks
    ]


def _turned(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -_TURN, 1)
    turned = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _changes(
    engine: Engine, pose: Pose, pixels: NDArray[np.uint8], sign: int, roll: float
) -> list[tuple[float, ...]]:
    """Return by how much yaw, pitch and roll differ in another picture of the face."""
    picture = engine.find_faces(pixels)
    subject = subject_of(picture.faces)
    if subject is None:
        return []
    other = picture.faces[subject].pose
    return [
        (
            abs(sign * other.yaw - pose.yaw),
            abs(other.pitch - pose.pitch),
            abs(sign * other.roll - roll - pose.roll),
        )
    ]


def _in_order(lower: NDArray[np.float64], higher: NDArray[np.float64]) -> float:
    return float((higher[:, None] > lower).mean())


def _medians(changes: list[tuple[float, ...]]) -> tuple[float, float, float]:
    yaw, pitch, roll = np.median(np.array(changes), axis=0)
    return float(yaw), float(pitch), float(roll)


def _degrees(angles: tuple[float, float, float]) -> str:
    return " ".join(f"{angle:.1f}" for angle in angles)
