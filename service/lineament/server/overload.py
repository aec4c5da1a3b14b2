"""What a process takes on at once, so that it answers in time whatever is asked of it.

Processors run out by pictures that are looked at, memory by bodies and objects that are read. Of
each there is so much at once, and a line before it of so many, for so long; who finds the line
full, or waits too long, is told 503 there and then, which SDKs try again. The lines leave threads
over, so that calls without a picture are answered meanwhile. Source: docs/limits.md.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from lineament.domain.counts import Counter
from lineament.domain.faces import FaceEngine, ImageFaces
from lineament.domain.ports import ObjectStore
from lineament.errors import ServiceUnavailable
from lineament.handlers.services import Services
from lineament.server.line import Line

SMALL_BODY = 256 * 1024
"""Bytes: bodies up to this are always taken. A call without a picture has no larger one."""
_MIB = 1024 * 1024
_CALLS = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on."""

    calls: int
    """Requests that run at once, beside those that look at pictures."""
    pictures: int
    """Requests that look at pictures at once."""
    waiting_pictures: int
    """Requests that wait to do so."""
    read_bytes: int
    """Of bodies over `SMALL_BODY`, and of pictures in S3, that are being read or worked on. Worked
    on, a body takes about twice as much."""
    waiting_reads: int
    """Requests that wait to read."""
    seconds: float = 5.0
    """How long each waits in a line."""

    @classmethod
    def of(cls, threads: int, read_bytes: int = 128 * _MIB) -> "Limits":
        """Return what suits a process of so many threads."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        pictures = min(max(2, cores), max(1, threads // 2))
        reading, spare = threads // 8, max(1, threads // 4)
        waiting = max(0, threads - pictures - reading - spare)
        return cls(_CALLS, pictures, waiting, read_bytes, reading)

    @classmethod
    def none(cls) -> "Limits":
        """Return what takes on everything, for tests and for servers that have one client."""
        return cls(sys.maxsize, sys.maxsize, 0, sys.maxsize, 0)


class _Place(threading.local):
    """Where a thread's request stands."""

    serving: bool = False
    line: Line | None = None
    """Of the lines of calls and pictures, the one that it is through."""
    read: int = 0
    """Bytes that it holds."""


class Overload:
    """Keeps a process within its limits. Safe to share between threads."""

    def __init__(self, limits: Limits) -> None:
        """Begin idle, within the limits of this process."""
        self.refused = Counter("reason")
        """Refusals, by what there was too much of: `pictures`, `bytes`, `calls`. Replace it by the
        application's, once there is one."""
        self._calls = Line(limits.calls, sys.maxsize, limits.seconds)
        self._pictures = Line(limits.pictures, limits.waiting_pictures, limits.seconds)
        self._reads = Line(limits.read_bytes, limits.waiting_reads, limits.seconds)
        self._place = _Place()

    @contextmanager
    def request(self, size: int) -> Iterator[None]:
        """Hold what this thread's request takes, from before its body is read until it is answered.

        Args:
            size: of the body, in bytes, at most.

        Raises:
            ServiceUnavailable: there is no room for the body, or none to look at what it holds.
        """
        self._place.serving = True
        try:
            if size > SMALL_BODY:
                if self._pictures.is_full():
                    raise self._refusal("pictures")
                self._read(size)
            yield
        finally:
            self._place.serving = False
            self._enter(None)
            self._unread(self._place.read)

    def begin(self) -> None:
        """Wait for this thread's turn to be worked on; the body is there.

        Raises:
            ServiceUnavailable: too many others are.
        """
        if not self._enter(self._calls):
            raise self._refusal("calls")

    def guard(self, services: Services) -> Services:
        """Return the services with pictures that are read and looked at in turn.

        A turn lasts until the request's end: vectors and attributes are computed when asked for.
        """
        return replace(
            services,
            engine=lambda: _GuardedEngine(services.engine(), self._look),
            objects=_GuardedObjects(services.objects, self._read, self._unread),
        )

    def _look(self) -> None:
        if not self._place.serving or self._place.line is self._pictures:
            return
        if not self._enter(self._pictures):
            raise self._refusal("pictures")

    def _read(self, size: int) -> None:
        if not self._place.serving:
            return
        if not self._reads.enter(size):
            raise self._refusal("bytes")
        self._place.read += size

    def _unread(self, size: int) -> None:
        given_back = min(size, self._place.read)
        if given_back:
            self._place.read -= given_back
            self._reads.leave(given_back)

    def _enter(self, line: Line | None) -> bool:
        """Go to another line, from where this thread's request stands; None is the way out."""
        if self._place.line is not None:
            self._place.line.leave()
            self._place.line = None
        if line is None:
            return True
        entered = line.enter()
        if entered:
            self._place.line = line
        return entered

    def _refusal(self, reason: str) -> ServiceUnavailable:
        self.refused.add(reason)
        return ServiceUnavailable("Too many requests at once; try again")


@dataclass(frozen=True, slots=True)
class _GuardedEngine:
    """The vision port, for those whose turn it is."""

    engine: FaceEngine
    look: Callable[[], None]

    def analyse(self, image: bytes) -> ImageFaces:
        """As the engine does.

        Raises:
            ServiceUnavailable: too many others do.
        """
        self.look()
        return self.engine.analyse(image)


@dataclass(frozen=True, slots=True)
class _GuardedObjects:
    """The ObjectStore port, within the bytes that there is room for."""

    objects: ObjectStore
    take: Callable[[int], None]
    give_back: Callable[[int], None]

    def read(self, region: str, bucket: str, key: str, version: str | None, limit: int) -> bytes:
        """As the store does; room for `limit` bytes is held meanwhile, and then for what came.

        Raises:
            ServiceUnavailable: there is no room.
        """
        self.take(limit)
        came = 0
        try:
            content = self.objects.read(region, bucket, key, version, limit)
            came = len(content)
        finally:
            self.give_back(limit - came)
        return content
