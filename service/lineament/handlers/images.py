"""The Image member, from bytes or from S3. Source: SPEC.md A.7."""

from collections.abc import Iterator
from contextlib import contextmanager

from lineament.context import CallContext
from lineament.domain.faces import ImageFaces, Source
from lineament.domain.limits import MAX_S3_IMAGE_BYTES
from lineament.errors import (
    InvalidParameterException,
    InvalidS3ObjectException,
    ServiceError,
)
from lineament.handlers.services import Params, Services


def read_image(services: Services, call: CallContext, image: Params, member: str) -> bytes:
    """Return the encoded picture that an Image member holds or points to.

    Args:
        services: reads S3.
        call: its region is where the bucket must be.
        image: the Image structure.
        member: its name, for messages.

    Raises:
        InvalidParameterException: neither Bytes nor S3Object, or both.
        InvalidS3ObjectException: Bucket or Name is missing, or S3 does not give the object.
        ImageTooLargeException: the object is over 15 MB.
    """
    if ("Bytes" in image) == ("S3Object" in image):
        raise InvalidParameterException(
            f"Request has invalid parameters: {member} must hold either Bytes or S3Object"
        )
    if "Bytes" in image:
        return bytes(image["Bytes"])
    pointer = image["S3Object"]
    if "Bucket" not in pointer or "Name" not in pointer:
        raise InvalidS3ObjectException(
            f"Request has invalid S3 object. {member}.S3Object must hold Bucket and Name"
        )
    return services.objects.read(
        call.scope.region,
        pointer["Bucket"],
        pointer["Name"],
        pointer.get("Version"),
        MAX_S3_IMAGE_BYTES,
    )


def image_source(image: Params) -> Source | None:
    """Return where the picture of an Image member that `read_image` took is in S3, if it is."""
    pointer = image.get("S3Object")
    if pointer is None:
        return None
    return Source(pointer["Bucket"], pointer["Name"], pointer.get("Version"))


def analyse(services: Services, call: CallContext, image: Params, member: str) -> ImageFaces:
    """Read an Image member and find its faces."""
    return services.engine().analyse(read_image(services, call, image, member))


@contextmanager
def naming(member: str) -> Iterator[None]:
    """Name the member in errors about its picture, for operations that take two.

    Raises:
        ServiceError: as within, with the member's name behind the text.
    """
    try:
        yield
    except ServiceError as error:
        if member in error.message:
            raise
        raise type(error)(f"{error.message} ({member})") from error
