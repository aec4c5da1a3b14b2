"""What an engine that hangs may hold up."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineament.domain.engine import EngineUnavailable
from lineament.gallery.fuse import Fuse


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def hang(fuse: Fuse, clock: Clock, seconds: float) -> None:
    def call() -> None:
        with fuse.guard():
            clock.now += seconds
            raise EngineUnavailable("silent")

    with pytest.raises(EngineUnavailable, match="silent"):
        call()


def test_nobody_waits_for_who_has_just_not_answered() -> None:
    """Lost: every thread of a server waits for an engine that hangs, and /healthz with them."""
    clock = Clock()
    fuse = Fuse(5, clock)
    hang(fuse, clock, 10)
    for _ in range(3):
        with pytest.raises(EngineUnavailable, match="a moment ago"), fuse.guard():
            pytest.fail("a call was made")
    clock.now += 5
    hang(fuse, clock, 10)
    with pytest.raises(EngineUnavailable, match="a moment ago"), fuse.guard():
        pytest.fail("a call was made")
    clock.now += 5
    with fuse.guard():
        pass
    with fuse.guard():
        pass


def test_one_tries_for_all() -> None:
    """Lost: all threads try again at the same moment, and wait together."""
    clock = Clock()
    fuse = Fuse(5, clock)
    hang(fuse, clock, 10)
    clock.now += 5
    inside, leave = threading.Event(), threading.Event()

    def attempt() -> None:
        with fuse.guard():
            inside.set()
            assert leave.wait(10)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(attempt)
        assert inside.wait(10)
        with pytest.raises(EngineUnavailable, match="a moment ago"), fuse.guard():
            pytest.fail("a second call was made")
        leave.set()
        first.result()
    with fuse.guard():
        pass


def test_an_answer_is_one_though_it_refuses() -> None:
    """Lost: searches of all collections, because one has no table."""
    clock = Clock()
    fuse = Fuse(5, clock)
    hang(fuse, clock, 0.1)
    with fuse.guard():
        pass
    with pytest.raises(ValueError, match="ours"), fuse.guard():
        raise ValueError("ours")
    with fuse.guard():
        pass
