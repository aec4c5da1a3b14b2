"""DetectFaces, CompareFaces: about pictures alone, nothing is stored. Source: SPEC B.17, B.18."""

import numpy as np

from lineament.context import CallContext
from lineament.domain.faces import ImageFaces
from lineament.domain.limits import DEFAULT_THRESHOLD
from lineament.domain.quality import passing_faces
from lineament.domain.similarity import reaches
from lineament.errors import InvalidParameterException
from lineament.handlers.details import face_details
from lineament.handlers.images import analyse, naming, read_image
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.shapes import bounding_box, face_detail


def detect_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Find the faces of a picture, largest first, with the attributes that are asked for."""
    picture = analyse(services, call, params["Image"], "Image")
    return {"FaceDetails": face_details(services, picture, params.get("Attributes", ()))}


def compare_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Compare the largest face of one picture with every face of another."""
    level = params.get("QualityFilter", "NONE")
    model = services.models.default
    images = {}
    for member in ("SourceImage", "TargetImage"):  # both, before the first is looked at
        with naming(member):
            images[member] = read_image(services, call, params[member], member)
    with naming("SourceImage"):
        source = services.engine().analyse(images["SourceImage"])
    _require_faces(source, "SourceImage")
    searched = 0  # the largest face is meant; a bystander must not stand in for it
    if not passing_faces(source, level, model.recogniser, (searched,)):
        raise _filtered("the largest face of SourceImage does not pass")
    with naming("TargetImage"):
        target = services.engine().analyse(images["TargetImage"])
    _require_faces(target, "TargetImage")
    candidates = passing_faces(target, level, model.recogniser)
    if not candidates:
        raise _filtered("no face of TargetImage passes")
    cosines = (
        target.embed(candidates, model.recogniser) @ source.embed([searched], model.recogniser)[0]
    )
    similarities = model.calibration.similarities_of(cosines)
    threshold = params.get("SimilarityThreshold", DEFAULT_THRESHOLD)
    matches = [reaches(similarity, threshold) for similarity in similarities]
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
            if matches[place]
        ],
        "UnmatchedFaces": [
            face_detail(target.faces[index])
            for place, index in enumerate(candidates)
            if not matches[place]
        ],
    }


def _require_faces(picture: ImageFaces, member: str) -> None:
    if not picture.faces:
        raise InvalidParameterException(f"Request has invalid parameters: {member} shows no face")


def _filtered(what: str) -> InvalidParameterException:
    return InvalidParameterException(f"Request has invalid parameters: {what} the QualityFilter")
