"""From an image of a manifest to the one face in it."""

from dataclasses import dataclass

from lineament.cli.bulk.places import Unfit
from lineament.domain import ids
from lineament.domain.faces import ImageFaces, Vector
from lineament.domain.limits import MAX_FACES_PER_IMAGE
from lineament.domain.quality import QualityLevel, select_faces
from lineament.handlers.services import Services
from lineament.jobs.refusals import UNREADABLE


@dataclass(frozen=True, slots=True)
class Seen:
    """The one face of an image."""

    image_id: str
    picture: ImageFaces
    index: int
    vector: Vector


def look(services: Services, image: bytes, recogniser: str) -> Seen:
    """Find the one face that passes the QualityFilter; faces that do not pass do not count.

    Raises:
        Unfit: there is none, or several.
    """
    try:
        picture = services.engine().analyse(image)
    except UNREADABLE as error:
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
