"""The vision engine: decode as much as is needed, detect once, refine, describe."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lineament.domain.faces import DetectedFace, Landmark, RatioBox
from lineament.vision import registry
from lineament.vision.attributes import AttributeEstimator, Seen
from lineament.vision.detector import DEFAULT_SCALE, Detections, FaceDetector, scaled
from lineament.vision.foreign import ForeignDetector
from lineament.vision.intake import EncodedPicture, open_picture
from lineament.vision.landmarks import LandmarkRefiner
from lineament.vision.picture import Picture
from lineament.vision.pose import estimate_poses
from lineament.vision.quality import measure_quality
from lineament.vision.recognisers import Recognisers
from lineament.vision.sessions import require_file
from lineament.vision.thirty import FIVE

MAX_FACES = 100
"""Source: SPEC.md D.1."""
_SMALLEST_FACE = 40.0
"""Pixels of a face's longer side, in images of up to 1920 x 1080; more in larger ones."""
_FULL_HD = (1920, 1080)
"""Source: SPEC.md A.7, the last but one row."""
_WARM_UP_SIDE = 160
_LOOK_SIDE = math.ceil(DEFAULT_SCALE.longest / DEFAULT_SCALE.growth)
"""Long side that a photo keeps when it is decoded to look for faces: from it on, the detector sees
as much of it as of the whole."""
_FINE_FACE = 160
"""Longer side of a face, in pixels, from which more of them make no better crop: it has 112."""


class Engine:
    """Finds and embeds faces. Safe to share between threads; the same bytes, the same answer."""

    def __init__(
        self,
        detector: FaceDetector,
        refiner: LandmarkRefiner,
        recognisers: Recognisers,
        attributes: AttributeEstimator,
    ) -> None:
        """Take the models."""
        self.recognisers = recognisers
        self.detector = detector
        self._refiner = refiner
        self._attributes = attributes

    @property
    def dimensions(self) -> int:
        """The length of a vector of the default recogniser."""
        return self.recognisers.get().dimensions

    def analyse(self, image: bytes) -> Picture:
        """Decode a JPEG or PNG and find its faces, the largest first.

        A large JPEG is decoded at a part of its size; if it shows faces that lose by that, again.

        Raises:
            InvalidImageFormatException: not a JPEG or PNG, truncated, or undecodable.
            InvalidParameterException: a side is under 80 pixels.
            ImageTooLargeException: a side or the pixel count is over the limit.
        """
        encoded = open_picture(image)
        pixels = encoded.pixels(_LOOK_SIDE)
        found = self._detect(pixels, encoded.shrink(_LOOK_SIDE))
        finer = _finer_pixels(encoded, pixels, found)
        if finer is not pixels:
            found = scaled(found, np.divide(pixels.shape[1::-1], finer.shape[1::-1], dtype="f4"))
        return self._describe(finer, found, (encoded.width, encoded.height))

    def find_faces(self, pixels: NDArray[np.uint8]) -> Picture:
        """Find the faces in RGB pixels of shape (height, width, 3)."""
        return self._describe(pixels, self._detect(pixels), (pixels.shape[1], pixels.shape[0]))

    def _detect(self, pixels: NDArray[np.uint8], shrink: int = 1) -> Detections:
        """Return the faces that count, the largest first; sides had been divided by `shrink`."""
        found = self.detector.detect(pixels)
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        order = np.argsort(-(sides[:, 0] * sides[:, 1]), kind="stable")
        least = smallest_face(pixels.shape[1] * shrink, pixels.shape[0] * shrink) / shrink
        order = order[sides[order].max(axis=1) >= least][:MAX_FACES]
        return Detections(found.boxes[order], found.scores[order], found.landmarks[order])

    def _describe(
        self, pixels: NDArray[np.uint8], found: Detections, size: tuple[int, int]
    ) -> Picture:
        points, dense = self._refiner.refine(pixels, found.boxes, found.landmarks)
        height, width = pixels.shape[:2]
        ratios = [_ratio_box(box, width, height) for box in found.boxes]
        poses = estimate_poses(dense)
        faces = tuple(
            DetectedFace(
                box=ratio,
                confidence=float(score) * 100,
                landmarks=tuple(
                    Landmark(kind, float(face[row, 0]) / width, float(face[row, 1]) / height)
                    for kind, row in FIVE
                ),
                pose=pose,
                quality=measure_quality(pixels, ratio),
            )
            for ratio, score, face, pose in zip(ratios, found.scores, points, poses, strict=True)
        )
        seen = Seen(pixels, found.boxes, points, dense)
        return Picture(*size, faces, seen, self.recognisers, self._attributes)


def build_engine(
    model_dir: Path,
    detector: str = "",
    recogniser: str = "",
    dimensions: Mapping[str, int] | None = None,
    threads: int = 1,
) -> Engine:
    """Load the models by name through DeepFace's registry and run each once.

    Others of our recognisers must be there, and are loaded at their first face. DeepFace's
    are loaded now: their weights may have to be downloaded, and a request is too late to tell.

    Args:
        model_dir: where `lineament models install` put the files.
        detector: a DeepFace detector, ours by default.
        recogniser: the DeepFace recogniser of an `embed` that names none, ours by default.
        dimensions: the lengths of vectors by recogniser, as profiles tell them.
        threads: how many one run of a model may use.

    Raises:
        ModelUnavailable: a model is not installed, not known, or cannot be downloaded; the message
            says what to do.
        ProfileError: a recogniser's vectors have another length than `dimensions` says.
    """
    registry.register(model_dir, threads)
    recognisers = Recognisers(recogniser or registry.DEFAULT_RECOGNISER, dimensions)
    engine = Engine(
        require_detector(detector or registry.DEFAULT_DETECTOR),
        LandmarkRefiner(model_dir, threads),
        recognisers,
        AttributeEstimator(model_dir, threads),
    )
    recognisers.get()
    for name in dimensions or ():
        if registry.is_ours("facial_recognition", name):
            require_file(model_dir, registry.RECOGNISER_FILES[name])
        else:
            recognisers.get(name)
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


def _finer_pixels(
    encoded: EncodedPicture, pixels: NDArray[np.uint8], found: Detections
) -> NDArray[np.uint8]:
    """Decode again, larger, if the smallest face needs it."""
    if not len(found.boxes):
        return pixels
    sides = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1)
    needed = max(pixels.shape[:2]) * max(1.0, _FINE_FACE / float(sides.min()))
    side = min(int(needed), max(encoded.width, encoded.height))
    if encoded.shrink(side) == encoded.shrink(_LOOK_SIDE):
        return pixels
    return encoded.pixels(side)


def _blank(side: int) -> NDArray[np.uint8]:
    return np.full((side, side, 3), 127, np.uint8)


def _ratio_box(box: NDArray[np.float32], width: int, height: int) -> RatioBox:
    left, top, right, bottom = (float(side) for side in box)
    return RatioBox(left / width, top / height, (right - left) / width, (bottom - top) / height)
