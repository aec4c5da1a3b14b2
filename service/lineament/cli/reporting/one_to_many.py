"""`lineament report one-to-many`: the test of 2018, of people searched in a gallery of others.

It asks the service itself, through its API: a collection, IndexFaces and SearchFacesByImage.
Probes are people who are not enrolled, so whatever matches them is false. Of enrolled people who
have another photo, that one is searched as well.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lineament.cli.reporting.labelled import Labelled, Photo
from lineament.cli.reporting.pairing import FLOOR
from lineament.errors import LineamentError

PROBES = 535
"""The members of Congress in 2018."""
_PART = 5
"""Where fewer than five times as many people are there, a fifth of them are probes."""
_COLLECTION = "report"
_MOST = 4096
"""Matches of a search, AWS's limit."""
_REFUSALS = frozenset(
    {
        "InvalidImageFormatException",
        "ImageTooLargeException",
        "InvalidParameterException",
        "ValidationException",
    }
)
"""What a photo can be refused with: no picture, too large, no face in it, empty."""


class DrawError(LineamentError):
    """There are fewer people than asked for."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Who is searched, and who is enrolled."""

    probes: tuple[Photo, ...]
    """One of each person who is not enrolled."""
    gallery: tuple[Photo, ...]
    """One of each person who is."""
    mates: tuple[Photo, ...]
    """Another photo of each enrolled person who has one."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search brought."""

    photo: Photo
    searched: bool
    """False where the photo could not be: no face."""
    matches: tuple[tuple[Photo, float], ...]
    """Enrolled photos and Similarity, from `FLOOR` up, best first."""


@dataclass(frozen=True, slots=True)
class Searches:
    """The test as it was done."""

    face_model_version: str
    enrolled: tuple[Photo, ...]
    not_enrolled: tuple[Photo, ...]
    """Photos of the gallery that IndexFaces took no face of."""
    probes: tuple[Search, ...]
    mates: tuple[Search, ...]


def draw(labelled: Labelled, probes: int | None, gallery: int | None, seed: int) -> Draw:
    """Choose people and photos by chance, the same for the same seed.

    Args:
        labelled: the photos.
        probes: how many people are not enrolled; None for 535, or a fifth of all if that is less.
        gallery: how many people are enrolled; None for all others.
        seed: of the choice.

    Raises:
        DrawError: there are not that many people.
    """
    photos: dict[str, list[Photo]] = defaultdict(list)
    for photo in labelled.photos:
        photos[photo.person].append(photo)
    chance = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    people = sorted(photos)
    chance.shuffle(people)
    searched = min(PROBES, max(1, len(people) // _PART)) if probes is None else probes
    enrolled = len(people) - searched if gallery is None else gallery
    if searched < 1 or enrolled < 1 or searched + enrolled > len(people):
        raise DrawError(
            f"{searched:,} probes and a gallery of {max(enrolled, 0):,} were asked for, "
            f"at least one of each; there are {len(people):,} people"
        )
    shuffled = {person: chance.sample(photos[person], len(photos[person])) for person in people}
    inside = people[searched : searched + enrolled]
    return Draw(
        tuple(shuffled[person][0] for person in people[:searched]),
        tuple(shuffled[person][0] for person in inside),
        tuple(shuffled[person][1] for person in inside if len(shuffled[person]) > 1),
    )


def search(
    rekognition: Any,  # noqa: ANN401 - boto3's client
    chosen: Draw,
    quality: str = "AUTO",
    watch: Callable[[], object] = lambda: None,
) -> Searches:
    """Enrol the gallery and search the others in it.

    Args:
        rekognition: a client of the service; the collection is made and deleted.
        chosen: who is searched, and who enrolled.
        quality: the QualityFilter of IndexFaces; searches filter nothing, as by default.
        watch: called after each photo.
    """
    made = rekognition.create_collection(CollectionId=_COLLECTION)
    enrolled: list[Photo] = []
    missing: list[Photo] = []
    try:
        for number, photo in enumerate(chosen.gallery):
            indexed = _index(rekognition, photo, str(number), quality)
            (enrolled if indexed else missing).append(photo)
            watch()
        found = []
        for photo in (*chosen.probes, *chosen.mates):
            found.append(_search(rekognition, photo, chosen.gallery))
            watch()
    finally:
        rekognition.delete_collection(CollectionId=_COLLECTION)
    count = len(chosen.probes)
    return Searches(
        str(made["FaceModelVersion"]),
        tuple(enrolled),
        tuple(missing),
        tuple(found[:count]),
        tuple(found[count:]),
    )


def _index(rekognition: Any, photo: Photo, number: str, quality: str) -> bool:  # noqa: ANN401
    answer = _ask(
        rekognition.index_faces,
        photo,
        ExternalImageId=number,
        MaxFaces=1,
        QualityFilter=quality,
    )
    return bool(answer and answer["FaceRecords"])


def _search(rekognition: Any, photo: Photo, gallery: Sequence[Photo]) -> Search:  # noqa: ANN401
    answer = _ask(
        rekognition.search_faces_by_image, photo, FaceMatchThreshold=FLOOR, MaxFaces=_MOST
    )
    if answer is None:
        return Search(photo, searched=False, matches=())
    matches = (
        (gallery[int(match["Face"]["ExternalImageId"])], float(match["Similarity"]))
        for match in answer["FaceMatches"]
    )
    return Search(photo, searched=True, matches=tuple(matches))


def _ask(
    operation: Callable[..., Mapping[str, Any]],
    photo: Photo,
    **params: object,
) -> Mapping[str, Any] | None:
    """Return the answer, or None where the photo is refused."""
    try:
        return operation(
            CollectionId=_COLLECTION, Image={"Bytes": photo.path.read_bytes()}, **params
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _REFUSALS:
            return None
        raise
