"""Finding a person's faces in the collections of an account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceRecord, Vector
from lineament.domain.ports import GalleryView
from lineament.errors import LineamentError
from lineament.handlers.ranking import ranked
from lineament.handlers.services import Services
from lineament.storage.collections import all_items, known_scopes
from lineament.storage.erasing import Erasing
from lineament.storage.provision import Tables
from lineament.storage.records import from_collection_item
from lineament.storage.table import Item

_ITSELF = 100.0


class NobodyFound(LineamentError):
    """No face is meant by what was given; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """What to look in."""

    account: str
    region: str | None = None
    """None: all."""
    collection_id: str | None = None
    """None: all."""

    def items(self, tables: Tables) -> Iterator[tuple[Scope, Item]]:
        """Yield the items of collections, deleted ones included."""
        for scope in known_scopes(tables.control):
            if scope.account == self.account and self.region in {None, scope.region}:
                for item in all_items(tables.control, scope):
                    name = str(item["sk"]["S"]).partition("#")[2]
                    if self.collection_id in {None, name}:
                        yield scope, item


@dataclass(frozen=True, slots=True)
class Match:
    """A face that is the person's, by its similarity."""

    collection: Collection
    face_id: str
    similarity: float
    """To the face or picture that was given, 0 to 100."""
    user_id: str
    """Empty where it is no user's."""
    external_image_id: str
    """Empty where it has none."""


@dataclass(slots=True)
class Finder:
    """Looks into every collection, at faces that have expired as well."""

    services: Services
    erasing: Erasing
    tables: Tables
    place: Place
    threshold: float
    passed_over: list[str] = field(default_factory=list)
    """Collections that could not be compared, since this service does not run their model."""

    def by_face(self, face_id: str) -> list[Match]:
        """Return a face and those that are like it, in collections of the same model.

        Empty where no collection has the face.
        """
        for collection in self._collections():
            vector = self.erasing.view(collection).vector(face_id)
            if vector is not None:
                return self._alike({collection.model_version: vector}, face_id)
        return []

    def by_picture(self, picture: bytes) -> list[Match]:
        """Return the faces that are like the largest one of a picture.

        Raises:
            NobodyFound: there is no face in it.
            LineamentError: it cannot be read.
        """
        seen = self.services.engine().analyse(picture)
        if not seen.faces:
            raise NobodyFound("there is no face in the picture")
        vectors: dict[str, Vector] = {}
        for version in {collection.model_version for collection in self._collections()}:
            model = self.services.models.of(version)
            if model is not None:
                vectors[version] = seen.embed([0], model.recogniser)[0]
        return self._alike(vectors, "")

    def _alike(self, vectors: Mapping[str, Vector], face_id: str) -> list[Match]:
        found = []
        for collection in self._collections():
            view = self.erasing.view(collection)
            vector = vectors.get(collection.model_version)
            similar = {face_id: _ITSELF} if face_id in view else {}
            model = self.services.models.of(collection.model_version)
            if vector is None or model is None:
                self.passed_over.append(f"{collection.scope.region}/{collection.collection_id}")
            else:
                # All of them, whatever a search on the wire may tell: a receipt is given for it.
                everybody = max(1, len(view))
                near = ranked(
                    partial(view.search, vector), model.calibration, self.threshold, everybody
                )
                similar = dict(near) | similar
            records = self.services.faces.records(collection, list(similar))
            found += [
                _match(collection, view, name, similarity, records.get(name))
                for name, similarity in similar.items()
            ]
        return found

    def _collections(self) -> list[Collection]:
        found = (from_collection_item(*each) for each in self.place.items(self.tables))
        return [collection for collection in found if collection is not None]


def _match(
    collection: Collection,
    view: GalleryView,
    face_id: str,
    similarity: float,
    record: FaceRecord | None,
) -> Match:
    owner = view.membership.owner(face_id)
    external = None if record is None else record.external_image_id
    user_id = "" if owner is None else owner.user_id
    return Match(collection, face_id, similarity, user_id, external or "")
