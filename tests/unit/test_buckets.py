"""A process's end of a token bucket: what it asks of the shared one, and when."""

import threading

import pytest

from lineament.governance.buckets import ALONE_SECONDS, LEASE_SECONDS, LeasedBucket, Rate
from tests.unit.shared_bucket import Shared, World


def test_most_calls_ask_nobody() -> None:
    """Lost: each call pays for a write to DynamoDB."""
    world = World(100.0, [0.0])
    for _ in range(1000):  # 20 s at 50 calls a second
        world.now += 0.02
        assert world.call() == 1
    assert world.shared.calls < 50


def test_batches_follow_the_demand_down_again() -> None:
    """Lost: a caller that went quiet forfeits a large lease each time it calls."""
    world = World(100.0, [0.0, 0.0])
    for _ in range(200):
        world.now += 0.02
        world.call()
    world.now += 1000
    for _ in range(5):
        world.now += 100
        full = world.shared.full
        world.call()
    assert world.shared.full - max(full, world.now) <= 2 / 100.0


def test_a_lease_ends() -> None:
    """Lost: tokens of hours ago come on top of those of now."""
    world = World(10.0, [0.0])
    for _ in range(4):
        world.call()
    asked = world.shared.calls
    world.now += LEASE_SECONDS
    world.call()
    assert world.shared.calls == asked + 1


def test_an_empty_bucket_is_not_asked_at_each_call() -> None:
    """Lost: who calls far too often makes us pay for a write at each refusal."""
    world = World(2.0, [0.0])
    world.call(times=10)
    asked = world.shared.calls
    assert world.call(times=1000) == 0
    assert world.shared.calls <= asked + 1
    world.now += 1.0
    assert world.call(times=10) == 2


def test_processes_go_on_by_themselves_while_nobody_answers() -> None:
    """Lost: an outage of DynamoDB stops what needs no table, or lifts every limit."""
    world = World(5.0, [0.0])
    world.shared.lost = True
    assert world.call(times=20) == 5
    asked = world.shared.calls
    assert asked == 1
    world.now += 1.0
    assert world.call(times=20) == 5
    assert world.shared.calls == asked
    world.shared.lost = False
    world.now += ALONE_SECONDS
    assert world.call() == 1
    assert world.shared.calls > asked


class Slow(Shared):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.answer = threading.Event()

    def take(self, rate: float, burst: float, wanted: int, now: float) -> tuple[int, float]:
        self.asked.set()
        assert self.answer.wait(30)
        return super().take(rate, burst, wanted, now)


@pytest.fixture
def slow() -> Slow:
    return Slow()


def test_threads_do_not_wait_for_one_that_waits_for_dynamodb(slow: Slow) -> None:
    """Lost: one answer that does not come holds every thread of the server."""
    bucket = LeasedBucket(slow, Rate(3.0), lambda: 1e9, lambda: 0.0, patience=0.0)
    said: list[bool] = []
    asking = threading.Thread(target=lambda: said.append(bucket.admit()))
    asking.start()
    try:
        assert slow.asked.wait(30)
        assert [bucket.admit() for _ in range(5)] == [True, True, True, False, False]
    finally:
        slow.answer.set()
        asking.join()
    assert said == [True]
