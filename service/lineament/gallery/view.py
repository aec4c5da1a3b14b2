"""The faces and users of a collection at one number of its log."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from lineament.domain.counts import Counts
from lineament.domain.faces import Vector
from lineament.domain.users import Membership, User
from lineament.gallery.holdings import FacesView, TemplatesView
from lineament.gallery.shelf import ShelfView


@dataclass(frozen=True, slots=True)
class MemoryGalleryView:
    """The GalleryView port. Immutable; searches take no lock."""

    seq: int
    """The number up to which the log is in it."""
    membership: Membership
    faces: FacesView
    """By FaceId."""
    templates: TemplatesView
    """By the keys of those users that have faces."""
    directory: ShelfView
    """The keys of all users; its vectors have no components."""
    counts: Counts
    """Told of searches."""

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.faces)

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the collection holds the face."""
        return face_id in self.faces

    def vector(self, face_id: str) -> Vector | None:
        """Return the face's vector, or None."""
        return self.faces.vector(face_id)

    def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those faces that the collection holds."""
        return self.faces.vectors(face_ids)

    def page(self, after: str | None, limit: int) -> list[str]:
        """Return up to `limit` face ids > `after`, a face id here or not, ascending."""
        return self.faces.page(after, limit)

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Return (face id, cosine) of the nearest faces; see `ShelfView.search`."""
        return self._search(self.faces, query, min_score, limit)

    def template(self, key: str) -> Vector | None:
        """Return the vector that stands for a user's faces; None without user or faces."""
        return self.templates.vector(key)

    def user_page(self, after: str | None, limit: int) -> list[User]:
        """Return up to `limit` users with key > `after`, by key."""
        users = self.membership.users
        return [users[key] for key in self.directory.page(after, limit)]

    def search_users(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Return (key, cosine) of the users with the nearest templates; see `ShelfView.search`."""
        return self._search(self.templates, query, min_score, limit)

    def _search(
        self, shelf: TemplatesView, query: Vector, min_score: float, limit: int
    ) -> list[tuple[str, float]]:
        began = perf_counter()
        found = shelf.search(query, min_score, limit)
        self.counts.search_seconds.observe(perf_counter() - began)
        return found
