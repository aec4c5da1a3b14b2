"""What a process counts of its own work: load, never who, whose or which.

Plain numbers, so that a gallery, a Lambda function and a test count without a library; the server
writes them down for Prometheus (`server/metrics.py`). Safe to share between threads: each number
has a lock, held for one addition.
"""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

Values = tuple[str, ...]
"""A value for each label of a number, in their order."""
OTHER = "other"
"""The label value of whatever has no name of ours."""
_WIDE = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: a call that touches the log to one that waits for its time-out."""
_FINE = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds: a search of hundreds of faces to one of tens of millions."""


class Counter:
    """A sum that only grows, one for each combination of label values."""

    def __init__(self, *labels: str) -> None:
        """Begin at 0; who adds gives a value for each label."""
        self.labels = labels
        self._lock = threading.Lock()
        self._sums: dict[Values, int] = {} if labels else {(): 0}

    def add(self, *values: str, by: int = 1) -> None:
        """Count `by` more."""
        with self._lock:
            self._sums[values] = self._sums.get(values, 0) + by

    def read(self) -> dict[Values, int]:
        """Return the sums as of now."""
        with self._lock:
            return dict(self._sums)


class Gauge:
    """A number that is set by its one owner."""

    value: int = 0


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram has seen: `within[i]` amounts of at most `bounds[i]`, the last of any."""

    within: tuple[int, ...]
    total: float


class Histogram:
    """How many amounts were at most so large, for each combination of label values."""

    def __init__(self, bounds: Sequence[float], *labels: str) -> None:
        """Begin without an amount; `bounds` ascend."""
        self.bounds = tuple(bounds)
        self.labels = labels
        self._lock = threading.Lock()
        self._seen: dict[Values, list[float]] = {}
        if not labels:
            self._seen[()] = self._nothing()

    def _nothing(self) -> list[float]:
        return [0] * (len(self.bounds) + 1) + [0.0]

    def observe(self, amount: float, *values: str) -> None:
        """Count one amount."""
        place = bisect_left(self.bounds, amount)
        with self._lock:
            seen = self._seen.get(values)
            if seen is None:
                seen = self._seen[values] = self._nothing()
            seen[place] += 1
            seen[-1] += amount

    def read(self) -> dict[Values, Distribution]:
        """Return what was seen until now."""
        with self._lock:
            copies = {values: list(seen) for values, seen in self._seen.items()}
        return {values: _distribution(seen) for values, seen in copies.items()}


def _distribution(seen: Sequence[float]) -> Distribution:
    within, sofar = [], 0
    for amounts in seen[:-1]:
        sofar += int(amounts)
        within.append(sofar)
    return Distribution(tuple(within), seen[-1])


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything that one process counts. `server/metrics.py` says what each number means."""

    requests: Counter = field(default_factory=lambda: Counter("operation", "status"))
    request_seconds: Histogram = field(default_factory=lambda: Histogram(_WIDE, "operation"))
    request_bytes: Counter = field(default_factory=lambda: Counter("operation"))
    throttled: Counter = field(default_factory=lambda: Counter("operation"))
    refused: Counter = field(default_factory=lambda: Counter("reason"))
    unrecorded: Counter = field(default_factory=Counter)
    searched_often: Counter = field(default_factory=Counter)
    galleries: Gauge = field(default_factory=Gauge)
    gallery_bytes: Gauge = field(default_factory=Gauge)
    gallery_bound: Gauge = field(default_factory=Gauge)
    evictions: Counter = field(default_factory=Counter)
    cold_starts: Counter = field(default_factory=lambda: Counter("source"))
    log_entries: Counter = field(default_factory=Counter)
    search_seconds: Histogram = field(default_factory=lambda: Histogram(_FINE))
    second_looks: Counter = field(default_factory=Counter)
