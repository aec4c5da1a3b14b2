"""The vision port as tests declare it: no model, and the limits of the real engine."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lineament.domain.attributes import Attributes
from lineament.domain.faces import DetectedFace, Matrix, Pose, Quality, RatioBox
from lineament.domain.limits import MAX_FACES_PER_IMAGE
from lineament.domain.ports import ObjectStore
from lineament.domain.similarity import FaceModel
from lineament.testing.appearance import attributes_of, five_of
from lineament.testing.declarations import DeclarationError, Faces, UndeclaredPicture
from lineament.testing.face import Face
from lineament.testing.likeness import Likeness
from lineament.testing.options import Undeclared
from lineament.testing.seats import seats

DIMENSIONS = 512
"""Of a declared vector."""
VERSION = "lineament-declared.1"
"""FaceModelVersion of collections under the declared engine."""
_DECODED_SIDE = 80


class Stored(bytes):
    """A picture that came from S3, and knows from where."""

    bucket: str
    key: str


class NamingObjectStore:
    """An ObjectStore whose pictures know where they were."""

    def __init__(self, store: ObjectStore) -> None:
        """Read through `store`."""
        self._store = store

    def read(self, region: str, bucket: str, key: str, version: str | None, limit: int) -> bytes:
        """As `ObjectStore.read`."""
        image = Stored(self._store.read(region, bucket, key, version, limit))
        image.bucket, image.key = bucket, key
        return image


@dataclass(frozen=True, slots=True)
class DeclaredPicture:
    """The `ImageFaces` of a picture that was declared."""

    width: int
    height: int
    faces: tuple[DetectedFace, ...]
    declared: tuple[Face, ...]
    """In the order of `faces`."""
    embed_all: Callable[[tuple[Face, ...]], Matrix]

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:  # noqa: ARG002
        """As `ImageFaces.embed`; there is one recogniser."""
        if not indices:
            return np.empty((0, DIMENSIONS), np.float32)
        return self.embed_all(self.declared)[list(indices)]

    def recognisability(
        self,
        indices: Sequence[int],
        recogniser: str = "",  # noqa: ARG002 - there is one
    ) -> Sequence[float] | None:
        """As `ImageFaces.recognisability`."""
        return [self.declared[index].recognisability for index in indices]

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        """As `ImageFaces.describe`: a declared face can always be told."""
        return [
            attributes_of(self.declared[index], self.faces[index].box, wanted) for index in indices
        ]


class DeclaredEngine:
    """A FaceEngine that finds what tests declare. Safe to share between threads."""

    def __init__(self, declared: Faces, model: FaceModel, undeclared: Undeclared) -> None:
        """Take what answers follow from.

        Args:
            declared: the test's declarations, as they are at each request.
            model: whose calibration similarities have.
            undeclared: what becomes of a picture that is not declared.
        """
        self._declared = declared
        self._undeclared = undeclared
        self._likeness = Likeness(declared, model.calibration, model.dimensions)
        self._lock = threading.Lock()
        self._failed = threading.local()

    def analyse(self, image: bytes) -> DeclaredPicture:
        """Judge a JPEG or PNG as the real engine does, and return its declared faces.

        Raises:
            InvalidImageFormatException: not a JPEG or PNG, truncated, or undecodable.
            InvalidParameterException: a side is under 80 pixels.
            ImageTooLargeException: a side or the pixel count is over the limit.
            UndeclaredPicture: the test has not said what it holds.
        """
        # Imported here: this loads the two decoders, which tests without pictures never need.
        from lineament.vision.intake import open_picture  # noqa: PLC0415

        encoded = open_picture(image)
        encoded.pixels(_DECODED_SIDE)  # for what only decoding shows: cut off, damaged
        size = (encoded.width, encoded.height)
        declared = self._require(image, size)
        placed = sorted(
            zip(seats([face.box for face in declared]), declared, strict=True),
            key=lambda pair: -pair[0].width * pair[0].height,
        )[:MAX_FACES_PER_IMAGE]
        digest = hashlib.sha256(image).digest()
        return DeclaredPicture(
            *size,
            tuple(_detected(box, face) for box, face in placed),
            tuple(face for _, face in placed),
            lambda held: self._vectors(held, digest),
        )

    def take_failure(self) -> DeclarationError | None:
        """Return what this thread's last request failed of, once."""
        failed: DeclarationError | None = getattr(self._failed, "error", None)
        self._failed.error = None
        return failed

    def _require(self, image: bytes, size: tuple[int, int]) -> tuple[Face, ...]:
        bucket, key = (image.bucket, image.key) if isinstance(image, Stored) else ("", "")
        held = self._declared.held_by(image, bucket, key)
        if held is not None:
            return held
        if self._undeclared == "no faces":
            return ()
        where = f"s3://{bucket}/{key}" if key else "given as Bytes"
        name = f'"{key}"' if key else "its bytes or its path"
        raise self._fail(
            UndeclaredPicture(
                f"The test has not declared what the picture {where} holds ({size[0]}x{size[1]} "
                f"px, {len(image)} bytes). Say faces.declare({name}, person=...), or without "
                "person= if it holds no face; faces.picture(...) makes pictures that are declared"
            )
        )

    def _vectors(self, held: tuple[Face, ...], digest: bytes) -> Matrix:
        with self._lock:
            try:
                made = [self._likeness.vector(face, digest, i) for i, face in enumerate(held)]
            except DeclarationError as error:
                raise self._fail(error) from error
        return np.stack(made)

    def _fail(self, error: DeclarationError) -> DeclarationError:
        self._failed.error = error
        return error


def _detected(box: RatioBox, face: Face) -> DetectedFace:
    return DetectedFace(
        box=box,
        confidence=face.confidence,
        landmarks=five_of(box),
        pose=Pose(*face.pose),
        quality=Quality(face.brightness, face.sharpness),
    )
