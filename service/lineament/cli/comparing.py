"""Comparing what an engine or this process answers with brute force over a snapshot.

The brute force shares nothing with the galleries but the snapshot: it is what they are judged by.
Every row is asked for by its key, so that no wrong vector is missed; some queries are asked in all
ways.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lineament.domain.engine import Kind, Row, VectorEngine
from lineament.domain.faces import Matrix, Vector
from lineament.domain.raw_ids import ID_TYPE, Ids, from_key, to_bytes, to_ids, to_key
from lineament.domain.row_index import RowIndex
from lineament.domain.similarity import Calibration
from lineament.domain.snapshots import Snapshot, unit_rows
from lineament.domain.templates import template, template_mark
from lineament.domain.users import User
from lineament.gallery.holdings import TemplatesView

KINDS: tuple[Kind, Kind] = ("faces", "users")
_ROWS = 2000
_LIMITS = (1, 10, 100, 4096)
_SIMILARITIES = (80.0, 99.0)
_COSINES = (0.4, 0.6)
"""In place of those, where no calibration is known."""
_TEMPLATES_PART = 4
"""A quarter of the queries, at most, are users' templates."""
_NOISE = 0.5
"""Length of what is added to half of the faces: another photo of a person is about as far."""
_ROUNDOFF = 1e-12
"""More than a product of two unit vectors in double precision can be off."""
Answer = list[tuple[str, float]]
Progress = Callable[[str, int, int], None]
"""Told of a stage, how much of it is done, and how much there is to do."""


class Ask(NamedTuple):
    """How a query is asked."""

    limit: int
    min_score: float


def ways(calibration: Calibration | None) -> list[Ask]:
    """Return the ways to ask: all limits without a threshold, and two thresholds."""
    low = _COSINES if calibration is None else [calibration.cosine(each) for each in _SIMILARITIES]
    return [*(Ask(limit, -1.0) for limit in _LIMITS), *(Ask(_LIMITS[-1], each) for each in low)]


@dataclass(slots=True)
class Compared:
    """What came of it."""

    rows: int = 0
    """Asked for by key."""
    wrong: int = 0
    """Of those, the ones that are missing or have another vector."""
    answers: int = 0
    """Of searches."""
    differ: dict[str, int] = field(default_factory=dict)
    """Answers that are not those of brute force, by whose they are."""


