"""What `storage/quotas.py` does in DynamoDB, in one line of arithmetic; and a world with clocks."""

from lineament.errors import ServiceUnavailable
from lineament.governance.buckets import LeasedBucket, Rate


class Shared:
    """The shared number, in memory."""

    def __init__(self) -> None:
        self.full = 0.0
        self.calls = 0
        self.lost = False
        """DynamoDB does not answer."""

    def take(self, rate: float, burst: float, wanted: int, now: float) -> tuple[int, float]:
        self.calls += 1
        if self.lost:
            raise ServiceUnavailable
        full, last = max(self.full, now), now + burst / rate
        got = max(0, min(wanted, int((last - full + 1e-6) * rate)))
        if got:
            self.full = full + got / rate
        return got, 0.0 if got else full + 1 / rate - last


class World:
    """Processes that share a bucket, each with a clock of its own."""

    def __init__(self, rate: float, skews: list[float]) -> None:
        self.now = 1e9
        self.shared = Shared()
        self.processes = [
            LeasedBucket(self.shared, Rate(rate), self._clock(skew), self._clock(0.0))
            for skew in skews
        ]
        self.admitted: list[float] = []

    def _clock(self, skew: float):  # type: ignore[no-untyped-def] # noqa: ANN202
        return lambda: self.now + skew

    def call(self, process: int = 0, times: int = 1) -> int:
        """Make calls at once and return how many were admitted."""
        done = sum(self.processes[process].admit() for _ in range(times))
        self.admitted += [self.now] * done
        return done
