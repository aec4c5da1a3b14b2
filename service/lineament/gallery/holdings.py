"""Where the vectors of a generation are: what a generation asks of that."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lineament.domain.faces import Vector
from lineament.domain.users import Membership


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

    def add(self, faces: Mapping[str, Vector]) -> None:
        """Put faces there, at least one; one that is there gets the new vector."""
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

    def place(self, templates: Mapping[str, Vector | None]) -> None:
        """Put the new templates of users there, by key; None takes one away."""
        ...

    def publish(self, membership: Membership) -> tuple[FacesView, TemplatesView]:
        """End a step: return the views of this moment, whose users are `membership`."""
        ...
