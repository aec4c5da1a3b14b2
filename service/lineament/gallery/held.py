"""The galleries that a process holds, by least use, within a bound of memory."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Generic, Protocol, TypeVar

from lineament.domain.counts import Counts

_WARNING_SECONDS = 60.0
_log = logging.getLogger(__name__)


class Weighed(Protocol):
    """A gallery, as far as keeping it goes."""

    @property
    def lineage(self) -> str:
        """Whose it is, through every move to another model."""
        ...

    @property
    def nbytes(self) -> int:
        """Memory held, about, as of now."""
        ...


G = TypeVar("G", bound=Weighed)


class Held(Generic[G]):
    """Galleries by generation. Safe to share between threads.

    What each weighed last is kept beside it: a change costs the same however many there are.
    """

    def __init__(self, max_bytes: int, counts: Counts) -> None:
        """Hold nothing.

        Args:
            max_bytes: beyond that, in total, the galleries used least recently are dropped.
            counts: told of what is held and of what had to leave.
        """
        self._max_bytes = max_bytes
        self._counts = counts
        self._lock = threading.Lock()
        self._galleries: OrderedDict[str, tuple[G, int]] = OrderedDict()
        self._total = 0
        self._warned = float("-inf")
        counts.gallery_bound.value = max_bytes

    @property
    def nbytes(self) -> int:
        """What galleries weighed, in total."""
        return self._total

    def has(self, name: str) -> bool:
        """Tell whether a gallery is held, or on its way."""
        return name in self._galleries

    def take(self, name: str, make: Callable[[], G], *, instead: bool) -> tuple[G, bool]:
        """Return a gallery, now the one used last, and whether it was made for that.

        Args:
            name: its generation.
            make: makes an empty one.
            instead: a new one takes the place of all others of its lineage.
        """
        with self._lock:
            known = self._galleries.get(name)
            if known is not None:
                self._galleries.move_to_end(name)
                return known[0], False
            gallery = make()
            if instead:
                self._forget(gallery.lineage)
            self._put(name, gallery)
            return gallery, True

    def weigh(self, name: str, gallery: G) -> None:
        """Take note of what a gallery weighs after a change; others leave where that is too much.

        It stays itself, however large: who would drop it would read it anew for each search.
        """
        with self._lock:
            known = self._galleries.get(name)
            if known is None or known[0] is not gallery:
                return  # It had to leave while it was read.
            self._put(name, gallery)
            while self._total > self._max_bytes and len(self._galleries) > 1:
                self._drop(next(other for other in self._galleries if other != name))
                self._counts.evictions.add()
            alone = self._total
            warn = alone > self._max_bytes and self._may_warn()
        if warn:
            _log.warning(
                "the gallery of generation %s has %d bytes, over the bound of %d for all",
                name,
                alone,
                self._max_bytes,
            )

    def discard(self, name: str) -> None:
        """Let go of a gallery, there or not."""
        with self._lock:
            if name in self._galleries:
                self._drop(name)

    def forget(self, lineage: str) -> None:
        """Let go of every gallery of a lineage."""
        with self._lock:
            self._forget(lineage)

    def _forget(self, lineage: str) -> None:
        old = [name for name, (each, _) in self._galleries.items() if each.lineage == lineage]
        for name in old:
            self._drop(name)

    def _put(self, name: str, gallery: G) -> None:
        _, before = self._galleries.get(name, (gallery, 0))
        now = gallery.nbytes
        self._galleries[name] = gallery, now
        self._tell(now - before)

    def _drop(self, name: str) -> None:
        _, weight = self._galleries.pop(name)
        self._tell(-weight)

    def _tell(self, more: int) -> None:
        self._total += more
        self._counts.galleries.value = len(self._galleries)
        self._counts.gallery_bytes.value = self._total

    def _may_warn(self) -> bool:
        now = monotonic()
        due = now - self._warned >= _WARNING_SECONDS
        if due:
            self._warned = now
        return due
