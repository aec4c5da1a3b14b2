"""What a gallery counts of its work, and what leaves when the bound is reached."""

import logging
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lineament.domain.collections import Change, Collection
from lineament.domain.counts import Counts
from lineament.domain.faces import Vector
from lineament.domain.raw_ids import to_ids
from lineament.domain.snapshots import Snapshot
from lineament.domain.users import Membership
from lineament.errors import ThrottlingException
from lineament.gallery import held
from lineament.gallery.memory import MemoryGallery
from tests.gallery.fake_log import ListLog

WIDTH = 64
_GROWTH = """
from pathlib import Path
from tests.gallery.test_memory_counts import Counts, filled, galleries

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

log = filled(5)
gallery = galleries(log, Counts())
gallery.sync(log.collection("first"))  # what is made once is not of a gallery
before, taken = gallery.nbytes(), resident()
for number in range(2000):
    gallery.sync(log.collection(f"g{number}"))
print(gallery.nbytes() - before, resident() - taken)
"""
"""What 2,000 galleries of five faces are counted as, and take: bytes of a process of its own."""


def directions(count: int, seed: int = 0) -> Any:
    rows = np.random.default_rng(seed).standard_normal((count, WIDTH)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(count: int = 100) -> ListLog:
    log = ListLog()
    log.add({str(uuid.uuid4()): vector for vector in directions(count)})
    return log


class Snapshots:
    """The Snapshots port: one of the generation "far", of equal faces."""

    def __init__(self, seq: int, faces: int) -> None:
        ids = to_ids(str(uuid.uuid4()) for _ in range(faces))
        halves = np.repeat(directions(1).astype(np.float16), faces, axis=0)
        marks = np.ones(faces, np.int64)
        self._snapshot = Snapshot("far", seq, ids, marks, halves, Membership())

    def newest(self, generation: str) -> Snapshot | None:
        return self._snapshot if generation == "far" else None


def galleries(
    log: ListLog, counts: Counts, bound: int = 1 << 30, snapshots: Snapshots | None = None
) -> MemoryGallery:
    return MemoryGallery(log, bound, snapshots=snapshots, counts=counts)


def weight(log: ListLog) -> int:
    """Return what one gallery of the log weighs."""
    gallery = galleries(log, Counts())
    gallery.sync(log.collection())
    return gallery.nbytes()


def test_memory_is_accounted_through_growth_eviction_and_drop() -> None:
    """Lost: an operator cannot tell from the metrics how full the bound is, or what left."""
    log, counts = filled(), Counts()
    one = weight(log)
    bound = 2 * one + one // 2
    gallery = galleries(log, counts, bound)
    assert (counts.gallery_bound.value, counts.galleries.value) == (bound, 0)
    for held_now, name in enumerate(("a", "b"), start=1):
        gallery.sync(log.collection(name))
        assert (counts.galleries.value, counts.gallery_bytes.value) == (held_now, held_now * one)
    assert counts.evictions.read() == {(): 0}
    gallery.sync(log.collection("c"))  # "a" leaves for it
    assert (counts.galleries.value, counts.gallery_bytes.value) == (2, 2 * one)
    assert counts.evictions.read() == {(): 1}
    before = gallery.nbytes()
    log.add({str(uuid.uuid4()): vector for vector in directions(100, seed=1)})
    gallery.sync(log.collection("c"))  # grows over the bound: "b" leaves
    assert counts.galleries.value == 1
    assert one < counts.gallery_bytes.value == gallery.nbytes() < before
    assert counts.evictions.read() == {(): 2}
    gallery.drop(log.collection("c"))
    assert (counts.galleries.value, counts.gallery_bytes.value, gallery.nbytes()) == (0, 0, 0)
    assert counts.evictions.read() == {(): 2}  # it was not pushed out


def test_many_small_galleries_weigh_what_they_take() -> None:
    """Lost: a server of thousands of small collections takes twice the memory that it was given."""
    told = subprocess.run(
        [sys.executable, "-c", _GROWTH], capture_output=True, text=True, timeout=60, check=True
    )
    counted, resident = map(int, told.stdout.split())
    assert 0.8 < counted / resident < 1.25


def test_a_gallery_that_others_overtook_while_it_was_read_stays() -> None:
    """Lost: a large collection on a busy server is read, dropped at once, and read again."""
    log = filled()
    gallery = galleries(log, Counts(), weight(log) * 3 // 2)
    whole = log.changes

    def changes(generation: str, after: int, upto: int) -> list[Change]:
        if generation == "slow":
            gallery.sync(log.collection("quick"))
        return whole(generation, after, upto)

    log.changes = changes  # type: ignore[method-assign]
    gallery.sync(log.collection("slow"))
    reads = log.reads
    gallery.sync(log.collection("slow"))
    assert log.reads == reads


def test_the_account_is_right_after_threads_have_fought_for_the_room() -> None:
    """Lost: the total drifts until galleries leave though there is room, or none ever leave."""
    log, counts = filled(), Counts()
    one = weight(log)
    gallery = galleries(log, counts, 3 * one + one // 2)
    names = [f"g{number}" for number in range(6)]

    def work(seed: int) -> None:
        draw = np.random.default_rng(seed)
        for _ in range(150):
            name = log.collection(names[draw.integers(6)])
            if draw.random() < 0.1:
                gallery.drop(name)
            else:
                assert len(gallery.sync(name)) == 100

    with ThreadPoolExecutor(4) as pool:
        for task in [pool.submit(work, seed) for seed in range(4)]:
            task.result()
    assert counts.gallery_bytes.value == gallery.nbytes() == counts.galleries.value * one
    assert 0 < counts.galleries.value <= 3
    assert counts.evictions.read()[()] > 0
    for name in names:
        gallery.drop(log.collection(name))
    assert (counts.galleries.value, gallery.nbytes()) == (0, 0)


def test_a_gallery_weighs_what_it_holds_after_a_read_that_failed() -> None:
    """Lost: what was read before DynamoDB throttled stays in memory and in no account."""
    log, counts = filled(), Counts()
    gallery = galleries(log, counts)
    for row in range(2500):  # a second step of the log
        log.add({str(uuid.UUID(int=row)): directions(1)[0]})
    whole, reads = log.changes, []

    def changes(generation: str, after: int, upto: int) -> Any:
        reads.append(after)
        if after:
            raise ThrottlingException
        return whole(generation, after, upto)

    log.changes = changes  # type: ignore[method-assign]
    with pytest.raises(ThrottlingException):
        gallery.sync(log.collection())
    assert len(reads) == 2
    assert counts.gallery_bytes.value > 2000 * WIDTH * 4
    assert counts.cold_starts.read() == {}
    log.changes = whole  # type: ignore[method-assign]
    gallery.sync(log.collection())
    assert counts.cold_starts.read() == {("log",): 1}
    assert counts.log_entries.read() == {(): 2501}


def test_cold_starts_are_told_apart_by_what_they_read() -> None:
    """Lost: nobody sees that processes start from logs because snapshots are missing."""
    log, counts = ListLog(), Counts()
    for _ in range(600):
        log.add({str(uuid.uuid4()): directions(1)[0]})
    gallery = galleries(log, counts, snapshots=Snapshots(598, 1))
    gallery.sync(log.collection("empty", seq=0))
    assert counts.cold_starts.read() == {}  # there was nothing to read
    gallery.sync(log.collection("empty"))  # it was not cold any more
    assert counts.cold_starts.read() == {}
    assert counts.log_entries.read() == {(): 600}
    gallery.sync(log.collection("near"))
    assert counts.cold_starts.read() == {("log",): 1}
    gallery.sync(log.collection("far"))
    gallery.sync(log.collection("far"))
    assert counts.cold_starts.read() == {("log",): 1, ("snapshot",): 1}
    assert counts.log_entries.read() == {(): 1202}


def test_searches_are_timed() -> None:
    """Lost: nobody sees searches become slow."""
    log, counts = filled(), Counts()
    view = galleries(log, counts).sync(log.collection())
    query: Vector = directions(1)[0]
    view.search(query, 0.5, 3)
    view.search_users(query, 0.5, 3)
    seen = counts.search_seconds.read()[()]
    assert seen.within[-1] == 2
    assert 0 < seen.total < 5
    assert counts.second_looks.read() == {(): 0}


@pytest.mark.parametrize("snapshots", [None, Snapshots(600, 20_000)], ids=["log", "snapshot"])
def test_searches_that_had_to_look_again_are_counted_once(snapshots: Snapshots | None) -> None:
    """Lost: a collection whose searches all take two or three scans looks like any other."""
    log, counts = ListLog(), Counts()
    log.add({str(uuid.uuid4()): directions(1)[0] for _ in range(20_000)})
    for _ in range(599):
        log.add({})
    gallery = galleries(log, counts, snapshots=snapshots)
    view = gallery.sync(log.collection("far"))
    assert len(view.search(directions(1)[0], 0.5, 4)) == 4  # all 20,000 are equally near
    assert counts.second_looks.read() == {(): 1}


def test_a_gallery_over_the_whole_bound_is_told_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: the bound is broken in silence, or the log drowns in lines about it."""
    now = 1000.0
    monkeypatch.setattr(held, "monotonic", lambda: now)
    log = filled()
    gallery = galleries(log, Counts(), 5000)
    collection: Collection = replace(log.collection("the-generation"), collection_id="secret-name")
    with caplog.at_level(logging.WARNING, "lineament.gallery"):
        for second in (0, 59, 61, 62):
            now = 1000.0 + second
            log.add({str(uuid.uuid4()): directions(1)[0]})
            gallery.sync(replace(collection, seq=len(log.entries)))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert all("the-generation" in line and "bound of 5000" in line for line in lines)
    assert "secret-name" not in caplog.text
