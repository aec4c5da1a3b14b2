"""Holdings whose vectors are in an engine, all but the newest.

Here are the ids and marks of a snapshot's faces, and in full what came after it. What the engine
has beyond that, or lacks of what has gone since, changes no answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from lineament.domain.engine import EngineUnavailable, Row, VectorTable
from lineament.domain.faces import Vector
from lineament.domain.raw_ids import from_key, to_bytes, to_ids
from lineament.domain.snapshots import Head
from lineament.domain.users import Membership
from lineament.gallery.certified import nearest
from lineament.gallery.known import Known
from lineament.gallery.shelf import Shelf, ShelfView


class Distant:
    """The Holdings port on two tables of an engine."""

    def __init__(
        self,
        head: Head,
        faces: VectorTable,
        users: VectorTable,
        *,
        looks_again: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin at a snapshot that the engine holds the vectors of.

        `looks_again` is told of searches that one look was not enough for.
        """
        self.known = Known.of(head)
        self._looks_again = looks_again
        self._faces, self._users = faces, users
        self._recent, self._templates = Shelf(), Shelf()

    @property
    def nbytes(self) -> int:
        """Memory held, about."""
        return self.known.nbytes + self._recent.nbytes + self._templates.nbytes

    def begin(self) -> None:
        """Begin the changes of a step."""
        self._recent.begin()
        self._templates.begin()

    def add(self, faces: Mapping[str, Vector], indexed: Mapping[str, int]) -> None:
        """Put faces there, at least one."""
        times = [indexed.get(face_id, 0) for face_id in faces]
        self._recent.add(list(faces), list(faces.values()), times)
        for face_id in faces:
            self.known = self.known.without(face_id)

    def remove(self, face_id: str) -> None:
        """Take a face away, there or not."""
        self._recent.remove(face_id)
        self.known = self.known.without(face_id)

    def has(self, face_id: str) -> bool:
        """Tell whether a face is there now."""
        return self._recent.find(face_id) is not None or self.known.row(face_id) is not None

    def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those faces that are there now."""
        here = {name: self._recent.find(name) for name in face_ids}
        return _vectors(here, self.known, self._faces)

    def aged(self, upto: int) -> list[str]:
        """Return the faces that were indexed then or before."""
        return self.known.aged(upto) + self._recent.aged(upto)

    def oldest(self, after: int) -> int:
        """Return when the oldest face was indexed of those after a time, or no later."""
        return min(self.known.oldest(after), self._recent.oldest(after))

    def place(self, templates: Mapping[str, Vector | None]) -> None:
        """Put the new templates of users there; None takes one away."""
        for key, template in templates.items():
            if template is None:
                self._templates.remove(key)
            else:
                self._templates.add([key], [template])

    def publish(self, membership: Membership) -> "tuple[DistantFaces, DistantTemplates]":
        """End a step: return the views of this moment."""
        return (
            DistantFaces(self.known, self._recent.publish(), self._faces, self._looks_again),
            DistantTemplates(
                self.known, self._templates.publish(), self._users, self._looks_again, membership
            ),
        )


@dataclass(frozen=True, slots=True)
class DistantFaces:
    """The FacesView port."""

    known: Known
    recent: ShelfView
    table: VectorTable
    looks_again: Callable[[], None]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.known) + len(self.recent)

    def __contains__(self, name: str) -> bool:
        """Tell whether one is there."""
        return name in self.recent or self.known.row(name) is not None

    def vector(self, name: str) -> Vector | None:
        """Return the vector of a face, or None."""
        return self.vectors([name]).get(name)

    def vectors(self, names: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of those that are there."""
        here = {name: self.recent.vector(name) for name in names}
        return _vectors(here, self.known, self.table)

    def page(self, after: str | None, limit: int) -> list[str]:
        """Return up to `limit` ids > `after`, ascending."""
        return list(islice(merge(self.known.after(after), self.recent.page(after, limit)), limit))

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Return the nearest faces, exactly; see the port."""
        return _search(self, self.known.counts, query, min_score, limit)


@dataclass(frozen=True, slots=True)
class DistantTemplates:
    """The TemplatesView port. A template of the engine counts if it is made of the same faces."""

    known: Known
    recent: ShelfView
    """Of users that have changed since the snapshot."""
    table: VectorTable
    looks_again: Callable[[], None]
    membership: Membership

    def vector(self, name: str) -> Vector | None:
        """Return the template of a user's key, or None."""
        here = self.recent.vector(name)
        row = None if here is not None else self._row(name)
        if row is None:
            return here
        found = self.table.get([row])
        if not found:
            raise EngineUnavailable("the engine lacks a template of a collection that it holds")
        return found[row]

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        """Return the keys of the users with the nearest templates, exactly; see the port."""
        return _search(self, self._counts, query, min_score, limit)

    def _counts(self, row: Row) -> bool:
        name = from_key(row[0])
        return name not in self.recent and self._row(name) == row

    def _row(self, name: str) -> Row | None:
        user = self.membership.find(name)
        return None if user is None or not user.faces else self.known.template_row(user)


def _vectors(
    here: Mapping[str, Vector | None], known: Known, table: VectorTable
) -> dict[str, Vector]:
    found = {name: vector for name, vector in here.items() if vector is not None}
    rows = {name: known.row(name) for name in here if name not in found}
    there = {name: row for name, row in rows.items() if row is not None}
    got = table.get(list(there.values())) if there else {}
    if len(got) < len(there):
        raise EngineUnavailable("the engine lacks vectors of a collection that it holds")
    return found | {name: got[row] for name, row in there.items()}


def _search(
    view: DistantFaces | DistantTemplates,
    counts: Callable[[Row], bool],
    query: Vector,
    min_score: float,
    limit: int,
) -> list[tuple[str, float]]:
    near = view.recent.search(query, min_score, limit)
    if not len(view.known):
        return near
    keys = to_ids(name for name, _ in near)
    rivals = [(to_bytes(keys, place), score) for place, (_, score) in enumerate(near)]
    found = nearest(view.table, counts, query, min_score, limit, rivals, view.looks_again)
    return [(from_key(key), score) for key, score in found]
