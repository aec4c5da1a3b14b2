"""SearchFaces, SearchFacesByImage. Source: SPEC.md B.8, B.9."""

import numpy as np

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
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.shapes import bounding_box, stored_face

_SLACK = 1e-5
"""Cosine; wider than what float32 can lose between similarity and cosine and back."""


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
    threshold = np.float32(params.get("FaceMatchThreshold", DEFAULT_THRESHOLD))
    limit = params.get("MaxFaces", DEFAULT_MATCHES)
    collection, model = searchable
    calibration = model.calibration
    spare = 0 if searched is None else 1
    hits = view.search(vector, calibration.cosine(float(threshold)) - _SLACK, limit + spare)
    scored = [
        (calibration.similarity(cosine), face_id) for face_id, cosine in hits if face_id != searched
    ]
    kept = sorted(
        ((similarity, face_id) for similarity, face_id in scored if similarity >= threshold),
        key=lambda match: (-match[0], match[1]),
    )[:limit]
    stored = services.faces.records(collection, [face_id for _, face_id in kept])
    return [
        {
            "Similarity": similarity,
            "Face": stored_face(stored[face_id], collection.model_version),
        }
        for similarity, face_id in kept
        if face_id in stored  # A face deleted since the sync has no record any more.
    ]
