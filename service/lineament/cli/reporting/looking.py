"""What the service makes of labelled photos: a vector each, or why there is none."""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lineament.cli.measuring.label_files import digest_of
from lineament.cli.measuring.lfw import subject_of
from lineament.cli.reporting.labelled import Labelled, Photo
from lineament.domain.attributes import AGE_RANGE, GENDER, Attributes
from lineament.domain.faces import FaceEngine, ImageFaces, Matrix, Vector
from lineament.domain.limits import MAX_S3_IMAGE_BYTES
from lineament.domain.quality import largest_passing, passing_faces
from lineament.domain.similarity import FaceModel
from lineament.errors import ServiceError

NO_FACE, POOR, UNREADABLE = "no face found", "stopped by the quality filter", "not readable"
LARGEST, CENTRAL = "largest", "central"
"""Whom a photo shows, of several: as searches choose, or the face nearest to the middle."""
ESTIMATES: Mapping[str, str] = {"gender": GENDER, "age": AGE_RANGE}
"""Groups that the service can guess itself: the option's word to the attribute."""
ESTIMATED = "as the service estimates it"
_WORKERS = 2
_AGES = ((0, "under 30"), (30, "30 to 44"), (45, "45 to 59"), (60, "60 and over"))


@dataclass(frozen=True, slots=True)
class Look:
    """What came of one photo."""

    vector: Vector | None
    failure: str
    """One of the above; empty where there is a vector."""
    faces: int
    digest: str
    attributes: Attributes = field(default_factory=Attributes)


@dataclass(frozen=True, slots=True)
class How:
    """How photos are looked at."""

    model: FaceModel
    quality: str = "AUTO"
    """The QualityFilter, as of IndexFaces."""
    face: str = LARGEST
    estimates: tuple[str, ...] = ()
    """Of `ESTIMATES`."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Labelled photos, looked at."""

    photos: tuple[Photo, ...]
    looks: tuple[Look, ...]
    columns: tuple[str, ...]
    """Of groups, those that were estimated last."""

    @property
    def vectors(self) -> Matrix:
        """Shape (photos, d); zeros where there is none."""
        length = next((len(look.vector) for look in self.looks if look.vector is not None), 1)
        empty = np.zeros(length, np.float32)
        return np.stack([empty if look.vector is None else look.vector for look in self.looks])

    @property
    def enrolled(self) -> NDArray[np.bool_]:
        """Shape (photos,): which have a vector."""
        return np.array([look.vector is not None for look in self.looks])

    @property
    def people(self) -> NDArray[np.intp]:
        """Shape (photos,): numbers from 0 by person."""
        names = {name: n for n, name in enumerate(dict.fromkeys(p.person for p in self.photos))}
        return np.array([names[photo.person] for photo in self.photos], np.intp)

    def groups(self, column: str) -> dict[str, NDArray[np.bool_]]:
        """Return which photos are of each group of a column, by its name."""
        told = [photo.groups.get(column) for photo in self.photos]
        names = sorted({name for name in told if name is not None})
        return {name: np.array([each == name for each in told]) for name in names}


def look_at(engine: FaceEngine, labelled: Labelled, how: How) -> Looked:
    """Find, filter and embed the face of each photo, with a progress bar.

    Args:
        engine: the service's.
        labelled: the photos.
        how: the choices.

    Raises:
        OSError: a photo went away.
    """
    with ThreadPoolExecutor(_WORKERS) as pool:
        looks = list(
            tqdm(
                pool.map(lambda photo: _look(engine, photo, how), labelled.photos),
                total=len(labelled.photos),
                unit="photo",
                mininterval=1 if sys.stderr.isatty() else 30,
            )
        )
    columns = {word: f"{word}, {ESTIMATED}" for word in how.estimates}
    photos = _with_estimates(labelled.photos, looks, columns)
    return Looked(photos, tuple(looks), (*labelled.columns, *columns.values()))


def _look(engine: FaceEngine, photo: Photo, how: How) -> Look:
    image = photo.path.read_bytes()
    digest = digest_of(image)
    try:
        picture = None if len(image) > MAX_S3_IMAGE_BYTES else engine.analyse(image)
    except ServiceError:  # what IndexFaces would refuse
        picture = None
    if picture is None:
        return Look(None, UNREADABLE, 0, digest)
    count = len(picture.faces)
    index = _subject(picture, how)
    if index is None:
        return Look(None, POOR if count else NO_FACE, count, digest)
    vector = picture.embed([index], how.model.recogniser)[0]
    wanted = frozenset(ESTIMATES[word] for word in how.estimates)
    (attributes,) = picture.describe([index], wanted)
    return Look(vector, "", count, digest, attributes)


def _subject(picture: ImageFaces, how: How) -> int | None:
    if how.face == LARGEST:
        return largest_passing(picture, how.quality, how.model.recogniser)
    index = subject_of(picture.faces)
    if index is None:
        return None
    return next(iter(passing_faces(picture, how.quality, how.model.recogniser, (index,))), None)


def _with_estimates(
    photos: Sequence[Photo], looks: Sequence[Look], columns: Mapping[str, str]
) -> tuple[Photo, ...]:
    """Add what is estimated: the same for all photos of a person, or their pairs would fall out."""
    seen: dict[str, list[Attributes]] = defaultdict(list)
    for photo, look in zip(photos, looks, strict=True):
        if look.vector is not None:
            seen[photo.person].append(look.attributes)
    readers: Mapping[str, Callable[[Sequence[Attributes]], str]] = {"gender": _gender, "age": _age}
    told = {
        person: {columns[word]: value for word in columns if (value := readers[word](attributes))}
        for person, attributes in seen.items()
    }
    return tuple(
        replace(photo, groups={**photo.groups, **told.get(photo.person, {})}) for photo in photos
    )


def _gender(seen: Sequence[Attributes]) -> str:
    votes: dict[str, float] = defaultdict(float)
    for each in seen:
        if each.gender is not None:
            votes[each.gender.value] += each.gender.confidence
    return max(sorted(votes), key=votes.__getitem__) if votes else ""


def _age(seen: Sequence[Attributes]) -> str:
    middles = [(each.age.low + each.age.high) / 2 for each in seen if each.age is not None]
    if not middles:
        return ""
    years = sum(middles) / len(middles)
    return next(name for least, name in reversed(_AGES) if years >= least)