class Truth:
    """A snapshot's faces and templates, and what queries find among them."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Hold no vector beside the snapshot's."""
        self._snapshot = snapshot
        self._index = RowIndex(len(snapshot.ids))
        self._index.append(snapshot.ids)
        self._users = [user for user in snapshot.membership.users.values() if user.faces]
        self.counts: Mapping[Kind, int] = {"faces": len(snapshot.ids), "users": len(self._users)}

    def blocks(self, kind: Kind) -> Iterator[tuple[list[Row], Matrix]]:
        """Yield rows as an engine should have them, with their vectors, 4096 at a time."""
        for start in range(0, self.counts[kind], _ROWS):
            end = min(start + _ROWS, self.counts[kind])
            if kind == "faces":
                places = np.arange(start, end)
                yield self._rows(places), unit_rows(self._snapshot.halves[start:end])
            else:
                yield self.templates(self._users[start:end])

    def templates(self, users: Sequence[User]) -> tuple[list[Row], Matrix]:
        """Return the rows and vectors of those users of whose faces one is kept at least."""
        rows: list[Row] = []
        vectors = [np.zeros((0, self._snapshot.halves.shape[1]), np.float32)]
        for user in users:
            places = self._index.rows(to_ids(user.faces))
            places = places[places >= 0]
            key = to_key(user.key)
            if key is not None and len(places):
                rows.append((key, template_mark(self._rows(places))))
                vectors.append(template(unit_rows(self._snapshot.halves[places]))[None, :])
        return rows, np.concatenate(vectors)

    def queries(self, count: int, random: np.random.Generator) -> Matrix:
        """Return templates, faces as they are, and as many with noise: shape (n, d), n <= count."""
        some = min(count // _TEMPLATES_PART, len(self._users))
        chosen = random.permutation(len(self._users))[:some]
        _, templates = self.templates([self._users[place] for place in chosen])
        faces = min(count - len(templates), self.counts["faces"])
        places = random.permutation(self.counts["faces"])[:faces]
        vectors = unit_rows(self._snapshot.halves[places])
        noisy = vectors[::2] + random.normal(
            0, _NOISE / np.sqrt(vectors.shape[1] or 1), vectors[::2].shape
        )
        vectors[::2] = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
        return np.concatenate([templates, vectors])

    def _rows(self, places: NDArray[np.intp]) -> list[Row]:
        marks = self._snapshot.marks
        return [(to_bytes(self._snapshot.ids, each), int(marks[each])) for each in places.tolist()]


class Comparison:
    """A comparison with one snapshot."""

    def __init__(
        self, snapshot: Snapshot, count: int, keep: Callable[[], None], progress: Progress
    ) -> None:
        """Choose the queries.

        Args:
            snapshot: whose answers are right.
            count: queries.
            keep: called between two calls of the engine.
            progress: told how far it is.
        """
        self._truth = Truth(snapshot)
        self._queries = self._truth.queries(count, np.random.default_rng())
        self._generation = snapshot.generation
        self._keep, self._progress = keep, progress
        self._best = {kind: [_Best(query) for query in self._queries] for kind in KINDS}
        self.done = Compared()

    def look_through(self, engine: VectorEngine) -> None:
        """Ask for every row by its key, and find what the queries' answers are.

        Raises:
            EngineUnavailable: see the port.
        """
        total = sum(self._truth.counts.values())
        for kind in KINDS:
            table = engine.table(self._generation, kind)
            for rows, vectors in self._truth.blocks(kind):
                if not rows:
                    continue
                self._keep()
                there = table.get(rows)
                self.done.wrong += sum(
                    row not in there or not np.array_equal(there[row], vector)
                    for row, vector in zip(rows, vectors, strict=True)
                )
                self._find(kind, rows, vectors)
                self.done.rows += len(rows)
                self._progress("rows compared", self.done.rows, total)

    def _find(self, kind: Kind, rows: list[Row], vectors: Matrix) -> None:
        ids = np.frombuffer(b"".join(key for key, _ in rows), ID_TYPE)
        rough = vectors.astype(np.float64) @ self._queries.astype(np.float64).T
        for place, best in enumerate(self._best[kind]):
            best.add(ids, vectors, rough[:, place])

    def ask(self, views: Mapping[str, Mapping[Kind, TemplatesView]], asks: Sequence[Ask]) -> None:
        """Ask views of the snapshot, by their name, everything. To be called after looking through.

        Raises:
            EngineUnavailable: see the port.
        """
        kinds = [kind for kind in KINDS if self._truth.counts[kind]]
        total = len(self._queries) * len(kinds) * len(asks) * len(views)
        self.done.differ = dict.fromkeys(views, 0)
        for kind in kinds:
            for query, best in zip(self._queries, self._best[kind], strict=True):
                for ask in asks:
                    right = best.answer(ask)
                    for name, view in views.items():
                        self._keep()
                        found = view[kind].search(query, ask.min_score, ask.limit)
                        self.done.differ[name] += found != right
                        self.done.answers += 1
                self._progress("answers", self.done.answers, total)


class _Best:
    """The best rows for one query among those that were shown, by their exact scores."""

    def __init__(self, query: Vector) -> None:
        self._query = query.astype(np.float64)
        self._ids: list[Ids] = [np.empty(0, ID_TYPE)]
        self._scores: list[NDArray[np.float64]] = [np.empty(0)]
        self._held, self._floor = 0, -np.inf

    def add(self, ids: Ids, vectors: Matrix, rough: NDArray[np.float64]) -> None:
        some = np.flatnonzero(rough >= self._floor - _ROUNDOFF)
        self._ids.append(ids[some])
        self._scores.append((vectors[some].astype(np.float64) * self._query).sum(axis=1))
        self._held += len(some)
        if self._held > 2 * _LIMITS[-1]:
            self._shrink()

    def answer(self, ask: Ask) -> Answer:
        self._shrink()
        ids, scores = self._ids[0][: ask.limit], self._scores[0][: ask.limit]
        return [
            (from_key(to_bytes(ids, place)), float(score))
            for place, score in enumerate(scores)
            if score >= ask.min_score
        ]

    def _shrink(self) -> None:
        """Keep as many as anybody asks for: by score descending, equal ones by id."""
        if len(self._ids) == 1:
            return
        ids, scores = np.concatenate(self._ids), np.concatenate(self._scores)
        order = np.lexsort((ids, -scores))[: _LIMITS[-1]]
        self._ids, self._scores, self._held = [ids[order]], [scores[order]], len(order)
        if self._held == _LIMITS[-1]:
            self._floor = scores[order[-1]]
