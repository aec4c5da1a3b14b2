"""The faces and users of a collection at one number of its log."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from rpds import HashTrieSet

from lineament.domain.counts import Counts
from lineament.domain.expiry import Term
from lineament.domain.faces import Vector
from lineament.domain.users import Membership, User
from lineament.gallery.holdings import FacesView, TemplatesView
from lineament.gallery.shelf import ShelfView


@dataclass(frozen=True, slots=True)
class Log:
    """A collection as its log has it: a Standing. Faces that have expired may still be there."""

    seq: int
    membership: Membership
    faces: FacesView
    """Those that have not expired."""
    expired: "HashTrieSet[str]"
    term: Term
    """By which they have."""
    oldest: int
    """None of `faces` was indexed before: epoch seconds."""

    def has_aged(self, now: Term) -> bool:
        """Tell whether faces have expired since, or some that had may be there again."""
        return 0 < now.upto >= self.oldest or self.is_loosened(now)

    def is_loosened(self, now: Term) -> bool:
        """Tell whether faces that had expired may be there again, since the rule is another."""
        return len(self.expired) > 0 and now.is_looser_than(self.term)

    def __contains__(self, face_id: str) -> bool:
        """Tell whether the face is in the log, expired or not."""
        return face_id in self.faces or face_id in self.expired


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
    log: "Log"
    """What the log tells, which still has faces that have expired."""

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
