"""Search in memory, beside a read of the bytes that it scans and brute force; changes; memory."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from lineament.cli.figures import Figure
from lineament.cli.gallery_bench import people
from lineament.cli.gallery_bench.context import Context
from lineament.cli.vision_bench.part import Part
from lineament.domain.faces import Matrix, Vector
from lineament.gallery.shelf import Shelf, ShelfView
from lineament.vision.profiles import read_profile

_STEPS = (10_000, 30_000, 100_000, 300_000)


@dataclass(frozen=True, slots=True)
class Times:
    """Median ms of one search over so many faces, and of what it is measured by."""

    faces: int
    search: float
    """10 best of at least Similarity 80, in this process's threads."""
    read: float
    """Every byte that the search scans, by two threads."""
    numpy: float
    """All products in float32, by two threads, and the 10 best."""
    flat: float
    """faiss IndexFlatIP, its threads, the 10 best; 0 where it was not asked."""


def run(context: Context) -> Part:
    """Fill a gallery step by step, measure at each, and change it at last."""
    before = _resident()
    shelf, view = Shelf(), ShelfView.empty()
    shelf.begin()
    queries: list[Vector] = []
    grown: list[Times] = []
    steps = [step for step in _STEPS if step < context.faces] + [context.faces]
    filled = held = 0
    for step in steps:
        for names, vectors in people.faces(filled, step, context.dimensions):
            shelf.add(names, list(vectors))
            queries.append(vectors[17].copy())
        filled, view = step, shelf.publish()
        held = _resident() - before
        grown.append(_times(view, queries[-context.rounds :], flat=step == context.faces))
    last = grown[-1]
    figures = [
        *_growth(grown),
        Figure.at_most("search_over_read", last.search / last.read, 1.5),
        Figure.at_least("numpy_over_search", last.numpy / last.search, 3.0),
        Figure.plain("faiss_flat_over_search", last.flat / last.search),
        *_recalls(view, queries[:: max(1, len(queries) // 5)][:5]),
        Figure.at_most(
            "memory_over_codes_and_vectors", held / (filled * context.dimensions * 5), 1.3
        ),
        *_changes(shelf, context.dimensions),
    ]
    return Part(_lines(grown), figures, [lambda axes: _draw(axes, grown)])


def _growth(grown: Sequence[Times]) -> list[Figure]:
    """Compare each step's growth with that of the faces; the worst step counts."""
    worst = [many.search / few.search / (many.faces / few.faces) for few, many in pairwise(grown)]
    return [Figure.at_most("search_growth_over_linear", max(worst), 1.5)] if worst else []


def _lines(grown: Sequence[Times]) -> list[str]:
    return [
        f"{'faces':>10}{'search':>10}{'read':>10}{'numpy':>10}{'flat':>10}   (median ms)",
        *(
            f"{each.faces:>10}{each.search:>10.2f}{each.read:>10.2f}{each.numpy:>10.2f}"
            f"{each.flat or float('nan'):>10.2f}"
            for each in grown
        ),
    ]


def _times(view: ShelfView, queries: list[Vector], *, flat: bool) -> Times:
    low = read_profile("default").model.calibration.cosine(80)
    blocks = view.blocks()
    scanned = [block for block, _ in blocks]
    vectors = [rows for _, rows in blocks]
    pool = ThreadPoolExecutor(2)
    flat_ms = 0.0
    if flat:
        index = faiss.IndexFlatIP(vectors[0].shape[1])
        for rows in vectors:
            index.add(rows)
        flat_ms = _median(lambda query: index.search(query[None, :], 10), queries[:10])
        del index
    return Times(
        faces=len(view),
        search=_median(lambda query: view.search(query, low, 10), queries),
        read=_median(lambda _: list(pool.map(_read, _halves(scanned))), queries),
        numpy=_median(lambda query: _brute_force(vectors, query), queries[:10]),
        flat=flat_ms,
    )


def _median(call: Callable[[Vector], object], queries: list[Vector]) -> float:
    times = []
    for query in queries:
        start = time.perf_counter()
        call(query)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _halves(blocks: list[NDArray[np.uint8]]) -> list[list[NDArray[np.uint8]]]:
    """Return the bytes as two equal shares."""
    shares: list[list[NDArray[np.uint8]]] = [[], []]
    for block in blocks:
        flat = block.reshape(-1)
        middle = len(flat) // 16 * 8
        shares[0].append(flat[:middle])
        shares[1].append(flat[middle:])
    return shares


def _read(blocks: list[NDArray[np.uint8]]) -> int:
    return sum(int(block[: len(block) // 8 * 8].view(np.uint64).sum()) for block in blocks)


def _brute_force(vectors: list[Matrix], query: Vector) -> NDArray[np.intp]:
    scores = np.concatenate([rows @ query for rows in vectors])
    best: NDArray[np.intp] = np.argpartition(scores, -10)[-10:]
    return best


def _recalls(view: ShelfView, queries: list[Vector]) -> list[Figure]:
    """Compare answers with all products in double precision, at k and at thresholds."""
    calibration = read_profile("default").model.calibration
    asked = {
        "k_10": (-1.0, 10),
        "k_4096": (-1.0, 4096),
        "similarity_80": (calibration.cosine(80), 4096),
        "similarity_99": (calibration.cosine(99), 4096),
    }
    vectors = [rows for _, rows in view.blocks()]
    figures = []
    for name, (low, limit) in asked.items():
        right = wanted = 0
        for query in queries:
            exact = np.concatenate(
                [
                    (rows.astype(np.float64) * query.astype(np.float64)).sum(axis=1)
                    for rows in vectors
                ]
            )
            expected = np.sort(exact[exact >= low])[::-1][:limit]
            found = np.array([score for _, score in view.search(query, low, limit)])
            wanted += len(expected)
            right += int((found == expected).sum()) if len(found) == len(expected) else 0
        figures.append(Figure.at_least(f"recall_{name}", right / max(wanted, 1), 1.0))
    return figures


def _changes(shelf: Shelf, dimensions: int) -> list[Figure]:
    """Time single additions and removals, a thousand of each."""
    ((names, vectors),) = people.faces(10**9, 10**9 + 1000, dimensions)

    def append(place: int) -> None:
        shelf.add([names[place]], [vectors[place]])

    def delete(place: int) -> None:
        shelf.remove(names[place])

    return [
        Figure.at_most("append_microseconds", _microseconds(append, len(names)), 50.0),
        Figure.at_most("delete_microseconds", _microseconds(delete, len(names)), 10.0),
    ]


def _microseconds(change: Callable[[int], None], times: int) -> float:
    taken = []
    for place in range(times):
        start = time.perf_counter()
        change(place)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e6


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _draw(axes: Any, grown: Sequence[Times]) -> None:  # noqa: ANN401 - matplotlib's
    faces = [times.faces for times in grown]
    for name in ("search", "read", "numpy"):
        axes.loglog(faces, [getattr(times, name) for times in grown], marker="o", label=name)
    axes.set_xlabel("faces")
    axes.set_ylabel("median ms")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
