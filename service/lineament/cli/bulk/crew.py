"""Several pictures at once, with no more of them in memory than are worked on."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Crew(Generic[T, R]):
    """Threads that do the same with many things."""

    def __init__(
        self,
        work: Callable[[T], R],
        workers: int,
        stopped: threading.Event,
        handed_out: int = 8,
    ) -> None:
        """Begin nothing.

        Args:
            work: done in a thread.
            workers: threads.
            stopped: once it is set, nothing is begun any more.
            handed_out: things for each thread, the one in work included.
        """
        self._work = work
        self._workers = workers
        self._most = workers * handed_out
        self._stopped = stopped
        self._pending: set[Future[R]] = set()
        self._failure: Exception | None = None

    def work_through(self, things: Iterable[T]) -> Iterator[R]:
        """Yield what comes of things, as they are done; they are taken a few ahead of the work.

        Raises:
            Exception: the first one that `things` or the work raised, after all that was begun is
                yielded; nothing is begun after it.
        """
        with ThreadPoolExecutor(self._workers) as pool:
            for thing in self._until_stopped(things):
                self._pending.add(pool.submit(self._work, thing))
                yield from self._settle(self._most - 1)
            yield from self._settle(0)
        if self._failure is not None:
            raise self._failure

    def _until_stopped(self, things: Iterable[T]) -> Iterator[T]:
        try:
            for thing in things:
                if self._ends():
                    return
                yield thing
                if self._ends():
                    return
        except Exception as error:  # noqa: BLE001 - raised at the end, after what was begun
            self._failure = self._failure or error

    def _ends(self) -> bool:
        return self._failure is not None or self._stopped.is_set()

    def _settle(self, limit: int) -> Iterator[R]:
        """Yield what is done, until no more than `limit` things are handed out."""
        while len(self._pending) > limit or any(each.done() for each in self._pending):
            if self._ends():
                for each in self._pending:
                    each.cancel()  # has no effect on one that was begun
            done, self._pending = wait(self._pending, return_when=FIRST_COMPLETED)
            for each in done:
                try:
                    if not each.cancelled():
                        yield each.result()
                except Exception as error:  # noqa: BLE001 - as above
                    self._failure = self._failure or error
