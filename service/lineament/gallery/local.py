"""Holdings in this process's memory."""

from collections.abc import Callable, Mapping, Sequence

from lineament.domain.faces import Vector
from lineament.domain.snapshots import Snapshot, unit_rows
from lineament.domain.users import Membership
from lineament.gallery.shelf import Shelf, ShelfView

_ROWS = 4096
"""Faces of a snapshot that are taken up at once."""


class Local:
    """The Holdings port on two shelves."""

    def __init__(self, looks_again: Callable[[], None] = lambda: None) -> None:
        """Hold nothing; `looks_again` is told of searches that one look was not enough for."""
        self._faces, self._templates = Shelf(looks_again), Shelf(looks_again)

    def fill(self, snapshot: Snapshot) -> None:
        """Take a snapshot's faces. Nothing may be there yet."""
        count, dimensions = snapshot.halves.shape
        if count:
            starts = range(0, count, _ROWS)
            blocks = (unit_rows(snapshot.halves[start : start + _ROWS]) for start in starts)
            self._faces.fill(snapshot.ids, dimensions, blocks, snapshot.times)

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        return self._faces.nbytes + self._templates.nbytes

    def begin(self) -> None:
        """Begin the changes of a step."""
        self._faces.begin()
        self._templates.begin()

    def add(self, faces: Mapping[str, Vector], indexed: Mapping[str, int]) -> None:
        """Put faces there, at least one."""
        times = [indexed.get(face_id, 0) for face_id in faces]
        self._faces.add(list(faces), list(faces.values()), times)

    def remove(self, face_id: str) -> None:
        """Take a face away, there or not."""
        self._faces.remove(face_id)

    def has(self, face_id: str) -> bool:
        """Tell whether a face is there now."""
        return self._faces.find(face_id) is not None

    def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those faces that are there now, looks into the rows."""
        found = {face_id: self._faces.find(face_id) for face_id in face_ids}
        return {face_id: vector for face_id, vector in found.items() if vector is not None}

    def aged(self, upto: int) -> list[str]:
        """Return the faces that were indexed then or before."""
        return self._faces.aged(upto)

    def oldest(self, after: int) -> int:
        """Return when the oldest face was indexed of those after a time."""
        return self._faces.oldest(after)

    def place(self, templates: Mapping[str, Vector | None]) -> None:
        """Put the new templates of users there; None takes one away."""
        for key, template in templates.items():
            if template is None:
                self._templates.remove(key)
        there = {key: template for key, template in templates.items() if template is not None}
        if there:
            self._templates.add(list(there), list(there.values()))

    def publish(self, _membership: Membership) -> tuple[ShelfView, ShelfView]:
        """End a step: return the views of this moment."""
        return self._faces.publish(), self._templates.publish()
