"""`lineament bench gallery`: exact search in memory, beside a read of its bytes and brute force."""

import argparse
import os
import platform
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from lineament.cli.arguments import writable
from lineament.cli.figures import Figure, report
from lineament.domain.faces import Matrix, Vector
from lineament.gallery.shelf import Shelf, ShelfView
from lineament.vision.profiles import read_profile

_PHOTOS = 10
"""Of each person."""
_SPREAD = 0.75
"""Of a person's photos, beside the person: most pairs of them reach Similarity 80."""
_BATCH = 10_000
_QUERIES = 40
_STEPS = (10_000, 30_000, 100_000, 300_000, 1_000_000)


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


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--faces", type=int, default=_STEPS[-1], help="how many (%(default)s)")
    parser.add_argument("--dimensions", type=int, default=192, help="of a vector (%(default)s)")
    parser.add_argument("--rounds", type=int, default=_QUERIES, help="searches (%(default)s)")
    parser.add_argument("--json", type=writable, metavar="FILE", help="keep the figures")
    parser.add_argument("--plot", type=writable, metavar="FILE", help="draw growth into this PNG")


def run(args: argparse.Namespace) -> int:
    """Fill a gallery step by step, measure at each, and print figures; 1 when one is short."""
    cores = os.cpu_count()
    print(f"{platform.machine()}, {cores} cores, {args.dimensions} components, clustered vectors")
    print(f"{'faces':>10}{'search':>10}{'read':>10}{'numpy':>10}{'flat':>10}   (median ms)")
    before = _resident()
    shelf, view = Shelf(), ShelfView.empty()
    shelf.begin()
    queries: list[Vector] = []
    grown: list[Times] = []
    steps = [step for step in _STEPS if step < args.faces] + [args.faces]
    filled = 0
    for step in steps:
        for names, vectors in _faces(filled, step, args.dimensions):
            shelf.add(names, list(vectors))
            queries.append(vectors[17].copy())
        filled, view = step, shelf.publish()
        if step == args.faces:
            held = _resident() - before
        asked = queries[-args.rounds :]
        grown.append(_times(view, asked, flat=step == args.faces))
        last = grown[-1]
        print(
            f"{step:>10}{last.search:>10.2f}{last.read:>10.2f}{last.numpy:>10.2f}"
            f"{last.flat or float('nan'):>10.2f}"
        )
    figures = [
        Figure.at_most("search_over_read", last.search / last.read, 1.5),
        Figure.at_least("numpy_over_search", last.numpy / last.search, 3.0),
        Figure.plain("faiss_flat_over_search", last.flat / last.search),
        *_recalls(view, queries[:: max(1, len(queries) // 5)][:5]),
        Figure.at_most("memory_over_codes_and_vectors", held / (filled * args.dimensions * 5), 1.3),
        *_changes(shelf, args.dimensions),
    ]
    if args.plot is not None:
        _draw(grown, args.plot)
        print(f"picture: {args.plot}")
    return report(figures, args.json)


def _faces(start: int, end: int, dimensions: int) -> Iterator[tuple[list[str], Matrix]]:
    """Yield ids and vectors of faces: people with ten photos each, the same at every run."""
    for first in range(start, end, _BATCH):
        count = min(_BATCH, end - first)
        random = np.random.default_rng(first)
        people = random.normal(size=(-(-count // _PHOTOS), dimensions))
        people /= np.linalg.norm(people, axis=1, keepdims=True)
        noise = random.normal(size=(count, dimensions)) * (_SPREAD / np.sqrt(dimensions))
        rows = np.repeat(people, _PHOTOS, axis=0)[:count] + noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        ids = random.bytes(16 * count)
        names = [str(uuid.UUID(bytes=ids[16 * i : 16 * i + 16])) for i in range(count)]
        yield names, rows.astype(np.float32)


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
    ((names, vectors),) = _faces(10**9, 10**9 + 1000, dimensions)

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


def _draw(grown: list[Times], path: Path) -> None:
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415 - matplotlib is slow

    canvas = Canvas(figsize=(8, 5), layout="constrained")
    axes = canvas.subplots()
    faces = [times.faces for times in grown]
    for name in ("search", "read", "numpy"):
        axes.loglog(faces, [getattr(times, name) for times in grown], marker="o", label=name)
    axes.set_xlabel("faces")
    axes.set_ylabel("median ms")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    canvas.savefig(path, dpi=100)
