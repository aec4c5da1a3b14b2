"""The vision engine: decode once, detect once, align from the full picture, embed in one batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import DetectedFace, Landmark, Matrix, RatioBox
from lineament.vision import registry
from lineament.vision.align import CROP, crop_face
from lineament.vision.detector import FaceDetector
from lineament.vision.foreign import ForeignDetector
from lineament.vision.intake import decode
from lineament.vision.pose import PoseEstimator
from lineament.vision.quality import measure_quality
from lineament.vision.recognisers import Recognisers

MAX_FACES = 100
"""Source: SPEC.md D.1."""
_SMALLEST_FACE = 40.0
"""Pixels of a face's longer side, in images of up to 1920 x 1080; more in larger ones."""
_FULL_HD = (1920, 1080)
"""Source: SPEC.md A.7, the last but one row."""
_LANDMARKS = (("eyeLeft", 0), ("eyeRight", 1), ("mouthLeft", 3), ("mouthRight", 4), ("nose", 2))
"""AWS's names in AWS's order, with their row in `Detections.landmarks`."""
_WARM_UP_SIDE = 160


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture and its faces: the engine's `ImageFaces`."""

    width: int
    height: int
    faces: tuple[DetectedFace, ...]
    pixels: NDArray[np.uint8]
    """RGB, shape (height, width, 3)."""
    points: NDArray[np.float32]
    """Shape (n, 5, 2), in pixels, of the faces in their order."""
    recognisers: Recognisers

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        """Return the vectors of `faces[i]` for i in `indices`, in that order, in one batch.

        Args:
            indices: of the faces.
            recogniser: a name in DeepFace's registry; the engine's default where it is empty.
        """
        model = self.recognisers.get(recogniser)
        if not indices:
            return np.empty((0, model.dimensions), np.float32)
        return model.embed(self.crops(indices, model.crop))

    def crops(self, indices: Sequence[int], size: int = CROP) -> NDArray[np.uint8]:
        """Return the aligned RGB crops that `embed` looks at, `size` pixels a side."""
        return np.stack([crop_face(self.pixels, self.points[index], size) for index in indices])


class Engine:
    """Finds and embeds faces. Safe to share between threads; the same bytes, the same answer."""

    def __init__(
        self, detector: FaceDetector, recognisers: Recognisers, pose: PoseEstimator
    ) -> None:
        """Take the models."""
        self.recognisers = recognisers
        self._detector = detector
        self._pose = pose

    @property
    def dimensions(self) -> int:
        """The length of a vector of the default recogniser."""
        return self.recognisers.get().dimensions

    def analyse(self, image: bytes) -> Picture:
        """Decode a JPEG or PNG and find its faces, the largest first.

        Raises:
            InvalidImageFormatException: not a JPEG or PNG, truncated, or undecodable.
            InvalidParameterException: a side is under 80 pixels.
            ImageTooLargeException: a side or the pixel count is over the limit.
        """
        return self.find_faces(decode(image))

    def find_faces(self, pixels: NDArray[np.uint8]) -> Picture:
        """Find the faces in RGB pixels of shape (height, width, 3)."""
        height, width = pixels.shape[:2]
        found = self._detector.detect(pixels)
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        order = np.argsort(-(sides[:, 0] * sides[:, 1]), kind="stable")
        order = order[sides[order].max(axis=1) >= smallest_face(width, height)][:MAX_FACES]
        boxes, points = found.boxes[order], found.landmarks[order]
        poses = self._pose.estimate(pixels, boxes, points)
        ratios = [_ratio_box(box, width, height) for box in boxes]
        faces = tuple(
            DetectedFace(
                box=ratio,
                confidence=float(score) * 100,
                landmarks=tuple(
                    Landmark(kind, float(face[row, 0]) / width, float(face[row, 1]) / height)
                    for kind, row in _LANDMARKS
                ),
                pose=pose,
                quality=measure_quality(pixels, ratio),
            )
            for ratio, score, face, pose in zip(
                ratios, found.scores[order], points, poses, strict=True
            )
        )
        return Picture(width, height, faces, pixels, points, self.recognisers)


def build_engine(
    model_dir: Path,
    detector: str = "",
    recogniser: str = "",
    dimensions: Mapping[str, int] | None = None,
) -> Engine:
    """Load the models by name through DeepFace's registry and run each once.

    Recognisers other than `recogniser` are loaded when a picture's faces are embedded with them.

    Args:
        model_dir: where `lineament models install` put the files.
        detector: a DeepFace detector, ours by default.
        recogniser: the DeepFace recogniser of an `embed` that names none, ours by default.
        dimensions: the lengths of vectors by recogniser, as profiles tell them.

    Raises:
        ModelUnavailable: a model is not installed, not known, or cannot be downloaded; the message
            says what to do.
        ProfileError: a recogniser's vectors have another length than `dimensions` says.
    """
    registry.register(model_dir)
    recognisers = Recognisers(recogniser or registry.DEFAULT_RECOGNISER, dimensions)
    engine = Engine(
        require_detector(detector or registry.DEFAULT_DETECTOR),
        recognisers,
        PoseEstimator(model_dir),
    )
    recognisers.get()
    engine.find_faces(_blank(_WARM_UP_SIDE))
    return engine


def require_detector(name: str) -> FaceDetector:
    """Return a detector by its DeepFace name, warm.

    Raises:
        ModelUnavailable: see `build_engine`.
    """
    client = registry.require_model("face_detector", name)
    ours = registry.is_ours("face_detector", name)
    detector: FaceDetector = client if ours else ForeignDetector(client)
    try:
        detector.detect(_blank(_WARM_UP_SIDE))  # some load their weights only now
    except Exception as error:  # a foreign model raises whatever its framework raises
        raise registry.unavailable("face_detector", name, error) from error
    return detector


def smallest_face(width: int, height: int) -> float:
    """Return how many pixels the longer side of a face must have to count as one.

    Recognition of smaller ones is guesswork. Beyond 1920 x 1080 it grows with the image, by the
    side that grew less.
    """
    longer, shorter = max(width, height), min(width, height)
    return _SMALLEST_FACE * max(1.0, min(longer / _FULL_HD[0], shorter / _FULL_HD[1]))


def _blank(side: int) -> NDArray[np.uint8]:
    return np.full((side, side, 3), 127, np.uint8)


def _ratio_box(box: NDArray[np.float32], width: int, height: int) -> RatioBox:
    left, top, right, bottom = (float(side) for side in box)
    return RatioBox(left / width, top / height, (right - left) / width, (bottom - top) / height)
