"""What is kept for a moment: how old it may be, how much of it, and who reads it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineament.errors import ServiceUnavailable
from lineament.storage.fresh import Fresh


class Source:
    """Tells how often it was asked; can be told not to answer."""

    def __init__(self) -> None:
        """Answer."""
        self.asked = 0
        self.gone = False
        self.now = 0.0

    def read(self, key: str) -> tuple[str, int]:
        """Answer with the key and the number of the question."""
        if self.gone:
            raise ServiceUnavailable
        self.asked += 1
        return key, self.asked

    def fresh(self, size: int = 10) -> Fresh[str, tuple[str, int]]:
        """Return what is under test: 2 s, or 4 s while the source is gone."""
        return Fresh(self.read, 2.0, 4.0, size, lambda: self.now)


def test_it_is_read_once_in_its_seconds() -> None:
    """Lost: each call reads DynamoDB, or a change is never seen."""
    source = Source()
    fresh = source.fresh()
    assert [fresh.get("a"), fresh.get("a")] == [("a", 1)] * 2
    source.now = 1.99
    assert fresh.get("a") == ("a", 1)
    source.now = 2.0
    assert fresh.get("a") == ("a", 2)


def test_a_source_that_is_gone_is_done_without_for_its_grace() -> None:
    """Lost: a moment of DynamoDB's refuses every call, or an outage lets everybody in."""
    source = Source()
    fresh = source.fresh()
    fresh.get("a")
    source.gone, source.now = True, 3.9
    assert fresh.get("a") == ("a", 1)
    source.now = 4.0
    with pytest.raises(ServiceUnavailable):
        fresh.get("a")


def test_strangers_do_not_fill_the_memory() -> None:
    """Lost: made-up names grow the process until it dies."""
    source = Source()
    fresh = source.fresh(size=3)
    for name in "abcd":
        fresh.get(name)
    assert len(fresh._known) == 3
    assert not fresh._reading
    fresh.get("d")
    assert source.asked == 4
    fresh.get("a")
    assert source.asked == 5


def test_threads_share_one_read() -> None:
    """Lost: a crowd that arrives together asks DynamoDB once each."""
    begun, go = threading.Barrier(9), threading.Event()
    source = Source()

    def read(key: str) -> tuple[str, int]:
        go.wait(10)
        return source.read(key)

    fresh = Fresh(read, 2.0, 4.0, clock=lambda: 0.0)

    def ask() -> tuple[str, int]:
        begun.wait(10)
        return fresh.get("a")

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask) for _ in range(8)]
        begun.wait(10)
        go.set()
        assert {each.result(10) for each in asked} == {("a", 1)}


def test_what_is_forgotten_is_read_anew() -> None:
    """Lost: who changes something does not see it at once."""
    source = Source()
    fresh = source.fresh()
    fresh.get("a")
    fresh.forget("a")
    assert fresh.get("a") == ("a", 2)
