"""Where the vectors of a generation are: what a generation asks of that."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lineament.domain.faces import Vector
from lineament.domain.users import Membership

NEVER = 2**32 - 1
"""Later than any face is indexed."""


class TemplatesView(Protocol):
    """The templates of a generation's users at one number. Immutable."""

    def vector(self, name: str) -> Vector | None:
        """Return the template of a user's key, or None."""
        ...

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """As `GalleryView.search_users`."""
        ...


class FacesView(TemplatesView, Protocol):
    """The faces of a generation at one number, by FaceId. Immutable."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __contains__(self, name: str) -> bool:
        """Tell whether one is there."""
        ...

    def vectors(self, names: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those that are there."""
        ...

    def page(self, after: str | None, limit: int) -> list[str]:
        """Return up to `limit` ids > `after`, ascending."""
        ...


class Holdings(Protocol):
    """The faces and templates of a generation, for its one writer."""

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        ...

    def begin(self) -> None:
        """Begin the changes of a step."""
        ...

    def add(self, faces: Mapping[str, Vector], indexed: Mapping[str, int]) -> None:
        """Put faces there, at least one; one that is there gets the new vector.

        Args:
            faces: with their vectors.
            indexed: when, epoch seconds; of one that is absent nothing is known.
        """
        ...

    def remove(self, face_id: str) -> None:
        """Take a face away, there or not."""
        ...

    def has(self, face_id: str) -> bool:
        """Tell whether a face is there now."""
        ...

    def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those faces that are there now."""
        ...

    def aged(self, upto: int) -> list[str]:
        """Return the faces that are there now and were indexed then or before, epoch seconds.

        Looks at every face: at most once a second is worth it, see `Generation.has_aged`.
        """
        ...

    def oldest(self, after: int) -> int:
        """Return when the oldest face was indexed of those after a time, or no later than that.

        Looks at every face too. `NEVER` where there is none.
        """
        ...

    def place(self, templates: Mapping[str, Vector | None]) -> None:
        """Put the new templates of users there, by key; None takes one away."""
        ...

    def publish(self, membership: Membership) -> tuple[FacesView, TemplatesView]:
        """End a step: return the views of this moment, whose users are `membership`."""
        ...
