"""What the gallery holds when an image is looked at, and how a new face compares with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lineament.cli.bulk.places import Unfit
from lineament.domain import ids
from lineament.domain.collections import Collection
from lineament.domain.faces import Vector
from lineament.domain.limits import FACES_PER_USER, MAX_FACES_PER_IMAGE, USER_MATCH_THRESHOLD
from lineament.domain.ports import GalleryView
from lineament.domain.similarity import Calibration, reaches
from lineament.domain.templates import template
from lineament.domain.users import User

_SLACK = 1e-5
"""Cosine; as in `handlers.ranking`."""


@dataclass(frozen=True, slots=True)
class Present:
    """A gallery at one moment."""

    gallery: Collection
    view: GalleryView

    def user(self, celebrity_id: str) -> User | None:
        """Return the user that is a celebrity, or None."""
        return self.view.membership.find(ids.user_key(self.gallery.lineage, celebrity_id))

    def has(self, celebrity_id: str, image: bytes) -> bool:
        """Tell whether an image's face is the celebrity's already, without looking for faces."""
        image_id = ids.image_id(image)
        for index in range(MAX_FACES_PER_IMAGE):
            face_id = ids.face_id(self.gallery.lineage, image_id, celebrity_id, index)
            owner = self.view.membership.owner(face_id)
            if owner is not None and owner.user_id == celebrity_id:
                return True
        return False

    def faces(self, celebrity_id: str) -> list[Vector]:
        """Return the vectors of a celebrity's faces."""
        user = self.user(celebrity_id)
        found = (self.view.vector(face_id) for face_id in (user.faces if user else ()))
        return [vector for vector in found if vector is not None]

    def nearest(self, vector: Vector, min_score: float) -> Iterator[tuple[str, float]]:
        """Yield the ids of celebrities whose templates are near, with the cosines."""
        users = self.view.membership.users
        for key, cosine in self.view.search_users(vector, min_score, len(users) or 1):
            yield users[key].user_id, cosine


def require_alike(others: Sequence[Vector], vector: Vector, calibration: Calibration) -> None:
    """Check that a face may join a celebrity's others.

    Raises:
        Unfit: there is no room, or the face is not like them.
    """
    if not others:
        return
    if len(others) >= FACES_PER_USER:
        raise Unfit(f"the celebrity has {FACES_PER_USER} faces, the maximum")
    similarity = calibration.similarity(float(template(np.stack(others)) @ vector))
    if not reaches(similarity, USER_MATCH_THRESHOLD):
        raise Unfit(
            f"its face is like the celebrity's others with {similarity:.2f} only; "
            f"{USER_MATCH_THRESHOLD:g} is needed",
            similarity,
        )


def named_by(
    present: Present | None,
    rehearsed: Mapping[str, Sequence[Vector]],
    vector: Vector,
    calibration: Calibration,
    threshold: float,
) -> list[tuple[str, float]]:
    """Return the celebrities whose names a face could be given, the most alike first.

    Args:
        present: the gallery, if there is one.
        rehearsed: faces by celebrity id that a rehearsal would have added to it.
        vector: of the face.
        calibration: of the vectors.
        threshold: of RecognizeCelebrities.
    """
    lowest = calibration.cosine(threshold) - _SLACK
    cosines = {
        celebrity_id: float(template(np.stack(vectors)) @ vector)
        for celebrity_id, vectors in rehearsed.items()
    }
    if present is not None:
        cosines |= present.nearest(vector, lowest)
    found = ((name, calibration.similarity(cosine)) for name, cosine in cosines.items())
    kept = [(name, similarity) for name, similarity in found if reaches(similarity, threshold)]
    return sorted(kept, key=lambda pair: (-pair[1], pair[0]))
