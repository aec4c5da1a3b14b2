"""What `lineament move` compares with: its brute force, against a plainer one."""

from dataclasses import dataclass

import numpy as np
import pytest

from lineament.cli.comparing import KINDS, Ask, Comparison, ways
from lineament.domain.engine import Kind
from lineament.domain.faces import Matrix, Vector
from lineament.domain.raw_ids import to_bytes, to_ids, to_names
from lineament.domain.similarity import Calibration
from lineament.domain.snapshots import Snapshot, unit_rows
from lineament.domain.templates import template
from lineament.domain.users import Membership, User
from lineament.storage import loading
from tests.gallery.tables import PlainEngine
from tests.storage.world import ids_of, make_faces

_COUNT = 9000
"""More than two blocks, and than what a query's best are cut down from."""


@dataclass
class Plainly:
    """A view that sorts everything."""

    names: list[str]
    vectors: Matrix

    def vector(self, _name: str) -> Vector | None:
        return None

    def search(self, query: Vector, min_score: float, limit: int) -> list[tuple[str, float]]:
        scores = (self.vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1)
        order = sorted(range(len(scores)), key=lambda row: (-scores[row], self.names[row]))
        found = [(self.names[row], float(scores[row])) for row in order[:limit]]
        return [each for each in found if each[1] >= min_score]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """Return faces of which each has a twin, and two users."""
    records, vectors = make_faces(_COUNT)
    vectors[1::2] = vectors[::2]
    names = ids_of(records)
    user = User("00000000-0000-0000-0000-00000000000a", "ada", 1, tuple(names[:5]))
    other = User("00000000-0000-0000-0000-00000000000b", "ben", 2, (names[7],))
    members = Membership()
    users = members.users.insert(user.key, user).insert(other.key, other)
    marks = np.arange(_COUNT, dtype=np.int64)
    halves = vectors.astype(np.float16)
    return Snapshot("g", 9, to_ids(names), marks, halves, Membership(users))


@pytest.fixture
def views(snapshot: Snapshot) -> dict[Kind, Plainly]:
    rows = unit_rows(snapshot.halves)
    users = list(snapshot.membership.users.values())
    names = list(to_names(snapshot.ids))
    templates = [template(rows[[names.index(face) for face in user.faces]]) for user in users]
    return {
        "faces": Plainly(names, rows),
        "users": Plainly([user.key for user in users], np.stack(templates)),
    }


def test_brute_force_in_blocks(snapshot: Snapshot, views: dict[Kind, Plainly]) -> None:
    """Lost: right answers are called wrong, ties among them, or wrong ones right."""
    engine = PlainEngine()
    load = loading.Load(engine, snapshot)
    for kind, wanted in load._wanted.items():
        table = engine.table("g", kind)
        table.make(8)
        places = np.arange(wanted.index.count)
        table.put([wanted.row(int(place)) for place in places], wanted.vectors(places))
    told: list[tuple[str, int, int]] = []
    made = Comparison(snapshot, 12, lambda: None, lambda *some: told.append(some))
    made.look_through(engine)
    assert (made.done.rows, made.done.wrong) == (_COUNT + 2, 0)
    made.ask({"plain": views}, ways(None))
    assert made.done.answers == 12 * 6 * 2
    assert made.done.differ == {"plain": 0}
    assert told[-1] == ("answers", 144, 144)

    nearly = Plainly(views["faces"].names, np.nextafter(views["faces"].vectors, np.float32(2)))
    made.ask({"nearly": {**views, "faces": nearly}}, [Ask(1, -1.0)])
    assert made.done.differ == {"nearly": 12}

    table = engine.table("g", "faces")
    row = (to_bytes(snapshot.ids, 17), 17)
    table.put([row], nearly.vectors[17:18])
    table.remove([(to_bytes(snapshot.ids, 8000), 8000)])
    again = Comparison(snapshot, 12, lambda: None, lambda *_: None)
    again.look_through(engine)
    assert again.done.wrong == 2


def test_ways_to_ask() -> None:
    """Lost: thresholds that are asked for every day are not compared."""
    calibration = Calibration.from_knots((-1, 0.5, 1), (0, 80, 100))
    asks = ways(calibration)
    assert {ask.limit for ask in asks} == {1, 10, 100, 4096}
    assert sorted({ask.min_score for ask in asks}) == pytest.approx([-1.0, 0.5, 0.975])
    assert len(ways(None)) == len(asks) == 6
    assert KINDS == ("faces", "users")
