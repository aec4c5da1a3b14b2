"""All that a call does in memory beside the scan: does it grow with the collection?

The log is one in memory: what DynamoDB's own answers take is `lineament bench storage`'s subject.
"""

import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lineament.cli.figures import Figure
from lineament.cli.gallery_bench import people
from lineament.cli.gallery_bench.context import Context
from lineament.cli.gallery_bench.deployment import SCOPE, gallery
from lineament.cli.vision_bench.part import Part
from lineament.domain.collections import Change, Collection
from lineament.domain.faces import Vector
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView

_TURNS = 100
_PAGE = 100
_BAR = 1.0
"""Milliseconds that a call may take longer among the most faces than among the fewest."""
_MIDDLE = "80000000-0000-4000-8000-000000000000"
"""About half of the ids come after it."""


@dataclass(frozen=True, slots=True)
class Times:
    """Median ms at one number of faces."""

    faces: int
    sync_one: float
    """Taking up an entry of one face and publishing the view: the first call after IndexFaces."""
    sync_worst: float
    """The longest of them."""
    sync_none: float
    """Nothing new."""
    vector: float
    """Of a face by its id, as SearchFaces looks it up."""
    page: float
    """A page of ListFaces from the middle."""
    page_after_one: float
    """The same, first after an added face."""


class _Log:
    """A ChangeLog in memory, which forgets what it has told."""

    def __init__(self) -> None:
        self.seq = 0
        self._waiting: list[Change] = []

    def add(self, names: Sequence[str], vectors: Sequence[Vector]) -> None:
        self.seq += 1
        self._waiting.append(Change(self.seq, dict(zip(names, vectors, strict=True))))

    def changes(self, _generation: str, _after: int, _upto: int) -> list[Change]:
        told, self._waiting = self._waiting, []
        return told


def run(context: Context) -> Part:
    """Fill a gallery step by step and time single calls at each."""
    log = _Log()
    galleries = gallery(log)
    collection = Collection(SCOPE, "calls", uuid.uuid4().hex, "m", 0.0)
    grown: list[Times] = []
    filled = 0
    for step in context.steps():
        for names, vectors in people.faces(filled, step, context.dimensions):
            log.add(names, list(vectors))
            galleries.sync(replace(collection, seq=log.seq))
        filled = step
        grown.append(_times(step, log, galleries, collection, context.dimensions))
    return Part(
        _lines(grown),
        [
            Figure.at_most("calls_growth_ms", _together(grown[-1]) - _together(grown[0]), _BAR),
            *(
                Figure.plain(f"{name}_ms_{each.faces}", getattr(each, name))
                for each in grown
                for name in ("sync_one", "vector", "page", "page_after_one")
            ),
        ],
    )


def _times(
    faces: int, log: _Log, galleries: MemoryGallery, collection: Collection, dimensions: int
) -> Times:
    ((names, vectors),) = people.faces(10**9 + faces, 10**9 + faces + 2 * _TURNS, dimensions)

    def sync() -> MemoryGalleryView:
        return galleries.sync(replace(collection, seq=log.seq))

    one, after = [], []
    for place in range(_TURNS):
        log.add([names[place]], [vectors[place]])
        one.append(_ms(sync))
    for place in range(_TURNS, 2 * _TURNS):
        log.add([names[place]], [vectors[place]])
        after.append(_ms(partial(sync().page, _MIDDLE, _PAGE)))
    view = sync()
    return Times(
        faces,
        statistics.median(one),
        max(one),
        statistics.median(_ms(sync) for _ in range(_TURNS)),
        statistics.median(_ms(partial(view.vector, name)) for name in view.page(_MIDDLE, _TURNS)),
        statistics.median(_ms(partial(view.page, _MIDDLE, _PAGE)) for _ in range(_TURNS)),
        statistics.median(after),
    )


def _together(times: Times) -> float:
    return times.sync_one + times.vector + times.page_after_one


def _ms(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def _lines(grown: Sequence[Times]) -> list[str]:
    columns = ("sync_one", "sync_worst", "sync_none", "vector", "page", "page_after_one")
    return [
        f"{'faces':>10}" + "".join(f"{name:>16}" for name in columns) + "   (median ms)",
        *(
            f"{each.faces:>10}" + "".join(f"{getattr(each, name):>16.4f}" for name in columns)
            for each in grown
        ),
    ]
