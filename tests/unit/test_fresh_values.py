"""The cache of access keys: how old, how many, and while the table is away."""

import threading
import time

import pytest

from lineament.errors import ServiceUnavailable
from lineament.fresh import Ages, FreshCache


class Source:
    """Values by name, which may be away; counts what is asked."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.asked: list[str] = []
        self.away = False
        self.gate = threading.Event()
        self.gate.set()

    def read(self, name: str) -> str | None:
        self.asked.append(name)
        assert self.gate.wait(10)
        if self.away:
            raise ServiceUnavailable
        return self.values.get(name)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def settled(cache: "FreshCache[str]") -> None:
    """Wait for reads in the background."""
    deadline = time.monotonic() + 5
    while cache._flights and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not cache._flights


def test_a_value_is_at_most_two_seconds_old() -> None:
    """Lost: a revoked key works on, or each request costs a read."""
    source, clock = Source(k="old"), Clock()
    cache = FreshCache(source.read, clock=clock)
    assert [cache.get("k") for _ in range(5)] == ["old"] * 5
    assert source.asked == ["k"]
    source.values["k"] = "new"
    clock.now += 0.99
    assert cache.get("k") == "old"
    clock.now += 1.01
    assert cache.get("k") == "new"
    assert source.asked == ["k", "k"]


def test_a_value_in_use_is_read_again_before_it_is_old() -> None:
    """Lost: every two seconds a request waits for the table."""
    source, clock = Source(k="old"), Clock()
    cache = FreshCache(source.read, clock=clock)
    cache.get("k")
    source.values["k"] = "new"
    source.gate.clear()
    clock.now += 1.5
    assert cache.get("k") == "old"
    source.gate.set()
    settled(cache)
    assert cache.get("k") == "new"


def test_a_function_that_was_frozen_asks_again() -> None:
    """Lost: in a Lambda function whose clock stood still, a revoked key works once more."""
    source, wall = Source(k="old"), Clock()
    cache = FreshCache(source.read, clock=Clock(), wall=wall)
    cache.get("k")
    source.values["k"] = "new"
    wall.now += 600
    assert cache.get("k") == "new"


def test_a_time_of_day_that_is_set_back_keeps_nothing_alive() -> None:
    """Lost: while a clock is set back by an hour, revoked keys work for an hour."""
    source, clock, wall = Source(k="old"), Clock(), Clock()
    cache = FreshCache(source.read, clock=clock, wall=wall)
    cache.get("k")
    source.values["k"] = "new"
    wall.now -= 3600
    clock.now += 2
    assert cache.get("k") == "new"


def test_what_nobody_knows_is_remembered_for_a_second() -> None:
    """Lost: a new key is refused for long, or a stranger who repeats one costs a read each time."""
    source, clock = Source(), Clock()
    cache = FreshCache(source.read, clock=clock)
    assert [cache.get("k") for _ in range(5)] == [None] * 5
    assert source.asked == ["k"]
    source.values["k"] = "made"
    clock.now += 1.0
    assert cache.get("k") == "made"


def test_strangers_push_out_strangers() -> None:
    """Lost: made-up ids fill the memory, or make known keys cost reads again."""
    source, clock = Source(k="v"), Clock()
    cache = FreshCache(source.read, clock=clock, sizes=(3, 5))
    cache.get("k")
    for number in range(50):
        assert cache.get(f"stranger-{number}") is None
    assert len(cache._unknown) == 5
    assert cache.get("k") == "v"
    assert source.asked.count("k") == 1
    source.values.update({f"n{number}": "v" for number in range(9)})
    for number in range(9):
        cache.get(f"n{number}")
    assert len(cache._known) == 3


def test_one_read_for_many_threads() -> None:
    """Lost: a crowd with one key is a crowd at the table."""
    source = Source(k="v")
    source.gate.clear()
    cache = FreshCache(source.read)
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda: found.append(cache.get("k"))) for _ in range(16)]
    for each in threads:
        each.start()
    time.sleep(0.05)
    source.gate.set()
    for each in threads:
        each.join(10)
    assert found == ["v"] * 16
    assert source.asked == ["k"]


def test_an_outage_is_outlived_for_thirty_seconds() -> None:
    """Lost: a short outage of the table locks everybody out, or a long one keeps revoked keys."""
    source, clock = Source(k="v"), Clock()
    cache = FreshCache(source.read, clock=clock)
    cache.get("k")
    source.away = True
    for _ in range(10):
        clock.now += 2.9
        assert cache.get("k") == "v"
    clock.now += 1.1
    with pytest.raises(ServiceUnavailable) as caught:
        cache.get("k")
    assert caught.value.status == 503
    with pytest.raises(ServiceUnavailable):
        cache.get("stranger")
    source.away = False
    assert cache.get("k") == "v"


def test_an_outage_revives_nothing() -> None:
    """Lost: a key whose record is gone works again while the table is away."""
    source, clock = Source(k="v"), Clock()
    cache = FreshCache(source.read, clock=clock)
    cache.get("k")
    del source.values["k"]
    clock.now += 3
    assert [cache.get("k") for _ in range(3)] == [None] * 3
    assert source.asked == ["k", "k"]
    source.away = True
    clock.now += 3
    with pytest.raises(ServiceUnavailable):
        cache.get("k")


def test_a_table_that_hangs_holds_up_nobody_whose_key_is_known() -> None:
    """Lost: a table that is slow to refuse makes each request of a known key wait for it."""
    source, clock = Source(k="v"), Clock()
    cache = FreshCache(source.read, Ages(patience=0.05, longest=0.1), clock)
    cache.get("k")
    source.gate.clear()
    clock.now += 5
    began = time.monotonic()
    assert [cache.get("k") for _ in range(50)] == ["v"] * 50
    assert time.monotonic() - began < 1
    with pytest.raises(ServiceUnavailable):
        cache.get("another")
    source.gate.set()
    settled(cache)
    assert source.asked.count("k") == 2


def test_an_error_of_ours_is_no_outage() -> None:
    """Lost: a mistake in the code is told as an outage, and nobody looks for it."""

    def read(_name: str) -> str | None:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        FreshCache(read).get("k")
