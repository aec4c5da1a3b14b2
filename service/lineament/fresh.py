"""What a slow source knows, at most 2 seconds old, asked for by many threads.

Access keys, suspensions, what accounts are granted: known values are read again in the background
before they are old, so that what is in steady use costs no request a wait. What nobody knows is
remembered for a second, in a list of its own: strangers push out strangers. While the source does
not answer, what it said last holds for 30 seconds, or as long as `Ages` says.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from lineament.errors import LineamentError, ServiceUnavailable

V = TypeVar("V")
_READERS = 4
_KNOWN, _UNKNOWN = 4096, 4096


@dataclass(frozen=True, slots=True)
class Ages:
    """Seconds, counted from when a read began."""

    refresh: float = 1.0
    """From which a value is read again, while it still counts."""
    known: float = 2.0
    """To which a value counts."""
    unknown: float = 1.0
    """To which it counts that there is none."""
    outage: float = 30.0
    """To which a value counts while the source does not answer."""
    patience: float = 0.5
    """That a request waits for a source where it has an older value to go on with."""
    longest: float = 5.0
    """That a request waits for a source where it has none."""
    pause: float = 1.0
    """After a failure, in which nobody waits who has an older value to go on with."""


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V | None
    read_at: float
    wall: float
    """The time of day then: the other clock may stand still while a function is frozen."""


class FreshCache(Generic[V]):
    """A source's values by name. Safe to share between threads; bounded in memory."""

    def __init__(  # noqa: PLR0913 - what to ask, for how long, by which clocks
        self,
        read: Callable[[str], V | None],
        ages: Ages | None = None,
        clock: Callable[[], float] = time.monotonic,
        sizes: tuple[int, int] = (_KNOWN, _UNKNOWN),
        *,
        wall: Callable[[], float] = time.time,
        what: str = "The access keys",
    ) -> None:
        """Take the source.

        Args:
            read: returns a value, or None where there is none; raises LineamentError where it
                cannot tell. Called by one thread at a time for each name.
            ages: how old answers may be.
            clock: seconds that never go back.
            sizes: how many values are kept, and how many names without one.
            wall: seconds of the time of day; the clock that has gone further counts.
            what: is read, for messages.
        """
        self._read = read
        self._ages = Ages() if ages is None else ages
        self._clock = clock
        self._wall = wall
        self._what = what
        self._sizes = sizes
        self._known: OrderedDict[str, _Entry[V]] = OrderedDict()
        self._unknown: OrderedDict[str, _Entry[V]] = OrderedDict()
        self._flights: dict[str, Future[_Entry[V]]] = {}
        self._failing_until = clock()
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="fresh")

    def get(self, name: str) -> V | None:
        """Return the value of a name, or None where there is none.

        Raises:
            ServiceUnavailable: the source does not answer, and has not for as long as `outage`.
        """
        with self._lock:
            entry = self._find(name)
            age = self._age(entry) if entry else 0.0
            if entry is not None and age < self._lasts(entry):
                if entry.value is not None and age >= self._ages.refresh:
                    self._fly(name)
                return entry.value
            flight = self._fly(name)
            older = entry.value if entry is not None and age < self._ages.outage else None
            if older is not None and self._clock() < self._failing_until:
                return older
        try:
            return flight.result(self._ages.longest if older is None else self._ages.patience).value
        except (LineamentError, TimeoutError) as error:
            self._failing_until = self._clock() + self._ages.pause
            if older is not None:
                return older
            raise ServiceUnavailable(f"{self._what} cannot be read; try again") from error

    def forget(self, name: str) -> None:
        """Read a name anew when it is asked for next: for who has just changed it."""
        with self._lock:
            self._known.pop(name, None)
            self._unknown.pop(name, None)

    def _find(self, name: str) -> _Entry[V] | None:
        for kept in (self._known, self._unknown):
            if name in kept:
                kept.move_to_end(name)
                return kept[name]
        return None

    def _age(self, entry: _Entry[V]) -> float:
        return max(self._clock() - entry.read_at, self._wall() - entry.wall)

    def _lasts(self, entry: _Entry[V]) -> float:
        return self._ages.unknown if entry.value is None else self._ages.known

    def _fly(self, name: str) -> "Future[_Entry[V]]":
        """Return the read that is under way, or begin one. The lock is held."""
        if name not in self._flights:
            self._flights[name] = self._pool.submit(self._land, name)
        return self._flights[name]

    def _land(self, name: str) -> _Entry[V]:
        began, wall = self._clock(), self._wall()
        try:
            entry = _Entry(self._read(name), began, wall)
        except BaseException:
            with self._lock:
                del self._flights[name]
            raise
        with self._lock:
            del self._flights[name]
            found = entry.value is not None
            to, other = (self._known, self._unknown) if found else (self._unknown, self._known)
            other.pop(name, None)
            to[name] = entry
            while len(to) > self._sizes[0 if found else 1]:
                to.popitem(last=False)
        return entry
