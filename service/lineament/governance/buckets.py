"""Token buckets that all processes share and each spends by itself.

A bucket refills with `rate` tokens a second up to `burst`; a call costs one. What is shared is one
number (`SharedBucket`). A process takes a batch of tokens from it, a *lease*, and spends the lease
without asking anybody. A lease has as many tokens as about half of its life needs, by the demand
of late; what is left after `LEASE_SECONDS` is forfeited.

How many calls all processes admit within any W seconds is at most

    rate * (W + LEASE_SECONDS + D) + burst

D is the largest difference between two processes' clocks, in seconds. Tokens granted in that time
are at most `rate * (W + D) + burst`, and a token is spent at most `LEASE_SECONDS` after the grant
was asked for. tests/unit/test_buckets_bound.py holds it.

While the shared number cannot be reached, each process admits at `rate` by itself: throttling
protects the machines, not the data, and analyses of pictures that need no table go on. The bound
is then that of one process, times their number.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lineament.errors import WireError

LEASE_SECONDS = 2.0
ALONE_SECONDS = 5.0
"""How long a process goes on by itself before it asks again for what it could not reach."""
_LEAST_DENIAL = 0.1
"""Seconds: a bucket that is empty everywhere is asked at most so often by a process."""
_LONGEST_DENIAL = 1.0
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a bucket refills, in tokens a second, and how many it holds."""

    rate: float

    @property
    def burst(self) -> float:
        """A second's worth, and one at least."""
        return max(self.rate, 1.0)


class SharedBucket(Protocol):
    """The number that all processes share."""

    def take(self, rate: float, burst: float, wanted: int, now: float) -> tuple[int, float]:
        """Take up to `wanted` tokens, if there is one.

        Args:
            rate: tokens a second that come in.
            burst: how many it holds.
            wanted: at least 1 and at most `burst`.
            now: the asking process's time, epoch seconds.

        Returns:
            How many were taken, and, where none was, the seconds until there is one.

        Raises:
            WireError: the number cannot be reached.
        """
        ...


class LeasedBucket:
    """A process's end of a bucket. Safe to share between threads."""

    def __init__(
        self,
        shared: SharedBucket,
        rate: Rate,
        wall: Callable[[], float],
        elapsed: Callable[[], float],
        patience: float = 1.0,
    ) -> None:
        """Begin without a lease.

        Args:
            shared: what others take from as well.
            rate: how much there is.
            wall: the time that processes have in common, epoch seconds.
            elapsed: seconds that no correction of the clock changes.
            patience: seconds that a thread waits for another one's question to `shared`.
        """
        self._shared = shared
        self._rate = rate
        self._wall = wall
        self._elapsed = elapsed
        self._patience = patience
        self._most = max(1, int(rate.burst * LEASE_SECONDS / 4))
        self._lock = threading.Lock()
        """For what follows; never held while `shared` is asked."""
        self._asking = threading.Lock()
        self._tokens = 0
        self._lease_ends = -math.inf
        self._since = elapsed()
        self._asked = 0
        """Calls since `_since`, when there was the last answer."""
        self._last = 1
        """What was wanted then."""
        self._denied_until = -math.inf
        self._alone_until = -math.inf
        self._full_at = -math.inf
        """When the bucket that is this process's alone is full again."""

    def admit(self) -> bool:
        """Spend one token and return True, or return False where there is none."""
        with self._lock:
            self._asked += 1
            verdict = self._spend()
        if verdict is not None:
            return verdict
        if not self._asking.acquire(timeout=self._patience):
            with self._lock:
                return self._spend_alone()
        try:
            with self._lock:  # Whoever asked meanwhile has brought enough for more than itself.
                verdict = self._spend()
                wanted = self._wanted()
            return self._ask(wanted) if verdict is None else verdict
        finally:
            self._asking.release()

    def _spend(self) -> bool | None:
        """Decide by what is known here; None where `shared` has to be asked."""
        now = self._elapsed()
        if self._tokens and now < self._lease_ends:
            self._tokens -= 1
            return True
        if now < self._denied_until:
            return False
        return self._spend_alone() if now < self._alone_until else None

    def _spend_alone(self) -> bool:
        now, rate = self._elapsed(), self._rate
        full_at = max(now, self._full_at) + 1 / rate.rate
        if full_at > now + rate.burst / rate.rate + _ROUNDING:
            return False
        self._full_at = full_at
        return True

    def _wanted(self) -> int:
        """Return what half of a lease needs, as fast as calls came since the last answer."""
        lasted = max(self._elapsed() - self._since, 1e-3)
        needed = math.ceil(self._asked / lasted * LEASE_SECONDS / 2)
        return max(1, min(needed, 2 * self._last, self._most))

    def _ask(self, wanted: int) -> bool:
        asked = self._elapsed()
        try:
            got, wait = self._shared.take(self._rate.rate, self._rate.burst, wanted, self._wall())
        except WireError:
            with self._lock:
                self._alone_until = self._elapsed() + ALONE_SECONDS
                return self._spend_alone()
        with self._lock:
            self._since, self._asked, self._last = asked, 0, wanted
            self._tokens, self._lease_ends = max(got - 1, 0), asked + LEASE_SECONDS
            if not got:
                pause = min(max(wait, _LEAST_DENIAL), _LONGEST_DENIAL)
                self._denied_until = self._elapsed() + pause
            return got > 0
