"""Keeping one engine that does not answer from holding every thread of a server."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lineament.domain.engine import EngineUnavailable

_SILENT_SECONDS = 1.0
"""A call that fails sooner has been answered, if only by a refusal, and held nobody up."""


class Fuse:
    """Refuses calls for a while after one that was not answered; then lets one try. For threads."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Refuse for `seconds`."""
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._blown: float | None = None
        self._trying = False

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Watch a call.

        Raises:
            EngineUnavailable: it was not made.
        """
        with self._lock:
            if self._blown is not None:
                if self._trying or self._clock() - self._blown < self._seconds:
                    raise EngineUnavailable("the engine did not answer a moment ago")
                self._trying = True
        began, answered = self._clock(), True
        try:
            yield
        except EngineUnavailable:
            answered = self._clock() - began < _SILENT_SECONDS
            raise
        finally:
            with self._lock:
                self._trying = False
                self._blown = None if answered else self._clock()
