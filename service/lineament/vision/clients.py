"""Our models as DeepFace clients, built by DeepFace's registry by name.

Beside DeepFace's own methods each carries the precise ones that the engine prefers: sub-pixel
landmarks, crops in one batch.
"""

from functools import cached_property
from typing import Any

import numpy as np
from deepface.models.Detector import Detector, FacialAreaRegion
from deepface.models.FacialRecognition import FacialRecognition
from numpy.typing import NDArray

from lineament.domain.faces import Matrix
from lineament.vision.align import CROP
from lineament.vision.detector import CenterFace, Detections
from lineament.vision.landmarks import LandmarkRefiner
from lineament.vision.recogniser import Embedded, FaceRecogniser, Network, OnnxRecogniser
from lineament.vision.registry import RECOGNISER_FILES, model_dir, threads

_SINGLE = 3
"""Dimensions of one picture; a batch has one more."""


class CenterFaceClient(Detector):  # type: ignore[misc]
    """CenterFace for DeepFace."""

    def __init__(self) -> None:
        """Load the model from the registered folder."""
        self._detector = CenterFace(model_dir(), threads=threads())

    @cached_property
    def _refiner(self) -> LandmarkRefiner:
        """Return what DeepFace's callers need; the engine has its own."""
        return LandmarkRefiner(model_dir(), threads())

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """Find the faces in RGB pixels of shape (height, width, 3); the points are rough."""
        return self._detector.detect(pixels)

    def detect_faces(self, img: NDArray[Any]) -> list[FacialAreaRegion]:
        """Find the faces in BGR pixels, as DeepFace asks; left and right are the person's."""
        height, width = img.shape[:2]
        pixels = np.ascontiguousarray(img[:, :, ::-1], np.uint8)
        found = self.detect(pixels)
        fine, _ = self._refiner.refine(pixels, found.boxes, found.landmarks)
        regions = []
        for box, score, points in zip(found.boxes, found.scores, fine, strict=True):
            left, top = (max(0, int(side)) for side in box[:2])
            right, bottom = min(width, int(box[2])), min(height, int(box[3]))
            # The image's left is the person's right.
            right_eye, left_eye, nose, mouth_right, mouth_left = (
                (int(x), int(y)) for x, y in points
            )
            regions.append(
                FacialAreaRegion(
                    x=left,
                    y=top,
                    w=right - left,
                    h=bottom - top,
                    left_eye=left_eye,
                    right_eye=right_eye,
                    confidence=float(score),
                    nose=nose,
                    mouth_left=mouth_left,
                    mouth_right=mouth_right,
                )
            )
        return regions


class _RecogniserClient(FacialRecognition):  # type: ignore[misc]
    """What our recognisers have in common as DeepFace models."""

    input_shape = (CROP, CROP)
    crop = CROP
    target: NDArray[np.float64] | None = None

    def __init__(self, name: str, recogniser: FaceRecogniser) -> None:
        """Take the recogniser that does the work."""
        self.model = recogniser
        self.model_name = name
        self.output_shape = self.dimensions = recogniser.dimensions
        self.portion = recogniser.portion

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors of RGB crops of shape (n, 112, 112, 3)."""
        return np.asarray(self.model.embed(crops), np.float32)

    def embed_and_judge(self, crops: NDArray[np.uint8]) -> Embedded:
        """Return what `embed` does, and how much the crops show."""
        return self.model.embed_and_judge(crops)

    def forward(self, img: NDArray[Any]) -> list[float] | list[list[float]]:
        """Return vectors as DeepFace asks: BGR in [0, 1], one picture or a batch."""
        batch = img[np.newaxis] if img.ndim == _SINGLE else img
        crops = np.clip(np.rint(batch[..., ::-1] * 255), 0, 255).astype(np.uint8)
        vectors: list[list[float]] = self.embed(crops).tolist()
        return vectors[0] if len(vectors) == 1 else vectors


class SFaceClient(_RecogniserClient):
    """The 128-d recogniser. Adding the mirrored crop gains little and takes twice the time."""

    def __init__(self) -> None:
        """Load the model from the registered folder."""
        network = Network(
            RECOGNISER_FILES["lineament-sface"], scaled=False, mirror=False, lengths=(7.6, 12.7)
        )
        super().__init__("lineament-sface", OnnxRecogniser(model_dir(), network, threads()))


class MobileFaceNetClient(_RecogniserClient):
    """The 192-d recogniser: half the time and an eighth of the memory."""

    def __init__(self) -> None:
        """Load the model from the registered folder."""
        network = Network(
            RECOGNISER_FILES["lineament-mobilefacenet"], mirror=False, lengths=(32.5, 70.5)
        )
        super().__init__("lineament-mobilefacenet", OnnxRecogniser(model_dir(), network, threads()))
