"""The faces that an account has indexed under one ExternalImageId, wherever, and erasing them."""

from collections.abc import Iterator
from dataclasses import dataclass

from lineament.cli.bulk.desk import CollectionDesk
from lineament.context import Scope
from lineament.domain.limits import FACES_PER_USER
from lineament.handlers.services import Services

_PAGE = 1000
"""Collections, and faces, that are read at once; DeleteFaces takes 4,096."""


@dataclass(frozen=True, slots=True)
class Found:
    """A collection's faces of somebody."""

    desk: CollectionDesk
    faces: dict[str, str | None]
    """Whose they are, a UserId or nobody's, by FaceId."""

    def erase(self) -> int:
        """Delete them through the API's own handlers, and return how many are gone.

        Faces of users are taken from them first: DeleteFaces spares those.
        """
        gone = 0
        of_users: dict[str, list[str]] = {}
        for face_id, user_id in self.faces.items():
            if user_id is not None:
                of_users.setdefault(user_id, []).append(face_id)
        for user_id, theirs in of_users.items():
            for start in range(0, len(theirs), FACES_PER_USER):
                some = theirs[start : start + FACES_PER_USER]
                self.desk.call("DisassociateFaces", {"UserId": user_id, "FaceIds": some})
        everything = list(self.faces)
        for start in range(0, len(everything), _PAGE):
            some = everything[start : start + _PAGE]
            gone += len(self.desk.call("DeleteFaces", {"FaceIds": some})["DeletedFaces"])
        return gone


def find(services: Services, scope: Scope, external_image_id: str) -> Iterator[Found]:
    """Yield the collections that have faces under an ExternalImageId.

    Every face's record is read: no index leads from an ExternalImageId to its faces.
    """
    after = None
    while page := services.collections.page(scope, after, _PAGE):
        for collection in page:
            view = services.gallery.sync(collection)
            faces: dict[str, str | None] = {}
            last: str | None = None
            while some := view.page(last, _PAGE):
                last = some[-1]
                for face_id, record in services.faces.records(collection, some).items():
                    if record.external_image_id == external_image_id:
                        owner = view.membership.owner(face_id)
                        faces[face_id] = None if owner is None else owner.user_id or None
            if faces:
                yield Found(CollectionDesk(services, scope, collection.collection_id), faces)
        after = page[-1].collection_id
