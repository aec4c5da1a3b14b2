"""AssociateFaces, DisassociateFaces. Source: SPEC.md B.13, B.14."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lineament.context import CallContext
from lineament.domain import ids
from lineament.domain.collections import UserChange
from lineament.domain.faces import Vector
from lineament.domain.idempotency import Attempt
from lineament.domain.limits import FACES_PER_USER, USER_MATCH_THRESHOLD
from lineament.domain.ports import GalleryView
from lineament.domain.similarity import FaceModel, reaches
from lineament.domain.standing import Standing
from lineament.domain.templates import template
from lineament.domain.users import User
from lineament.errors import ServiceQuotaExceededException
from lineament.handlers.collections import require_collection, require_searchable
from lineament.handlers.once import once
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.users import no_user, require_user

_OTHERS = "ASSOCIATED_TO_A_DIFFERENT_USER"
_UPDATING = "UPDATING"


@dataclass(frozen=True, slots=True)
class _Judged:
    """What comes of comparing faces with a user, in the order of the request."""

    alike: list[str] = field(default_factory=list)
    """Faces that may join: at or over the threshold, or the first of all."""
    unlike: dict[str, float] = field(default_factory=dict)
    """FaceId to its similarity, below the threshold."""


def associate_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Let faces belong to a user: those that are like it, and nobody else's.

    The first face of a user without any is taken as it is. Each face after it is compared with the
    template of those before, in the order of the request.
    """
    collection, model = require_searchable(services, call, params["CollectionId"])
    key = ids.user_key(collection.lineage, params["UserId"])
    asked = list(dict.fromkeys(params["FaceIds"]))
    threshold = params.get("UserMatchThreshold", USER_MATCH_THRESHOLD)

    def work(attempt: Attempt) -> Output:
        view = services.gallery.sync(collection)
        done = services.users.recall(collection, attempt, view)
        user = view.membership.find(key)
        judged = _Judged()
        if user is not None:
            judged = _judge(view, user, asked, model, threshold)
        if done is None:
            user = require_user(collection, view, params["UserId"])
            if not judged.alike:
                return _associated(asked, (), judged, view, user)
            _require_room(user, len(judged.alike))
            change = UserChange("associate", key, face_ids=tuple(judged.alike))
            done = services.users.commit(collection, view, change, attempt)
        before, after = done.effect.before, done.effect.after
        if before is None or after is None:  # deleted meanwhile
            raise no_user(collection, params["UserId"])
        if not done.effect.faces:
            _require_room(before, len(judged.alike))  # others were faster
        return _associated(asked, done.effect.faces, judged, done.standing, after)

    return once(services, call, params, collection, work)


def disassociate_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Take faces from a user; they stay in the collection."""
    collection = require_collection(services, call, params["CollectionId"])
    asked = list(dict.fromkeys(params["FaceIds"]))

    def work(attempt: Attempt) -> Output:
        view = services.gallery.sync(collection)
        done = services.users.recall(collection, attempt, view)
        if done is None:
            user = require_user(collection, view, params["UserId"])
            mine = tuple(face_id for face_id in asked if face_id in set(user.faces))
            if not mine:
                return _disassociated(asked, (), view, user)
            change = UserChange("disassociate", user.key, face_ids=mine)
            done = services.users.commit(collection, view, change, attempt)
        if done.effect.after is None:  # deleted meanwhile
            raise no_user(collection, params["UserId"])
        return _disassociated(asked, done.effect.faces, done.standing, done.effect.after)

    return once(services, call, params, collection, work)


def _judge(
    view: GalleryView, user: User, asked: Sequence[str], model: FaceModel, threshold: float
) -> _Judged:
    known = (view.vector(face_id) for face_id in user.faces)
    vectors = [vector for vector in known if vector is not None]
    judged = _Judged()
    for face_id in asked:
        vector = view.vector(face_id)
        if vector is None or view.membership.owner(face_id) is not None:
            continue
        similarity = _similarity(model, vectors, vector)
        if not reaches(similarity, threshold):
            judged.unlike[face_id] = similarity
            continue
        judged.alike.append(face_id)
        vectors.append(vector)
    return judged


def _similarity(model: FaceModel, vectors: list[Vector], vector: Vector) -> float:
    """Return how alike a face is to those of a user; to nobody's, entirely."""
    if not vectors:
        return 100.0
    return model.calibration.similarity(float(template(np.stack(vectors)) @ vector))


def _require_room(user: User, more: int) -> None:
    """Check that so many faces can join a user.

    Raises:
        ServiceQuotaExceededException: they would pass the maximum.
    """
    if len(user.faces) + more > FACES_PER_USER:
        raise ServiceQuotaExceededException(
            f"User {user.user_id} has {len(user.faces)} faces; {more} more would pass the maximum "
            f"of {FACES_PER_USER}. Nothing was associated"
        )


def _associated(
    asked: list[str], joined: tuple[str, ...], judged: _Judged, standing: Standing, user: User
) -> Output:
    refused = []
    for face_id in asked:
        if face_id in joined:
            continue
        if reason := _hindrance(face_id, standing, user):
            refused.append(reason)
        elif face_id in judged.unlike and standing.membership.owner(face_id) is None:
            refused.append(
                {
                    "FaceId": face_id,
                    "Confidence": judged.unlike[face_id],
                    "Reasons": ["LOW_MATCH_CONFIDENCE"],
                }
            )
    return {
        "AssociatedFaces": [{"FaceId": each} for each in asked if each in joined],
        "UnsuccessfulFaceAssociations": refused,
        "UserStatus": _UPDATING if joined else user.status,
    }


def _disassociated(
    asked: list[str], left: tuple[str, ...], standing: Standing, user: User
) -> Output:
    reasons = (_hindrance(each, standing, user) for each in asked if each not in left)
    return {
        "DisassociatedFaces": [{"FaceId": each} for each in asked if each in left],
        "UnsuccessfulFaceDisassociations": [reason for reason in reasons if reason],
        "UserStatus": _UPDATING if left else user.status,
    }


def _hindrance(face_id: str, standing: Standing, user: User) -> Output | None:
    """Return why a user has nothing to do with a face: it is not there, or another's."""
    owner = standing.membership.owner(face_id)
    if owner is not None and owner.key != user.key:
        return {"FaceId": face_id, "UserId": owner.user_id or None, "Reasons": [_OTHERS]}
    if owner is None and face_id not in standing:
        return {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
    return None
