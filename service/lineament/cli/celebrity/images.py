"""From an image of a manifest to the one face in it."""

import stat
from dataclasses import dataclass
from pathlib import Path

from lineament.cli.celebrity.manifest import S3Place, locate
from lineament.domain import ids
from lineament.domain.faces import ImageFaces, Vector
from lineament.domain.limits import MAX_FACES_PER_IMAGE, MAX_S3_IMAGE_BYTES
from lineament.domain.quality import QualityLevel, select_faces
from lineament.errors import (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
    InvalidS3ObjectException,
)
from lineament.handlers.services import Services

_UNREADABLE = (
    ImageTooLargeException,
    InvalidImageFormatException,
    InvalidParameterException,
    InvalidS3ObjectException,
)
"""What is raised for an image that the next try would not get either."""


class Unfit(Exception):
    """An image whose face is not taken; the text says why."""

    def __init__(self, reason: str, similarity: float | None = None) -> None:
        """Take the reason, and the similarity where that is it."""
        super().__init__(reason)
        self.similarity = similarity


@dataclass(frozen=True, slots=True)
class Seen:
    """The one face of an image."""

    image_id: str
    picture: ImageFaces
    index: int
    vector: Vector


def read_image(services: Services, image: str, manifest: Path, region: str) -> bytes:
    """Return an image of a manifest, from its folder or from S3 in `region`.

    Raises:
        Unfit: it is not there, may not be read, or is too large.
        WireError: S3 does not answer; a repeated run may get it.
    """
    place = locate(image, manifest)
    try:
        if isinstance(place, S3Place):
            return services.objects.read(region, place.bucket, place.key, None, MAX_S3_IMAGE_BYTES)
        about = place.stat()
        if not stat.S_ISREG(about.st_mode):  # what a pipe or a device holds may have no end
            raise Unfit("it is no file")
        if about.st_size > MAX_S3_IMAGE_BYTES:
            raise Unfit(f"it is over {MAX_S3_IMAGE_BYTES} bytes")
        return place.read_bytes()
    except OSError as error:
        raise Unfit(f"it cannot be read: {error.strerror}") from error
    except _UNREADABLE as error:
        raise Unfit(error.message) from error


def look(services: Services, image: bytes, recogniser: str) -> Seen:
    """Find the one face that passes the QualityFilter; faces that do not pass do not count.

    Raises:
        Unfit: there is none, or several.
    """
    try:
        picture = services.engine().analyse(image)
    except _UNREADABLE as error:
        raise Unfit(error.message) from error
    if not picture.faces:
        raise Unfit("it shows no face")
    chosen = select_faces(picture, QualityLevel.AUTO, MAX_FACES_PER_IMAGE, recogniser)
    if not chosen.kept:
        _, reasons = chosen.dropped[0]
        raise Unfit(f"no face passes the QualityFilter; the largest: {', '.join(reasons)}")
    if len(chosen.kept) > 1:
        raise Unfit(f"it shows {len(chosen.kept)} faces that pass the QualityFilter, not one")
    index = chosen.kept[0]
    return Seen(ids.image_id(image), picture, index, picture.embed([index], recogniser)[0])
