"""FaceDetails with the attributes that a request asks for. Source: SPEC.md B.0, B.5, B.17."""

from collections.abc import Iterable

from lineament.domain.attributes import requested
from lineament.domain.faces import ImageFaces
from lineament.handlers.services import Output, Services
from lineament.handlers.shapes import face_detail


def face_details(services: Services, picture: ImageFaces, names: Iterable[str]) -> list[Output]:
    """Return the FaceDetail of every face of a picture, in their order.

    Args:
        services: what the operator switched off is absent.
        picture: with its faces.
        names: Attributes or DetectionAttributes; none means DEFAULT.
    """
    wanted = requested(names) - services.attributes_off
    attributes = picture.describe(range(len(picture.faces)), wanted)
    return [
        face_detail(face, beyond) for face, beyond in zip(picture.faces, attributes, strict=True)
    ]
