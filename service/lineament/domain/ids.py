"""Ids that follow from what they name, so that a repeated call names the same things."""

import hashlib
import uuid

_MD5_LIKE, _RANDOM_LIKE = 3, 4


def image_id(image: bytes) -> str:
    """Return the ImageId of a picture: the same for the same bytes, shaped like a UUIDv3.

    Source: SPEC.md B.5, recorded ids.
    """
    return _uuid(_MD5_LIKE, image)


def face_id(lineage: str, image: str, external_image_id: str | None, index: int) -> str:
    """Return the FaceId of a picture's face in a collection, shaped like a UUIDv4.

    IndexFaces has no idempotency token. Since the id follows from the picture, its external id and
    the face's place among the picture's faces, a retried or repeated call writes the same faces
    again instead of doubling them, however the first one ended.

    Args:
        lineage: of the collection; two collections never share a FaceId.
        image: the picture's ImageId.
        external_image_id: None counts as a value of its own.
        index: of the face in the picture, largest face first, before any filter.
    """
    external = b"-" if external_image_id is None else b"=" + external_image_id.encode()
    return _uuid(_RANDOM_LIKE, f"{lineage}/{image}/{index}/".encode() + external)


def user_key(lineage: str, user_id: str) -> str:
    """Return the internal id of a user, shaped like a UUID; ListUsers follows its order.

    The log holds it in place of the UserId, which may be a person's name and is erased with the
    user.

    Args:
        lineage: of the collection, which is random: equal UserIds of two collections differ.
        user_id: as the caller gave it.
    """
    return _uuid(_RANDOM_LIKE, f"{lineage}/user/{user_id}".encode())


def _uuid(version: int, content: bytes) -> str:
    digest = hashlib.sha256(content).digest()[:16]
    return str(uuid.UUID(bytes=digest, version=version))
