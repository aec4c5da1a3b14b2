"""RecognizeCelebrities, GetCelebrityInfo. Source: SPEC.md B.20."""

from collections.abc import Sequence
from functools import partial

from lineament.context import CallContext
from lineament.domain.attributes import EMOTIONS
from lineament.domain.celebrities import COLLECTION_ID, SCOPE, Celebrity, is_celebrity_id
from lineament.domain.collections import Collection
from lineament.domain.faces import ImageFaces
from lineament.domain.limits import MAX_CELEBRITY_FACES
from lineament.domain.quality import QualityLevel, passing_faces
from lineament.domain.similarity import FaceModel
from lineament.errors import InvalidParameterException, ResourceNotFoundException
from lineament.handlers.images import analyse
from lineament.handlers.ranking import ranked
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.shapes import face_detail

_TOLD = frozenset({"SMILE", EMOTIONS})
"""What a ComparedFace has here and nowhere else."""
_Named = dict[int, tuple[Celebrity, float]]
"""Who a face is, with the similarity, by its place in the picture."""


def recognize_celebrities(services: Services, call: CallContext, params: Params) -> Output:
    """Name the celebrities among the largest faces of a picture.

    A celebrity may be named several times: a collage may show one twice.
    """
    searchable = _find_gallery(services)
    picture = analyse(services, call, params["Image"], "Image")
    shown = range(min(len(picture.faces), MAX_CELEBRITY_FACES))
    named = {} if searchable is None else _name(services, *searchable, picture, shown)
    attributes = picture.describe(shown, _TOLD - services.attributes_off)
    faces = [face_detail(picture.faces[index], attributes[index]) for index in shown]
    return {
        "CelebrityFaces": [
            {
                "Id": celebrity.celebrity_id,
                **_info(celebrity),
                "Face": faces[index],
                "MatchConfidence": similarity,
            }
            for index, (celebrity, similarity) in sorted(named.items())
        ],
        "UnrecognizedFaces": [faces[index] for index in shown if index not in named],
    }


def get_celebrity_info(services: Services, _call: CallContext, params: Params) -> Output:
    """Tell what the gallery knows of a celebrity."""
    celebrity_id = params["Id"]
    gallery = services.collections.find(SCOPE, COLLECTION_ID)
    found: dict[str, Celebrity] = {}
    if gallery is not None and is_celebrity_id(celebrity_id):
        found = services.celebrities.find(gallery, [celebrity_id])
    if not found:
        raise ResourceNotFoundException("The celebrity id does not exist")
    return _info(found[celebrity_id])


def _find_gallery(services: Services) -> tuple[Collection, FaceModel] | None:
    """Return the gallery of celebrities with the model of its vectors, or None without one.

    Raises:
        InvalidParameterException: it is bound to a FaceModelVersion that this service does not run.
    """
    gallery = services.collections.find(SCOPE, COLLECTION_ID)
    if gallery is None:
        return None
    model = services.models.of(gallery.model_version)
    if model is None:
        raise InvalidParameterException(
            f"The gallery of celebrities is bound to FaceModelVersion {gallery.model_version} and "
            f"this service runs {', '.join(services.models.versions())}; its operator has to drop "
            "it and import it again"
        )
    return gallery, model


def _name(
    services: Services,
    gallery: Collection,
    model: FaceModel,
    picture: ImageFaces,
    shown: Sequence[int],
) -> _Named:
    try:
        view = services.gallery.sync(gallery)
    except ResourceNotFoundException:
        return {}  # Dropped since, and the model declares no such error here.
    # A blurred face is like many: a name on it would be a guess.
    clear = passing_faces(picture, QualityLevel.LOW, model.recogniser, shown)
    if not clear or not view.membership.owners:
        return {}
    best: dict[int, tuple[str, float]] = {}
    for index, vector in zip(clear, picture.embed(clear, model.recogniser), strict=True):
        search = partial(view.search_users, vector)
        for key, similarity in ranked(search, model.calibration, services.celebrity_threshold, 1):
            best[index] = view.membership.users[key].user_id, similarity
    known = services.celebrities.find(gallery, {celebrity_id for celebrity_id, _ in best.values()})
    return {
        index: (known[celebrity_id], similarity)
        for index, (celebrity_id, similarity) in best.items()
        if celebrity_id in known  # Removed since the sync.
    }


def _info(celebrity: Celebrity) -> Output:
    return {
        "Name": celebrity.name,
        "Urls": list(celebrity.urls),
        "KnownGender": {"Type": celebrity.gender.value},
    }
