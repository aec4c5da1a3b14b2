"""Room for so much at once, and a line before it."""

import threading
from collections import deque


class _Waiter:
    """Who stands in line for how much."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.called = threading.Event()


class Line:
    """Room that is taken and given back, in the order of arrival. Safe to share between threads."""

    def __init__(self, room: int, waiting: int, seconds: float) -> None:
        """Begin empty.

        Args:
            room: for how much in all; what is larger by itself goes in alone.
            waiting: how many stand in line; the next are turned away.
            seconds: how long each stands there.
        """
        self._room = room
        self._most = waiting
        self._seconds = seconds
        self._taken = 0
        self._standing: deque[_Waiter] = deque()
        self._lock = threading.Lock()

    def enter(self, size: int = 1) -> bool:
        """Take room and return True, or return False where the line is full, or too slow."""
        with self._lock:
            if not self._standing and self._fits(size):
                self._taken += size
                return True
            if len(self._standing) >= self._most:
                return False
            me = _Waiter(size)
            self._standing.append(me)
        if me.called.wait(self._seconds):
            return True
        with self._lock:
            if me.called.is_set():  # in this very moment
                return True
            self._standing.remove(me)
            self._call()  # Those behind may need less.
        return False

    def leave(self, size: int = 1) -> None:
        """Give room back."""
        with self._lock:
            self._taken -= size
            self._call()

    def is_full(self) -> bool:
        """Tell whether whoever came now would be turned away."""
        with self._lock:
            return len(self._standing) >= self._most and (
                bool(self._standing) or self._taken >= self._room
            )

    def _call(self) -> None:
        """Let in whom there is room for. Each wakes up only for this: no crowd fights for it."""
        while self._standing and self._fits(self._standing[0].size):
            next_one = self._standing.popleft()
            self._taken += next_one.size
            next_one.called.set()

    def _fits(self, size: int) -> bool:
        return self._taken == 0 or self._taken + size <= self._room
