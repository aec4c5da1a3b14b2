"""What many calls ask for and seldom changes, read again when it is older than a moment."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lineament.errors import WireError

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Known(Generic[_Value]):
    value: _Value
    read: float


class Fresh(Generic[_Key, _Value]):
    """Values by key, each at most `seconds` old, or `grace` while their source does not answer.

    Safe to share between threads: a key is read by one thread at a time, whose answer the others
    take. At most `size` are kept, those asked for last: strangers cannot fill the memory.
    """

    def __init__(
        self,
        read: Callable[[_Key], _Value],
        seconds: float,
        grace: float,
        size: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `read`, which raises WireError where its source does not answer."""
        self._read = read
        self._seconds = seconds
        self._grace = grace
        self._size = size
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[_Key, _Known[_Value]] = OrderedDict()
        self._reading: dict[_Key, threading.Lock] = {}

    def get(self, key: _Key) -> _Value:
        """Return the value of a key.

        Raises:
            WireError: the source does not answer, and what is known is older than `grace`.
        """
        known = self._find(key)
        if known is not None and self._age(known) < self._seconds:
            return known.value
        with self._lock:
            turn = self._reading.setdefault(key, threading.Lock())
        with turn:
            known = self._find(key)  # Another thread may have read it while this one waited.
            if known is None or self._age(known) >= self._seconds:
                known = self._again(key, known)
        return known.value

    def forget(self, key: _Key) -> None:
        """Read a key anew when it is asked for next."""
        with self._lock:
            self._known.pop(key, None)

    def _again(self, key: _Key, known: _Known[_Value] | None) -> _Known[_Value]:
        began = self._clock()  # Before the read: what changes during it must not count as seen.
        try:
            new = _Known(self._read(key), began)
        except WireError:
            if known is not None and self._age(known) < self._grace:
                return known
            raise
        finally:
            with self._lock:
                self._reading.pop(key, None)
        with self._lock:
            self._known[key] = new
            self._known.move_to_end(key)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return new

    def _find(self, key: _Key) -> _Known[_Value] | None:
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
            return known

    def _age(self, known: _Known[_Value]) -> float:
        return self._clock() - known.read
