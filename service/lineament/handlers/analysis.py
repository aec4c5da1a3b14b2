"""DetectFaces, CompareFaces: about pictures alone, nothing is stored. Source: SPEC B.17, B.18."""

import numpy as np

from lineament.context import CallContext
from lineament.domain.faces import ImageFaces
from lineament.domain.limits import DEFAULT_THRESHOLD
from lineament.errors import InvalidParameterException
from lineament.handlers.details import face_details
from lineament.handlers.images import analyse, passing
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.shapes import bounding_box, face_detail


def detect_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Find the faces of a picture, largest first, with the attributes that are asked for."""
    picture = analyse(services, call, params["Image"], "Image")
    return {"FaceDetails": face_details(services, picture, params.get("Attributes", ()))}


def compare_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Compare the largest face of one picture with every face of another."""
    level = params.get("QualityFilter", "NONE")
    source = analyse(services, call, params["SourceImage"], "SourceImage")
    searched = _require_faces(source, level, "SourceImage")[0]
    if searched != 0:  # the largest face is meant; a bystander must not stand in for it
        raise InvalidParameterException(
            "Request has invalid parameters: the largest face of SourceImage does not pass the "
            "QualityFilter"
        )
    target = analyse(services, call, params["TargetImage"], "TargetImage")
    candidates = _require_faces(target, level, "TargetImage")
    model = services.models.default
    cosines = (
        target.embed(candidates, model.recogniser) @ source.embed([searched], model.recogniser)[0]
    )
    similarities = model.calibration.similarities_of(cosines)
    threshold = np.float32(params.get("SimilarityThreshold", DEFAULT_THRESHOLD))
    by_similarity = np.argsort(-similarities, kind="stable")
    return {
        "SourceImageFace": {
            "BoundingBox": bounding_box(source.faces[searched].box),
            "Confidence": source.faces[searched].confidence,
        },
        "FaceMatches": [
            {
                "Similarity": float(similarities[place]),
                "Face": face_detail(target.faces[candidates[place]]),
            }
            for place in by_similarity
            if similarities[place] >= threshold
        ],
        "UnmatchedFaces": [
            face_detail(target.faces[index])
            for place, index in enumerate(candidates)
            if similarities[place] < threshold
        ],
    }


def _require_faces(picture: ImageFaces, level: str, member: str) -> list[int]:
    found = passing(picture, level)
    if not found:
        raise InvalidParameterException(
            f"Request has invalid parameters: {member} shows no face"
            + (" that passes the QualityFilter" if picture.faces else "")
        )
    return found
