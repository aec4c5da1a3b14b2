"""SIGTERM and Ctrl-C, for commands that have to stop what they started."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class Stopped(BaseException):
    """SIGTERM or Ctrl-C came; no handler of ordinary errors may take it."""


@contextlib.contextmanager
def stop_signals() -> Iterator[None]:
    """Turn the first SIGTERM or Ctrl-C into `Stopped`, and ignore more of them while stopping."""
    chosen = (signal.SIGTERM, signal.SIGINT)

    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            raise Stopped

    before = [signal.signal(each, stop) for each in chosen]
    try:
        yield
    finally:
        for each, handler in zip(chosen, before, strict=True):
            signal.signal(each, handler)
