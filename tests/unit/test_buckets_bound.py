"""How much processes that share a bucket admit together, whatever their clocks and callers do."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineament.governance.buckets import LEASE_SECONDS, Rate
from tests.unit.shared_bucket import World

RATES = st.sampled_from([0.1, 0.7, 1.0, 3.0, 10.0, 50.0])
MANY = 12
"""Processes: what they may hold in leases is then far more than what the bound allows."""
SKEWS = st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=MANY)
PAUSES = st.one_of(
    st.sampled_from([0.0, 0.1, 1.0, LEASE_SECONDS - 1e-3, LEASE_SECONDS]), st.floats(0, 5)
)
STEPS = st.lists(st.tuples(st.integers(0, MANY - 1), PAUSES, st.integers(1, 60)), max_size=60)
HOARD = [
    *[(process, 0.1, 60) for _ in range(5) for process in range(MANY)],
    *[(process, 0.5, 1) for process in range(MANY)],  # each takes a batch, and spends one of it
    *[(process, 0.0, 60) for process in range(MANY)],
]


def worst_excess(admitted: list[float], rate: float, allowance: float) -> float:
    """Return by how much the worst window passes `rate * its length + allowance`."""
    times = np.array(admitted)
    if not times.size:
        return -allowance
    # The window from call i to call j holds j - i + 1: the worst is a maximum over sums of two.
    numbers = np.arange(times.size)
    ends = numbers + 1 - rate * times
    starts = rate * times - numbers
    return float((np.maximum.accumulate(starts) + ends).max()) - allowance


@settings(max_examples=300, deadline=None)
@given(rate=RATES, skews=SKEWS, steps=STEPS)
@example(rate=50.0, skews=[0.0] * MANY, steps=HOARD)
@example(rate=50.0, skews=[-1.0, 1.0] * (MANY // 2), steps=HOARD)
def test_no_window_has_more_than_the_stated_bound(
    rate: float, skews: list[float], steps: list[tuple[int, float, int]]
) -> None:
    """Lost: with enough processes, or clocks that differ, a caller gets far more than its rate."""
    world = World(rate, skews)
    for process, pause, times in steps:
        world.now += pause
        world.call(process % len(skews), times)
    apart = max(skews) - min(skews)
    allowance = rate * (LEASE_SECONDS + apart) + Rate(rate).burst
    assert worst_excess(world.admitted, rate, allowance) <= 1e-3


@settings(max_examples=100, deadline=None)
@given(rate=RATES, processes=st.integers(1, 4), load=st.floats(0.05, 0.9))
def test_calls_well_below_the_rate_are_never_refused(
    rate: float, processes: int, load: float
) -> None:
    """Lost: callers who keep to their rate are throttled, by leases that others forfeit."""
    world = World(rate, [0.0] * processes)
    # What a lease of another process may hold unused is not there for this one.
    share = load / (2 * processes)
    refused = 0
    for turn in range(200):
        world.now += 1 / (rate * share * processes)
        refused += not world.call(turn % processes)
    assert refused == 0


@settings(max_examples=50, deadline=None)
@given(rate=st.sampled_from([1.0, 5.0, 50.0]), processes=st.integers(1, 4))
def test_overload_gets_the_rate(rate: float, processes: int) -> None:
    """Lost: who asks for too much gets far less than the rate, most of it forfeited in leases."""
    world = World(rate, [0.0] * processes)
    for _ in range(600):
        world.now += 0.1
        for process in range(processes):
            world.call(process, max(1, int(rate)))
    assert len(world.admitted) >= 0.85 * rate * 60
