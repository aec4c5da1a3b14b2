"""DeepFace's own detectors and recognisers, made to answer as ours do.

What reaches a recogniser is what `DeepFace.represent` gives it by default: BGR, 0 to 1, in the
width and height that its client names. Only the crop differs: ours is aligned by five points and
whole; DeepFace's is the detector's box, turned by the eyes and filled up with black. More in
docs/deepface.md.
"""

import threading

import numpy as np
from deepface.models.Detector import Detector, FacialAreaRegion
from deepface.models.FacialRecognition import FacialRecognition
from numpy.typing import NDArray

from lineament.domain.faces import Matrix
from lineament.vision.align import reference_points, similarity_transform
from lineament.vision.detector import Detections
from lineament.vision.recogniser import Embedded, unit_rows

_POINTS_IN_BOX = np.array([[0.30, 0.39], [0.70, 0.39], [0.50, 0.58], [0.34, 0.76], [0.66, 0.76]])
"""Where the five points lie in a box from forehead to chin, on average."""
_MARGIN = 0.25
"""Of the box: how far outside it an eye can be. YOLO puts eyes that it does not see at (0, 0)."""

_TARGETS = {
    "Dlib": [
        [0.3137, 0.3157],
        [0.6906, 0.3077],
        [0.5017, 0.5288],
        [0.3341, 0.7004],
        [0.6567, 0.6918],
    ]
}
"""By a client's model_name: where the five points belong, in sides of the crop, for models that
want another frame than ArcFace's. Dlib's: the medians in dlib's own crops of 152 faces of LFW. On
600 pairs of LFW it tells 99.0 % right with it, and 87.7 % in ArcFace's frame."""


class ForeignDetector:
    """A DeepFace detector. Its coordinates are whole pixels, and most give the eyes alone.

    So its points are rough; the engine puts them right as it does CenterFace's (landmarks.py).
    """

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
    corner, size = np.array([region.x, region.y]), np.array([region.w, region.h])
    usual = np.asarray(corner + _POINTS_IN_BOX * size)
    if region.left_eye is None or region.right_eye is None:
        return usual
    eyes = np.array([region.right_eye, region.left_eye], np.float64)
    places = (eyes - corner) / size
    if np.allclose(eyes[0], eyes[1]) or places.min() < -_MARGIN or places.max() > 1 + _MARGIN:
        return usual
    if None not in (region.nose, region.mouth_left, region.mouth_right):
        mouth = np.array([region.mouth_right, region.mouth_left], np.float64)
        along = mouth @ (eyes[1] - eyes[0])
        # Clients disagree about whose left the mouth's is; the eyes decide.
        return np.vstack([eyes, [region.nose], mouth[np.argsort(along, kind="stable")]])
    reference = reference_points(1)
    matrix = similarity_transform(reference[:2], eyes)
    return np.vstack([eyes, reference[2:] @ matrix[:, :2].T + matrix[:, 2]])


class ForeignRecogniser:
    """A DeepFace recogniser, fed crops that our alignment made.

    Its framework uses all cores for one batch, and the first batches of a Keras model build its
    graph: so one thread runs it at a time.
    """

    portion = 0

    def __init__(self, client: FacialRecognition) -> None:
        """Take the client; `input_shape`, `output_shape` and `model_name` tell what it wants."""
        self._client = client
        self._lock = threading.Lock()
        # DeepFace's clients name the width first, which matters for DeepID alone: 47 x 55.
        self._columns, self._rows = (int(side) for side in client.input_shape)
        self.crop = max(self._rows, self._columns)
        self.dimensions = int(client.output_shape)
        places = _TARGETS.get(client.model_name)
        self.target = None if places is None else np.array(places) * self.crop

    def embed_and_judge(self, crops: NDArray[np.uint8]) -> Embedded:
        """Return what `embed` does; DeepFace's models do not tell how much a crop shows."""
        return Embedded(self.embed(crops))

    def embed(self, crops: NDArray[np.uint8]) -> Matrix:
        """Return unit vectors of RGB crops of shape (n, crop, crop, 3)."""
        left, top = (self.crop - self._columns) // 2, (self.crop - self._rows) // 2
        part = crops[:, top : top + self._rows, left : left + self._columns, ::-1]
        batch = np.ascontiguousarray(part, np.float32) / 255
        with self._lock:
            answer = self._client.forward(batch)
        vectors = np.asarray(answer, np.float32).reshape(len(crops), -1)
        return unit_rows(vectors)
