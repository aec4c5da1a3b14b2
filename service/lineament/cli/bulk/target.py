"""The collection that pictures go to, as this process has last seen it."""

import threading
from contextlib import suppress

from lineament.cli.bulk.desk import CollectionDesk
from lineament.cli.bulk.patience import patiently
from lineament.domain import ids
from lineament.domain.collections import Collection
from lineament.domain.limits import MAX_FACES_PER_IMAGE
from lineament.domain.ports import GalleryView
from lineament.domain.similarity import FaceModel
from lineament.errors import LineamentError, ResourceAlreadyExistsException


class Target:
    """A collection, or in a rehearsal one that is going to be. Safe to share between threads.

    Whether a picture was imported before is asked of the collection itself: a FaceId follows from
    the collection, the picture, its ExternalImageId and a face's place. So there is no journal that
    could differ from what is there, and several imports can run at once.
    """

    def __init__(self, desk: CollectionDesk, stopped: threading.Event) -> None:
        """Look at nothing yet; `stopped` ends waiting for a busy DynamoDB."""
        self.desk = desk
        self.stopped = stopped
        self.model = desk.services.models.for_new(desk.collection_id)
        self._seen: tuple[Collection, GalleryView] | None = None

    @property
    def collection(self) -> Collection | None:
        """The collection as it was last seen; None where it is not made yet."""
        return None if self._seen is None else self._seen[0]

    def open(self, *, create: bool, dry_run: bool) -> None:
        """Find the collection, or make it.

        Raises:
            LineamentError: it is not there and may not be made, or is of a model that is not run.
        """
        found = self.desk.find()
        if found is None and not create:
            scope = self.desk.scope
            raise LineamentError(
                f"account {scope.account} has no collection {self.desk.collection_id} in "
                f"{scope.region}; --create makes it"
            )
        if found is None and not dry_run:
            with suppress(ResourceAlreadyExistsException):  # another run was faster
                self.desk.call("CreateCollection", {})
            found = self.desk.find()
        if found is not None:
            self.model = self._require_model(found)
            self._seen = found, self.desk.services.gallery.sync(found)

    def catch_up(self) -> tuple[Collection, GalleryView]:
        """Return the collection as of now.

        Raises:
            LineamentError: it was deleted or moved to another model since `open`.
            WireError: DynamoDB does not answer.
        """
        now = patiently(self.desk.find, self.stopped)
        before = None if self._seen is None else self._seen[0]
        if now is None or before is None or now.lineage != before.lineage:
            raise LineamentError(f"{self.desk.collection_id} was deleted meanwhile")
        if now.model_version != before.model_version:
            raise LineamentError(f"{self.desk.collection_id} moved to another model; import again")
        view = patiently(lambda: self.desk.services.gallery.sync(now), self.stopped)
        self._seen = now, view
        return now, view

    def has(self, image_id: str, external_image_id: str | None, user_id: str | None) -> bool:
        """Tell whether faces of a picture were there when last seen; it costs no call.

        Args:
            image_id: of the picture.
            external_image_id: that it is imported with.
            user_id: whose face it must have, if not None.
        """
        if self._seen is None:
            return False
        collection, view = self._seen
        for index in range(MAX_FACES_PER_IMAGE):
            face_id = ids.face_id(collection.lineage, image_id, external_image_id, index)
            if face_id in view and user_id in {None, user_of(view, face_id)}:
                return True
        return False

    def _require_model(self, collection: Collection) -> FaceModel:
        models = self.desk.services.models
        model = models.of(collection.model_version)
        if model is None:
            raise LineamentError(
                f"{collection.collection_id} is bound to FaceModelVersion "
                f"{collection.model_version} and these settings run {', '.join(models.versions())}"
            )
        return model


def user_of(view: GalleryView, face_id: str) -> str | None:
    """Return the UserId that a face belongs to, or None."""
    owner = view.membership.owner(face_id)
    return None if owner is None else owner.user_id
