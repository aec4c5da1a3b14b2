"""Where a picture is, on a disk or in S3, and reading it with a limit."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from lineament.domain.limits import MAX_S3_IMAGE_BYTES
from lineament.domain.ports import ObjectStore
from lineament.jobs.refusals import UNREADABLE

_S3 = "s3://"


class Unfit(Exception):
    """A picture that is not taken; the text says why."""

    def __init__(self, reason: str, similarity: float | None = None, *, kind: str = "") -> None:
        """Take the reason.

        Args:
            reason: one sentence.
            similarity: where that is the reason.
            kind: what many such reasons have in common; the reason itself if not given.
        """
        super().__init__(reason)
        self.similarity = similarity
        self.kind = kind or reason


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where in S3 a picture is."""

    bucket: str
    key: str


Place = Path | S3Place


def is_place(image: str) -> bool:
    """Tell whether a manifest's text can be a place: anything but half an S3 address."""
    return not image.startswith(_S3) or re.fullmatch(r"s3://[^/]+/.+", image) is not None


def locate(image: str, manifest: Path) -> Place:
    """Return where an image of a manifest is; paths are relative to the manifest's folder."""
    if not image.startswith(_S3):
        return manifest.parent / image
    bucket, _, key = image.removeprefix(_S3).partition("/")
    return S3Place(bucket, key)


def read_image(objects: ObjectStore, place: Place, region: str) -> bytes:
    """Return a picture's bytes, from a disk or from S3 in `region`.

    Raises:
        Unfit: it is not there, may not be read, or is too large.
        WireError: S3 does not answer; a repeated run may get it.
    """
    try:
        if isinstance(place, S3Place):
            return objects.read(region, place.bucket, place.key, None, MAX_S3_IMAGE_BYTES)
        return _read_file(place)
    except OSError as error:
        raise Unfit(f"it cannot be read: {error.strerror}") from error
    except UNREADABLE as error:
        raise Unfit(error.message, kind="S3 does not give it") from error


def _read_file(path: Path) -> bytes:
    # A pipe must not be waited for, and what it or a device holds may have no end.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unfit("it is no file")
        content = file.read(MAX_S3_IMAGE_BYTES + 1)
    if len(content) > MAX_S3_IMAGE_BYTES:
        raise Unfit(f"it is over {MAX_S3_IMAGE_BYTES} bytes")
    return content
