"""IndexFaces, ListFaces, DeleteFaces. Source: SPEC.md B.5-B.7."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from lineament.context import CallContext
from lineament.domain import ids
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, ImageFaces, Matrix, Source
from lineament.domain.limits import DEFAULT_PAGE, MAX_FACES_PER_IMAGE
from lineament.domain.paging import Listing, issue_token, read_token
from lineament.domain.ports import GalleryView
from lineament.domain.quality import select_faces
from lineament.domain.standing import Standing
from lineament.errors import ServiceQuotaExceededException
from lineament.handlers.collections import require_collection, require_searchable
from lineament.handlers.details import face_details
from lineament.handlers.images import image_source, read_image
from lineament.handlers.lapsed import without_lapsed
from lineament.handlers.services import Output, Params, Services
from lineament.handlers.shapes import indexed_face, stored_face


@dataclass(frozen=True, slots=True)
class Whence:
    """What a call tells of its picture, beside the faces in it."""

    image_id: str
    external_image_id: str | None
    source: Source | None


def index_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Find the faces of a picture and add those that pass to a collection, all or none.

    Repeated with the same picture and ExternalImageId it adds nothing and tells the same FaceIds.
    The quota of faces is looked at before the faces are stored: callers at the same moment can
    each pass it by the faces of one call.
    """
    collection, model = require_searchable(services, call, params["CollectionId"])
    services.gallery.begin(collection)
    image = read_image(services, call, params["Image"], "Image")
    whence = Whence(
        ids.image_id(image), params.get("ExternalImageId"), image_source(params["Image"])
    )
    picture = services.engine().analyse(image)
    selection = select_faces(
        picture,
        params.get("QualityFilter", "AUTO"),
        min(params.get("MaxFaces", MAX_FACES_PER_IMAGE), MAX_FACES_PER_IMAGE),
        model.recogniser,
    )
    records = _records(collection, picture, selection.kept, whence)
    details = face_details(services, picture, params.get("DetectionAttributes", ()))
    # What others have committed since the call began would be read twice: now, by this call alone,
    # for removals of its faces, and by the gallery's next sync. The gallery reads it now instead.
    latest = replace(collection, seq=services.collections.latest(collection))
    store_new(services, latest, records, lambda new: picture.embed(new, model.recogniser))
    return {
        "FaceRecords": [
            {"Face": indexed_face(record), "FaceDetail": details[index]}
            for index, record in records.items()
        ],
        "FaceModelVersion": collection.model_version,
        "UnindexedFaces": [
            {"FaceDetail": details[index], "Reasons": list(reasons)}
            for index, reasons in selection.dropped
        ],
    }


def _records(
    collection: Collection,
    picture: ImageFaces,
    indices: tuple[int, ...],
    whence: Whence,
) -> dict[int, FaceRecord]:
    image_id, external = whence.image_id, whence.external_image_id
    return {
        index: FaceRecord(
            face_id=ids.face_id(collection.lineage, image_id, external, index),
            image_id=image_id,
            box=picture.faces[index].box,
            confidence=picture.faces[index].confidence,
            external_image_id=external,
            source=whence.source,
        )
        for index in indices
    }


def store_new(
    services: Services,
    collection: Collection,
    records: dict[int, FaceRecord],
    embed: Callable[[list[int]], Matrix],
) -> None:
    """Commit those faces of a picture that a collection does not hold, all or none.

    Args:
        services: the ports.
        collection: where to, as it was a moment ago.
        records: by the faces' places in the picture.
        embed: returns the vectors of places.

    Raises:
        ServiceQuotaExceededException: they would pass the quota of faces.
    """
    indexed = [record.face_id for record in records.values()]
    collection, view = without_lapsed(services, collection, lambda _view: indexed)
    new = [index for index, record in records.items() if record.face_id not in view]
    _complete(services, collection, view, [r for r in records.values() if r.face_id in view])
    if not new:
        return
    quota = services.quotas.faces
    if len(view) + len(new) > quota:
        raise ServiceQuotaExceededException(
            f"Collection {collection.collection_id} holds {len(view)} faces; {len(new)} more "
            f"would pass its maximum of {quota}. Nothing was indexed"
        )
    services.faces.add(collection, [records[index] for index in new], embed(new))


def _complete(
    services: Services, collection: Collection, view: GalleryView, known: list[FaceRecord]
) -> None:
    """Give back their records to faces that an earlier call committed and then failed.

    Where the picture comes from another place in S3 now, or from S3 at all, the faces keep that.
    """
    if not known:
        return
    stored = services.faces.records(collection, [record.face_id for record in known])
    lost = [record for record in known if record.face_id not in stored]
    if lost:
        services.faces.restore(collection, lost, view)
    moved = [
        record
        for record in known
        if record.face_id in stored and record.source not in {None, stored[record.face_id].source}
    ]
    if moved:
        services.faces.locate(collection, moved)


def list_faces(services: Services, call: CallContext, params: Params) -> Output:
    """List a collection's faces by FaceId, a page at a time."""
    collection = require_collection(services, call, params["CollectionId"])
    view = services.gallery.sync(collection)
    limit = params.get("MaxResults") or DEFAULT_PAGE
    wanted = sorted(set(params["FaceIds"])) if "FaceIds" in params else None
    listing = Listing(
        (
            call.scope.account,
            call.scope.region,
            call.operation,
            collection.lineage,
            params.get("UserId", ""),
            "" if wanted is None else hashlib.sha256(" ".join(wanted).encode()).hexdigest(),
        )
    )
    key = services.secrets.paging_key()
    after = read_token(key, listing, params.get("NextToken"), call.now)
    if "UserId" in params:
        user = view.membership.find(ids.user_key(collection.lineage, params["UserId"]))
        of_user = set() if user is None else set(user.faces)
        wanted = sorted(of_user if wanted is None else of_user.intersection(wanted))
    if wanted is None:
        found = view.page(after, limit + 1)
    else:
        found = [face_id for face_id in wanted if face_id > (after or "") and face_id in view]
    page = found[:limit]
    more = len(found) > limit
    stored = services.faces.records(collection, page)
    return {
        "Faces": [
            stored_face(stored[face_id], collection, view)
            for face_id in page
            if face_id in stored  # A face deleted since the sync has no record any more.
        ],
        "NextToken": issue_token(key, listing, page[-1], call.now) if more else None,
        "FaceModelVersion": collection.model_version,
    }


def delete_faces(services: Services, call: CallContext, params: Params) -> Output:
    """Remove faces from a collection; those that are unknown or of a user are told, not refused."""
    collection = require_collection(services, call, params["CollectionId"])
    view = services.gallery.sync(collection)
    wanted = list(dict.fromkeys(params["FaceIds"]))
    standing: Standing = view
    free = [i for i in wanted if i in view and view.membership.owner(i) is None]
    removed: set[str] = set()
    if free:
        done = services.faces.remove(collection, free, view)
        removed, standing = set(done.effect.faces), done.standing
    return {
        "DeletedFaces": [face_id for face_id in wanted if face_id in removed],
        "UnsuccessfulFaceDeletions": [
            _undeleted(face_id, standing) for face_id in wanted if face_id not in removed
        ],
    }


def _undeleted(face_id: str, standing: Standing) -> Output:
    owner = standing.membership.owner(face_id)
    if owner is None:
        return {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
    reasons = ["ASSOCIATED_TO_AN_EXISTING_USER"]
    return {"FaceId": face_id, "UserId": owner.user_id or None, "Reasons": reasons}
