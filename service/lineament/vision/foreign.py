"""DeepFace's own detectors and recognisers, made to answer as ours do."""

import threading

import cv2
import numpy as np
from deepface.models.Detector import Detector, FacialAreaRegion
from deepface.models.FacialRecognition import FacialRecognition
from numpy.typing import NDArray

from lineament.domain.faces import Matrix
from lineament.vision.align import reference_points, similarity_transform
from lineament.vision.detector import Detections
from lineament.vision.recogniser import unit_rows

_POINTS_IN_BOX = np.array([[0.30, 0.39], [0.70, 0.39], [0.50, 0.58], [0.34, 0.76], [0.66, 0.76]])
"""Where the five points lie in a box from forehead to chin, on average."""


class ForeignDetector:
    """A DeepFace detector. Its coordinates are whole pixels, and most give the eyes alone."""

    def __init__(self, client: Detector) -> None:
        """Take the client."""
        self._client = client
        # Many are OpenCV networks, which keep state between setting input and running.
        self._lock = threading.Lock()

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """Find the faces in RGB pixels of shape (height, width, 3)."""
        with self._lock:
            regions = self._client.detect_faces(np.ascontiguousarray(pixels[:, :, ::-1]))
        regions = [region for region in regions if region.w > 0 and region.h > 0]
        regions.sort(key=lambda region: -(region.confidence or 0.0))
        boxes = [(face.x, face.y, face.x + face.w, face.y + face.h) for face in regions]
        scores = [1.0 if face.confidence is None else face.confidence for face in regions]
        return Detections(
            boxes=np.array(boxes, np.float32).reshape(-1, 4),
            scores=np.clip(np.array(scores, np.float32), 0, 1),
            landmarks=np.array([five_points(face) for face in regions], np.float32).reshape(
                -1, 5, 2
            ),
        )


def five_points(region: FacialAreaRegion) -> NDArray[np.float64]:
    """Return the five points of a DeepFace region; one it does not tell is put where most are.

    Args:
        region: left and right in it are the person's.

    Returns:
        Shape (5, 2): eyeLeft, eyeRight, nose, mouthLeft, mouthRight, image side.
    """
    box = np.array([region.x, region.y]), np.array([region.w, region.h])
    if region.left_eye is None or region.right_eye is None:
        return np.asarray(box[0] + _POINTS_IN_BOX * box[1])
    eyes = np.array([region.right_eye, region.left_eye], np.float64)
    if np.allclose(eyes[0], eyes[1]):
        return np.asarray(box[0] + _POINTS_IN_BOX * box[1])
    if None not in (region.nose, region.mouth_left, region.mouth_right):
        mouth = np.array([region.mouth_right, region.mouth_left], np.float64)
        along = mouth @ (eyes[1] - eyes[0])
        # Clients disagree about whose left the mouth's is; the eyes decide.
        return np.vstack([eyes, [region.nose], mouth[np.argsort(along, kind="stable")]])
    reference = reference_points(1)
    matrix = similarity_transform(reference[:2], eyes)
    return np.vstack([eyes, reference[2:] @ matrix[:, :2].T + matrix[:, 2]])


class ForeignRecogniser:
    """A DeepFace recogniser, fed crops that our alignment made."""

    def __init__(self, client: FacialRecognition) -> None:
        """Take the client."""
        self._client = client
        self._lock = threading.Lock()
        self._rows, self._columns = (int(side) for side in client.input_shape)
        self.crop = max(self._rows, self._columns)
        self.dimensions = int(client.output_shape)

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors of RGB crops of shape (n, crop, crop, 3)."""
        if self._rows != self._columns:
            size = (self._columns, self._rows)
            crops = np.stack([np.asarray(cv2.resize(crop, size), np.uint8) for crop in crops])
        batch = crops[..., ::-1].astype(np.float32) / 255
        with self._lock:
            answer = self._client.forward(batch)
        vectors = np.asarray(answer, np.float32).reshape(len(crops), -1)
        return unit_rows(vectors)
