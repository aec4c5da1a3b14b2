"""How often an account may call each operation, as AWS has it: per account, region and operation.

There is no ThrottlingException for a rate that rises suddenly: AWS raises it while it adds machines
behind an endpoint, and here there are none to add. Source: SPEC.md A.8.
"""

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from marshmallow import ValidationError

from lineament.context import Scope
from lineament.domain.counts import Counter
from lineament.domain.grants import Grants, Rates
from lineament.errors import ProvisionedThroughputExceededException, WireError
from lineament.governance.buckets import LeasedBucket, Rate, SharedBucket

_PATTERN = re.compile(r"[A-Za-z*?]{1,64}")
_FASTEST = 10_000.0
_SLOWEST = 0.001
_UNLIMITED = "none"
_ELSEWHERE = "other"
_BUCKETS = 4096
"""Buckets that a process keeps its end of; the least used leave, and forfeit their lease."""


def read_rates(text: str) -> Rates:
    """Return (pattern, calls a second) of `IndexFaces=50,Search*=0.5,*=none`.

    Args:
        text: items with commas; `none` is no limit. Nothing for an empty text.

    Raises:
        ValidationError: an item is none.
    """
    rates = []
    for item in text.split(",") if text.strip() else []:
        pattern, _, value = (part.strip() for part in item.partition("="))
        rate = None if value == _UNLIMITED else _number(value)
        if not _PATTERN.fullmatch(pattern) or (rate is not None and not _allowed(rate)):
            raise ValidationError(
                f"'{item.strip()}' is not OPERATION=RATE, the operation's name with * and ?, the "
                f"rate from {_SLOWEST:g} to {_FASTEST:g} calls a second or none"
            )
        rates.append((pattern, rate))
    return tuple(rates)


def require_operations(rates: Rates, operations: Iterable[str]) -> None:
    """Refuse a pattern that no operation fits: mistyped, it would limit nothing.

    Args:
        rates: as `read_rates` returns them.
        operations: all that are offered.

    Raises:
        ValidationError: one fits none; the message names it.
    """
    names = list(operations)
    for pattern, _ in rates:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValidationError(f"'{pattern}' is no operation that is offered; case counts")


def write_rates(rates: Rates) -> str:
    """Return the text that `read_rates` reads."""
    return ",".join(f"{pattern}={_written(rate)}" for pattern, rate in rates)


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) else math.nan


def _written(rate: float | None) -> str:
    return _UNLIMITED if rate is None else f"{rate:.3f}".rstrip("0").rstrip(".")


def _allowed(rate: float) -> bool:
    return _SLOWEST <= rate <= _FASTEST


class Throttle:
    """Lets calls through at the rates that are set. Safe to share between threads."""

    def __init__(  # noqa: PLR0913 - the rates, whose, where, who is told, and two clocks
        self,
        rates: Rates,
        grants: Grants | None,
        shared: Callable[[Scope, str], SharedBucket],
        throttled: Counter,
        *,
        regions: frozenset[str] | None = None,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what decides.

        Args:
            rates: of every account.
            grants: what accounts have of their own, which counts first; nothing where it is None.
            shared: returns the bucket of an operation that processes share; makes no call.
            throttled: counts refusals, by operation.
            regions: that have buckets of their own; all others share one, or callers would make up
                regions to get more. Each has its own where it is None.
            wall: as `LeasedBucket` has it.
            elapsed: as `LeasedBucket` has it.
        """
        self._rates = rates
        self._grants = grants
        self._shared = shared
        self._throttled = throttled
        self._regions = regions
        self._clocks = (wall, elapsed)
        self._lock = threading.Lock()
        self._buckets: OrderedDict[tuple[Scope, str, float], LeasedBucket] = OrderedDict()

    def admit(self, scope: Scope, operation: str) -> None:
        """Let a call through. Costs nothing where no rate is set.

        Args:
            scope: whose call, and where; proved, or strangers make others wait.
            operation: one that is offered: its name becomes a key and a label.

        Raises:
            ProvisionedThroughputExceededException: it is over the rate; SDKs try again.
        """
        rate = self._rate_of(scope.account, operation)
        if rate is not None and not self._bucket(scope, operation, rate).admit():
            self._throttled.add(operation)
            raise ProvisionedThroughputExceededException

    def _rate_of(self, account: str, operation: str) -> float | None:
        for pattern, rate in self._own(account) + self._rates:
            if fnmatchcase(operation, pattern):
                return rate
        return None

    def _own(self, account: str) -> Rates:
        if self._grants is None:
            return ()
        try:
            return self._grants.of(account).rates
        except WireError:  # As for buckets: who cannot be asked does not stop calls.
            return ()

    def _bucket(self, scope: Scope, operation: str, rate: float) -> LeasedBucket:
        if self._regions is not None and scope.region not in self._regions:
            scope = Scope(scope.account, _ELSEWHERE)
        which = (scope, operation, rate)
        with self._lock:
            bucket = self._buckets.get(which)
            if bucket is None:
                bucket = LeasedBucket(self._shared(scope, operation), Rate(rate), *self._clocks)
                self._buckets[which] = bucket
                while len(self._buckets) > _BUCKETS:
                    self._buckets.popitem(last=False)
            self._buckets.move_to_end(which)
        return bucket
