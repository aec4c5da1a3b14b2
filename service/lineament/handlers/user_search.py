"""SearchUsers, SearchUsersByImage. Source: SPEC.md B.15, B.16."""

from lineament.context import CallContext
from lineament.domain.faces import DetectedFace, ImageFaces, Vector
from lineament.domain.limits import DEFAULT_THRESHOLD, DEFAULT_USERS
from lineament.domain.ports import GalleryView
from lineament.domain.quality import largest_passing, quality_reasons
from lineament.domain.similarity import FaceModel
from lineament.domain.users import User
from lineament.errors import InvalidParameterException
from lineament.handlers import shapes
from lineament.handlers.collections import require_searchable
from lineament.handlers.images import analyse
from lineament.handlers.ranking import ranked
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.users import require_user


def search_users(services: Services, call: CallContext, params: Params) -> Output:
    """Find the users of a collection that are like one of its users or faces."""
    if ("UserId" in params) == ("FaceId" in params):
        raise InvalidParameterException(
            "Request has invalid parameters: give either UserId or FaceId"
        )
    collection, model = require_searchable(services, call, params["CollectionId"])
    view = services.gallery.sync(collection)
    if "UserId" in params:
        user = require_user(collection, view, params["UserId"])
        vector, searched = view.template(user.key), user.user_id
        found = {"SearchedUser": {"UserId": user.user_id}}
    else:
        vector, searched = view.vector(params["FaceId"]), None
        if vector is None:
            raise InvalidParameterException("faceId was not found in the collection.")
        found = {"SearchedFace": {"FaceId": params["FaceId"]}}
    return {
        "UserMatches": [] if vector is None else _matches(view, model, vector, params, searched),
        "FaceModelVersion": collection.model_version,
        **found,
    }


def search_users_by_image(services: Services, call: CallContext, params: Params) -> Output:
    """Find the users of a collection that are like the largest face of a picture."""
    collection, model = require_searchable(services, call, params["CollectionId"])
    services.gallery.begin(collection)
    picture = analyse(services, call, params["Image"], "Image")
    level = params.get("QualityFilter", "NONE")
    largest = largest_passing(picture, level, model.recogniser)
    matches, searched = [], None
    if largest is not None:
        vector = picture.embed([largest], model.recogniser)[0]
        view = services.gallery.sync(collection)
        matches = _matches(view, model, vector, params, None)
        searched = {"FaceDetail": _outline(picture.faces[largest])}
    return {
        "UserMatches": matches,
        "FaceModelVersion": collection.model_version,
        "SearchedFace": searched,
        "UnsearchedFaces": [
            {"FaceDetails": _outline(face), "Reasons": _reasons(picture, index, level, largest)}
            for index, face in enumerate(picture.faces)
            if index != largest
        ],
    }


def _matches(
    view: GalleryView, model: FaceModel, vector: Vector, params: Params, searched: str | None
) -> list[Output]:
    """Return UserMatches: Similarity at least the threshold, best first, ties by UserId."""
    users: dict[str, User] = {}

    def search(lowest: float, limit: int) -> list[tuple[str, float]]:
        hits = view.search_users(vector, lowest, limit + 1)
        if len(hits) > limit and hits[limit][1] == hits[limit - 1][1]:
            # The view cuts ties by key: all that tie with the last are needed.
            hits = view.search_users(vector, hits[limit][1], len(view.membership))
        found = [(view.membership.users[key], cosine) for key, cosine in hits]
        users.update((user.user_id, user) for user, _ in found)
        return [(user.user_id, cosine) for user, cosine in found]

    kept = ranked(
        search,
        model.calibration,
        params.get("UserMatchThreshold", DEFAULT_THRESHOLD),
        params.get("MaxUsers", DEFAULT_USERS),
        without=searched,
    )
    return [{"Similarity": similarity, "User": shapes.user(users[i])} for i, similarity in kept]


def _reasons(picture: ImageFaces, index: int, level: str, largest: int | None) -> list[str]:
    """Say why a face was not searched: it does not pass, or a larger one does."""
    face = picture.faces[index]
    reasons = list(quality_reasons(face, picture.width, picture.height, level))
    if largest is not None and index > largest:
        return ["FACE_NOT_LARGEST", *reasons]
    return reasons or ["LOW_FACE_QUALITY"]  # not recognisable enough


def _outline(face: DetectedFace) -> Output:
    return {"BoundingBox": shapes.bounding_box(face.box), "Confidence": face.confidence}
