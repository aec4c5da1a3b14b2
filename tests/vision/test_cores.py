"""The faces of a picture beside each other: in order, none lost, none twice, and no waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lineament.domain.attributes import ALL
from lineament.vision.cores import on_all_cores, portions
from lineament.vision.engine import Engine
from tests.vision.conftest import Photo


@pytest.mark.parametrize(("count", "size"), [(0, 2), (1, 2), (7, 2), (8, 4), (5, 0), (0, 0)])
def test_portions_are_all_there_is(count: int, size: int) -> None:
    """Lost: the last face of a group photo has no vector, or the first has two."""
    faces = list(range(count))
    assert [face for part in portions(count, size) for face in faces[part]] == faces
    assert all(len(faces[part]) <= (size or count) for part in portions(count, size))


def test_results_come_in_order() -> None:
    """Lost: a vector stands beside another person's box."""
    ready = threading.Barrier(2, timeout=10)

    def slow_first(item: int) -> int:
        if item < 2:
            ready.wait()  # both cores have one
        return item * item

    assert on_all_cores(slow_first, list(range(9))) == [item * item for item in range(9)]


def test_one_item_stays_in_its_thread() -> None:
    """Lost: every call with one face waits for a pool that other requests have filled."""
    assert on_all_cores(lambda _: threading.get_ident(), [1]) == [threading.get_ident()]


def test_an_error_reaches_the_caller() -> None:
    """Lost: a face without a vector looks like one that has it."""
    with pytest.raises(ZeroDivisionError):
        on_all_cores(lambda item: 1 / item, [1, 0])


def test_faces_together_are_as_alone(engine: Engine, photo: Photo) -> None:
    """Lost: who stands beside somebody changes how that one is described; or requests deadlock."""
    image = photo("t1.jpg")

    def together(_: int) -> tuple[np.ndarray, list[object]]:
        picture = engine.analyse(image)
        everybody = range(len(picture.faces))
        return picture.embed(everybody), list(picture.describe(everybody, ALL))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(together, range(6)))
    alone = engine.analyse(image)
    vectors = np.concatenate([alone.embed([index]) for index in range(len(alone.faces))])
    attributes = [alone.describe([index], ALL)[0] for index in range(len(alone.faces))]
    for many, told in answers:
        assert np.abs(many - vectors).max() < 1e-5
        for one, other in zip(told, attributes, strict=True):
            assert one.judgements.keys() == other.judgements.keys()
            assert one.age == other.age
            assert [mark.kind for mark in one.landmarks] == [mark.kind for mark in other.landmarks]
