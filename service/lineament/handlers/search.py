"""SearchFaces, SearchFacesByImage. Source: SPEC.md B.8, B.9."""

from functools import partial

from lineament.context import CallContext
from lineament.domain.collections import Collection
from lineament.domain.faces import Vector
from lineament.domain.limits import DEFAULT_MATCHES, DEFAULT_THRESHOLD
from lineament.domain.ports import GalleryView
from lineament.domain.quality import largest_passing
from lineament.domain.similarity import FaceModel
from lineament.errors import InvalidParameterException
from lineament.handlers.collections import require_searchable
from lineament.handlers.images import analyse
from lineament.handlers.ranking import ranked
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.shapes import bounding_box, stored_face


def search_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Find the faces of a collection that are like one of its own."""
    searchable = require_searchable(services, call, params["CollectionId"])
    collection, _ = searchable
    view = services.gallery.sync(collection)
    face_id = params["FaceId"]
    vector = view.vector(face_id)
    if vector is None:
        raise InvalidParameterException("faceId was not found in the collection.")
    return {
        "SearchedFaceId": face_id,
        "FaceMatches": _matches(services, searchable, view, vector, params, searched=face_id),
        "FaceModelVersion": collection.model_version,
    }


def search_faces_by_image(services: Services, call: CallContext, params: Params) -> Output:
    """Find the faces of a collection that are like the largest face of a picture."""
    searchable = require_searchable(services, call, params["CollectionId"])
    collection, model = searchable
    services.gallery.begin(collection)
    picture = analyse(services, call, params["Image"], "Image")
    largest = largest_passing(picture, params.get("QualityFilter", "NONE"), model.recogniser)
    if largest is None:
        raise InvalidParameterException("There are no faces in the image. Should be at least 1.")
    vector = picture.embed([largest], model.recogniser)[0]
    view = services.gallery.sync(collection)
    return {
        "SearchedFaceBoundingBox": bounding_box(picture.faces[largest].box),
        "SearchedFaceConfidence": picture.faces[largest].confidence,
        "FaceMatches": _matches(services, searchable, view, vector, params, searched=None),
        "FaceModelVersion": collection.model_version,
    }


def _matches(  # noqa: PLR0913 - a search is a collection, its view, a vector and what was asked
    services: Services,
    searchable: tuple[Collection, FaceModel],
    view: GalleryView,
    vector: Vector,
    params: Params,
    *,
    searched: str | None,
) -> list[Output]:
    """Return FaceMatches: Similarity at least the threshold, best first, ties by FaceId."""
    collection, model = searchable
    kept = ranked(
        partial(view.search, vector),
        model.calibration,
        params.get("FaceMatchThreshold", DEFAULT_THRESHOLD),
        params.get("MaxFaces", DEFAULT_MATCHES),
        without=searched,
    )
    stored = services.faces.records(collection, [face_id for face_id, _ in kept])
    return [
        {
            "Similarity": similarity,
            "Face": stored_face(stored[face_id], collection, view),
        }
        for face_id, similarity in kept
        if face_id in stored  # A face deleted since the sync has no record any more.
    ]
