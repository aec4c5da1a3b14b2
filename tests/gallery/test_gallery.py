"""The gallery against a naive fold and brute force."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineament.domain.faces import Vector
from lineament.domain.raw_ids import to_key
from lineament.errors import ResourceNotFoundException
from lineament.gallery.memory import MemoryGallery
from lineament.gallery.view import MemoryGalleryView
from tests.gallery.fake_log import ListLog, brute_force

# Ids that differ in their first, middle and last byte, zero bytes at the end included.
IDS = [f"{n:x}0000000-0000-4000-8000-00000000000{m:x}" for n in (0, 10) for m in range(6)]
IDS += [str(uuid.UUID(int=n)) for n in (0, 1, 255, 256, 1 << 127, (1 << 128) - 1)]


def directions(count: int, dimensions: int, seed: int = 1) -> list[Vector]:
    drawn = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return list(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


POOL = directions(4, 3)  # few, so that equal scores are common

face = st.tuples(st.sampled_from(IDS), st.integers(0, len(POOL) - 1))
change = st.one_of(
    st.lists(face, max_size=5).map(lambda pairs: ("add", dict(pairs))),
    st.lists(st.sampled_from(IDS), max_size=5).map(lambda ids: ("remove", ids)),
)


def check(view: MemoryGalleryView, faces: dict[str, Vector], limit: int, low: float) -> None:
    assert len(view) == len(faces)
    for face_id in IDS:
        assert (face_id in view) == (face_id in faces)
        found = view.vector(face_id)
        assert (found is None) == (face_id not in faces)
        assert found is None or np.array_equal(found, faces[face_id])
        assert view.page(face_id, limit) == sorted(i for i in faces if i > face_id)[:limit]
    assert view.page(None, limit) == sorted(faces)[:limit]
    for query in (POOL[0], -POOL[1]):
        assert view.search(query, low, limit) == brute_force(faces, query, low, limit)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(change, max_size=6), max_size=6),
    st.integers(1, 8),
    st.sampled_from([-1.5, 0.0, 0.3, 1.0]),
)
def test_gallery_equals_a_naive_fold(
    batches: list[list[tuple[str, object]]], limit: int, low: float
) -> None:
    """Else searches or listings miss faces, repeat them, or show deleted ones."""
    log = ListLog()
    gallery = MemoryGallery(log, 1 << 20)
    faces: dict[str, Vector] = {}
    taken = [(gallery.sync(log.collection()), dict(faces))]
    for batch in batches:
        for kind, what in batch:
            if kind == "add":
                assert isinstance(what, dict)
                added = {face_id: POOL[index] for face_id, index in what.items()}
                log.add(added)
                faces |= added
            else:
                assert isinstance(what, list)
                log.add({}, what)
                faces = {i: vector for i, vector in faces.items() if i not in what}
        taken.append((gallery.sync(log.collection()), dict(faces)))
    for view, then in taken:  # older views too: later syncs must not have changed them
        check(view, then, limit, low)


@pytest.mark.parametrize("dimensions", [7, 192, 704])
@pytest.mark.parametrize("limit", [1, 10, 4096])
def test_search_equals_brute_force(dimensions: int, limit: int) -> None:
    """Else the best match of a larger collection is missed, or scores depend on the row."""
    log = ListLog()
    vectors = directions(3000, dimensions)
    for row in range(0, 3000, 7):  # copies and near copies, far apart from each other
        vectors[row] = vectors[3] if row % 2 else np.nextafter(vectors[3], np.float32(0))
    ids = [str(uuid.uuid4()) for _ in vectors]
    faces = dict(zip(ids, vectors, strict=True))
    for start in range(0, 3000, 100):
        log.add({i: faces[i] for i in ids[start : start + 100]})
    log.add({}, ids[5:300:3])
    for face_id in ids[5:300:3]:
        del faces[face_id]
    view = MemoryGallery(log, 1 << 30).sync(log.collection())
    for query in (vectors[3], vectors[100], directions(1, dimensions, seed=9)[0]):
        for low in (-2.0, 0.1, 0.9999):
            assert view.search(query, low, limit) == brute_force(faces, query, low, limit)


def test_differences_below_single_precision_decide() -> None:
    """Else which of two nearly equal photos comes back is an accident of rounding."""
    draw = np.random.default_rng(5)
    base = directions(1, 192)[0]
    vectors = (base + draw.normal(scale=3e-8, size=(2000, 192))).astype(np.float32)
    faces = {str(uuid.uuid4()): vector for vector in vectors}
    log = ListLog()
    log.add(faces)
    view = MemoryGallery(log, 1 << 30).sync(log.collection())
    for query in directions(5, 192, seed=2):
        assert view.search(query, -2.0, 5) == brute_force(faces, query, -2.0, 5)


def test_equal_scores_at_the_cut_go_by_face_id() -> None:
    """Else the same search answers differently from one process to the next."""
    log = ListLog()
    ids = sorted((str(uuid.uuid4()) for _ in range(500)), reverse=True)
    for face_id in ids:
        log.add({face_id: POOL[0]})
    view = MemoryGallery(log, 1 << 30).sync(log.collection())
    found = view.search(POOL[0], 0.5, 20)
    assert [face_id for face_id, _ in found] == sorted(ids)[:20]
    assert len({score for _, score in found}) == 1


def test_a_query_of_another_model_is_refused() -> None:
    """Else vectors of two models are compared and the answer is noise."""
    log = ListLog()
    log.add({IDS[0]: POOL[0]})
    view = MemoryGallery(log, 1 << 20).sync(log.collection())
    with pytest.raises(ValueError, match="vectors of 3"):
        view.search(directions(1, 4)[0], 0.5, 1)


def test_only_canonical_face_ids_are_found() -> None:
    """Else an upper-case FaceId is found under one spelling and listed under another."""
    log = ListLog()
    log.add({IDS[8]: POOL[0]})
    view = MemoryGallery(log, 1 << 20).sync(log.collection())
    assert IDS[8] in view
    for other in (IDS[8].upper(), IDS[8].replace("-", ""), "{" + IDS[8] + "}", "", "x"):
        assert to_key(other) is None
        assert other not in view


def test_a_gallery_never_goes_back() -> None:
    """Else a slow request undoes what a faster one has already shown."""
    log = ListLog()
    for face_id in IDS[:6]:
        log.add({face_id: POOL[0]})
    gallery = MemoryGallery(log, 1 << 20)
    assert len(gallery.sync(log.collection())) == 6
    reads = log.reads
    assert len(gallery.sync(log.collection(seq=2))) == 6
    assert log.reads == reads


def test_removed_faces_give_their_memory_back() -> None:
    """Else a collection whose faces come and go grows without bound."""
    log = ListLog()
    gallery = MemoryGallery(log, 1 << 30)
    vector = directions(1, 64)[0]
    log.add({IDS[0]: vector})
    first = gallery.sync(log.collection())
    largest = 0
    for _ in range(40):
        ids = [str(uuid.uuid4()) for _ in range(300)]
        log.add(dict.fromkeys(ids, vector))
        log.add({}, ids)
        gallery.sync(log.collection())
        largest = max(largest, gallery.nbytes())
    assert largest < 3000 * (64 * 4 + 300)
    assert gallery.sync(log.collection()).page(None, 9) == first.page(None, 9) == [IDS[0]]


def test_galleries_used_least_recently_leave() -> None:
    """Else a server with many collections runs out of memory."""
    log = ListLog()
    log.add({str(uuid.uuid4()): vector for vector in directions(100, 64)})
    gallery = MemoryGallery(log, 200_000)
    for turn in range(50):
        assert len(gallery.sync(log.collection(f"g{turn}"))) == 100
        assert len(gallery.sync(log.collection("often"))) == 100
        assert gallery.nbytes() <= 200_000
    assert log.reads == 51  # "often" was read once
    assert len(gallery.sync(log.collection("g0"))) == 100


def test_a_dropped_gallery_leaves_memory_at_once() -> None:
    """Else the vectors of a deleted collection stay in memory until others need the room."""
    log = ListLog()
    log.add({str(uuid.uuid4()): vector for vector in directions(100, 64)})
    gallery = MemoryGallery(log, 1 << 30)
    kept = gallery.sync(log.collection("kept"))
    before = gallery.nbytes()
    view = gallery.sync(log.collection("gone"))
    gallery.drop(log.collection("gone"))
    gallery.drop(log.collection("never met"))
    assert gallery.nbytes() == before
    assert len(view) == len(kept) == 100  # who searches at this moment is not disturbed


def test_a_deleted_collection_takes_what_it_was_before_it_moved_with_it() -> None:
    """Else vectors of a deleted collection stay in memory because no search came in between."""
    log = ListLog()
    log.add({IDS[0]: POOL[0]})
    gallery = MemoryGallery(log, 1 << 30)
    old = log.collection("old")
    gallery.sync(old)
    gallery.drop(replace(old, generation="new", ancestor="old"))
    assert gallery.nbytes() == 0


def test_a_collection_that_moved_leaves_its_old_vectors_behind() -> None:
    """Else every process holds a collection twice after `lineament reindex`, in two widths."""
    log = ListLog()
    log.add(dict(zip(IDS, directions(12, 3), strict=False)))
    gallery = MemoryGallery(log, 1 << 30)
    other, old = log.collection("other"), log.collection("old")
    gallery.sync(other)
    view = gallery.sync(old)
    before = gallery.nbytes()
    moved = ListLog()
    moved.add(dict(zip(IDS, directions(12, 4), strict=False)))
    log.entries = moved.entries
    new = gallery.sync(replace(old, generation="new", ancestor="old"))
    assert before < gallery.nbytes() < before + 500  # 4 numbers a face in place of 3
    assert len(new.search(directions(1, 4)[0], -1.5, 99)) == 12
    assert len(view.search(POOL[0], -1.5, 99)) == 12  # a search under way ends as it began


def test_a_gallery_whose_log_is_purged_leaves_memory() -> None:
    """Else a process that did not delete the collection itself keeps its vectors."""
    log = ListLog()
    log.add({IDS[0]: POOL[0]})
    gallery = MemoryGallery(log, 1 << 30)
    gallery.sync(log.collection())
    log.add({IDS[1]: POOL[1]})
    log.purged = True
    with pytest.raises(ResourceNotFoundException):
        gallery.sync(log.collection())
    assert gallery.nbytes() == 0


def test_one_gallery_may_be_larger_than_the_bound() -> None:
    """Else a collection larger than the setting is read anew by each search."""
    log = ListLog()
    log.add({str(uuid.uuid4()): vector for vector in directions(100, 64)})
    gallery = MemoryGallery(log, 1000)
    for _ in range(3):
        assert len(gallery.sync(log.collection())) == 100
    assert log.reads == 1


def test_searches_run_beside_syncs() -> None:
    """Else a search during an index sees half a change or fails."""
    log = ListLog()
    gallery = MemoryGallery(log, 1 << 30)
    vectors = directions(600, 16)
    lock, done = threading.Lock(), threading.Event()

    def write() -> None:
        previous: list[str] = []
        for row in range(0, 600, 3):
            ids = [str(uuid.uuid4()) for _ in range(3)]
            with lock:
                log.add(dict(zip(ids, vectors[row : row + 3], strict=True)))
                log.add({}, previous[:2])
            previous = ids
        done.set()

    def read() -> None:
        while not done.is_set():
            with lock:
                collection = log.collection()
            view = gallery.sync(collection)
            listed = view.page(None, 10_000)
            found = [face_id for face_id, _ in view.search(vectors[0], -2.0, 10_000)]
            assert sorted(found) == listed
            assert len(view) == len(listed)
            assert all(face_id in view for face_id in listed)

    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(write), *(pool.submit(read) for _ in range(3))]
        for task in tasks:
            task.result()
    assert len(gallery.sync(log.collection())) == 600 - 2 * 199
