"""Finding stored faces again in the pictures that they came from, as `lineament reindex` does."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np

from lineament.domain import ids
from lineament.domain.collections import Collection
from lineament.domain.faces import FaceEngine, FaceRecord, Matrix, Source
from lineament.domain.limits import MAX_S3_IMAGE_BYTES
from lineament.domain.matching import find_face
from lineament.domain.ports import FaceStore, ObjectStore
from lineament.domain.similarity import FaceModel
from lineament.jobs.refusals import UNREADABLE

_RECORDS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Left:
    """A face that cannot be made anew, and why."""

    face_id: str
    image_id: str | None
    external_image_id: str | None
    sources: tuple[Source, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Faces of one picture, and every place that it was indexed from."""

    image_id: str
    records: tuple[FaceRecord, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the faces of a picture."""

    records: tuple[FaceRecord, ...]
    vectors: Matrix
    """Shape (len(records), d)."""
    left: tuple[Left, ...]


class Pictures:
    """The pictures of a collection by ImageId, as far as records of faces tell of them."""

    def __init__(self, faces: FaceStore) -> None:
        """Know none yet."""
        self._faces = faces
        self._sources: defaultdict[str, dict[Source, None]] = defaultdict(dict)

    def read(self, collection: Collection, face_ids: Set[str]) -> tuple[list[Picture], list[Left]]:
        """Return the pictures of faces, and the faces whose records are lost."""
        records = self.note(collection, face_ids)
        by_image: defaultdict[str, list[FaceRecord]] = defaultdict(list)
        for record in records:
            by_image[record.image_id].append(record)
        lost = set(face_ids) - {record.face_id for record in records}
        return [
            Picture(image_id, tuple(faces), tuple(self._sources[image_id]))
            for image_id, faces in by_image.items()
        ], [
            Left(face_id, None, None, (), "its record is lost; index its picture again")
            for face_id in sorted(lost)
        ]

    def note(self, collection: Collection, face_ids: Iterable[str]) -> list[FaceRecord]:
        """Read records; a place that one face of a picture knows is known to all of them."""
        wanted = sorted(face_ids)
        records: list[FaceRecord] = []
        for start in range(0, len(wanted), _RECORDS_AT_ONCE):
            part = wanted[start : start + _RECORDS_AT_ONCE]
            records += self._faces.records(collection, part).values()
        for record in records:
            if record.source is not None:
                self._sources[record.image_id][record.source] = None
        return records


def look(
    picture: Picture,
    region: str,
    objects: ObjectStore,
    engine: Callable[[], FaceEngine],
    model: FaceModel | None,
) -> Found:
    """Find the faces of a picture again and make their vectors.

    Args:
        picture: with the faces looked for.
        region: of its bucket.
        objects: S3.
        engine: the vision engine.
        model: makes the vectors; none are made where it is None, and they have no components.

    Raises:
        ProvisionedThroughputExceededException: S3 asks to slow down.
        ServiceUnavailable: S3 does not answer.
    """
    image, reason = _fetch(picture, region, objects)
    if image is None:
        return _none(picture, reason)
    try:
        seen = engine().analyse(image)
    except UNREADABLE as error:
        return _none(picture, error.message)
    places = {record: find_face(record.box, seen.faces) for record in picture.records}
    found = [record for record, place in places.items() if place is not None]
    left = [record for record, place in places.items() if place is None]
    distinct = sorted({place for place in places.values() if place is not None})
    vectors = np.empty((len(found), 0), np.float32)
    if model is not None and distinct:
        made = seen.embed(distinct, model.recogniser)
        vectors = made[[distinct.index(places[record] or 0) for record in found]]
    return Found(
        tuple(found),
        vectors,
        tuple(_left(picture, each, "the face is not found again in its picture") for each in left),
    )


def _fetch(picture: Picture, region: str, objects: ObjectStore) -> tuple[bytes | None, str]:
    """Return the picture's bytes, or why none of its places gives them."""
    reasons = []
    for source in picture.sources:
        try:
            image = objects.read(
                region, source.bucket, source.key, source.version, MAX_S3_IMAGE_BYTES
            )
        except UNREADABLE as error:
            reasons.append(error.message)
            continue
        if ids.image_id(image) == picture.image_id:
            return image, ""
        reasons.append("The S3 object holds another picture now.")
    return None, " ".join(dict.fromkeys(reasons)) or "It was not indexed from S3."


def _none(picture: Picture, reason: str) -> Found:
    left = tuple(_left(picture, record, reason) for record in picture.records)
    return Found((), np.empty((0, 0), np.float32), left)


def _left(picture: Picture, record: FaceRecord, reason: str) -> Left:
    return Left(record.face_id, record.image_id, record.external_image_id, picture.sources, reason)


def together(found: Sequence[Found]) -> tuple[list[FaceRecord], Matrix]:
    """Return the faces of several pictures and their vectors."""
    some = [each for each in found if each.records]
    if not some:
        return [], np.empty((0, 0), np.float32)
    records = [record for each in some for record in each.records]
    return records, np.concatenate([each.vectors for each in some])
