"""AssociateFaces, DisassociateFaces. Source: SPEC.md B.13, B.14."""

from collections.abc import Sequence

from lineament.context import CallContext
from lineament.domain import ids
from lineament.domain.collections import UserChange
from lineament.domain.idempotency import Attempt
from lineament.domain.joining import Judged, judge
from lineament.domain.limits import FACES_PER_USER, USER_MATCH_THRESHOLD
from lineament.domain.ports import GalleryView
from lineament.domain.similarity import FaceModel
from lineament.domain.standing import Standing
from lineament.domain.users import User
from lineament.errors import ServiceQuotaExceededException
from lineament.handlers.collections import require_collection, require_searchable
from lineament.handlers.lapsed import faces_of, without_lapsed
from lineament.handlers.once import once
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.users import no_user, require_user

_OTHERS = "ASSOCIATED_TO_A_DIFFERENT_USER"
_UPDATING = "UPDATING"


def associate_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Let faces belong to a user: those that are like it, and nobody else's.

    A user without any takes the face that is most like the others of the call as it is; see
    `domain.joining.judge` for the rest.
    """
    collection, model = require_searchable(services, call, params["CollectionId"])
    key = ids.user_key(collection.lineage, params["UserId"])
    asked = list(dict.fromkeys(params["FaceIds"]))
    threshold = params.get("UserMatchThreshold", USER_MATCH_THRESHOLD)

    def work(attempt: Attempt) -> Output:
        _, view = without_lapsed(services, collection, faces_of(key))
        done = services.users.recall(collection, attempt, view)
        user = view.membership.find(key)
        judged = Judged()
        if user is not None:
            judged = _judge(view, user, asked, model, threshold)
        if done is None:
            user = require_user(collection, view, params["UserId"])
            if not judged.alike:
                return _associated(asked, (), judged, view, user)
            _require_room(user, len(judged.alike))
            change = UserChange("associate", key, face_ids=judged.alike)
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
) -> Judged:
    free = [face_id for face_id in asked if view.membership.owner(face_id) is None]
    found = view.vectors([*user.faces, *free])
    return judge(
        [found[face_id] for face_id in user.faces if face_id in found],
        {face_id: found[face_id] for face_id in free if face_id in found},
        model.calibration,
        threshold,
    )


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
    asked: list[str], joined: tuple[str, ...], judged: Judged, standing: Standing, user: User
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
