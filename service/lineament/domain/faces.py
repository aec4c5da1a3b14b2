"""What is known about a face in a picture, and about a face in a collection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lineament.domain.attributes import Attributes

Vector = NDArray[np.float32]
"""A face vector: shape (d,), float32, unit length."""
Matrix = NDArray[np.float32]
"""Face vectors: shape (n, d), float32, rows of unit length."""


@dataclass(frozen=True, slots=True)
class RatioBox:
    """The wire's BoundingBox: fractions of the upright image's width and height.

    May leave [0, 1] where the border cuts a face; never clamped. Source: SPEC.md B.0.
    """

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Landmark:
    """A named point; x and y are fractions of the upright image, left is the image's left."""

    kind: str
    """AWS's LandmarkType, such as eyeLeft."""
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Pose:
    """Head rotation in degrees, -180 to 180."""

    roll: float
    yaw: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Brightness and sharpness of the face, each 0 to 100."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """One face as the vision engine saw it."""

    box: RatioBox
    confidence: float
    """0 to 100."""
    landmarks: tuple[Landmark, ...]
    """eyeLeft, eyeRight, mouthLeft, mouthRight, nose, in this order."""
    pose: Pose
    quality: Quality


class ImageFaces(Protocol):
    """A decoded picture and the faces in it; holds the pixels for as long as it lives."""

    @property
    def width(self) -> int:
        """Pixels of the upright image (EXIF applied)."""
        ...

    @property
    def height(self) -> int:
        """As `width`."""
        ...

    @property
    def faces(self) -> tuple[DetectedFace, ...]:
        """The 100 largest by box area in pixels, largest first."""
        ...

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        """Return the vectors of `faces[i]` for i in `indices`, in that order, in one batch.

        Args:
            indices: of the faces.
            recogniser: a FaceModel's; the engine's default where it is empty.
        """
        ...

    def recognisability(
        self, indices: Sequence[int], recogniser: str = ""
    ) -> Sequence[float] | None:
        """Return how much each of `faces[i]` shows of what tells people apart, 0 to 100.

        It comes with the vectors: `embed` of the same faces afterwards costs nothing more.

        Args:
            indices: of the faces.
            recogniser: as for `embed`.

        Returns:
            In the order of `indices`; None where the recogniser does not tell.
        """
        ...

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        """Return the wanted attributes of `faces[i]` for i in `indices`, in that order.

        Args:
            indices: of the faces.
            wanted: of `domain.attributes.ALL`; what cannot be told of a face is absent.
        """
        ...


class FaceEngine(Protocol):
    """The vision port: encoded pictures to faces."""

    def analyse(self, image: bytes) -> ImageFaces:
        """Decode a JPEG or PNG and find its faces.

        Raises:
            InvalidImageFormatException: not a JPEG or PNG, truncated, or undecodable.
            InvalidParameterException: a side is under 80 pixels.
            ImageTooLargeException: a side or the pixel count is over the limit.
        """
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where in S3 a picture was read."""

    bucket: str
    key: str
    version: str | None = None
    """Where the caller named one."""


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A face of a collection, as ListFaces tells it. Its vector lives in the change log."""

    face_id: str
    image_id: str
    box: RatioBox
    confidence: float
    external_image_id: str | None = None
    source: Source | None = None
    """Of the picture that `image_id` follows from; never on the wire."""
