"""The faces of one picture on all cores: runs of a model with one thread each, beside each other.

One run on several threads waits for the slowest of them at every layer; several runs do not wait.
The pool is the process's own: however many requests there are, no more runs than cores come from
it.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def on_all_cores(function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Return function(item) of each item, in order.

    Args:
        function: runs models with one thread each, and must not call this itself.
        items: a single one is run in the caller's thread.
    """
    if len(items) < 2:  # noqa: PLR2004 - nothing to share
        return [function(item) for item in items]
    return list(_pool().map(function, items))


def core_count() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def portions(count: int, size: int) -> list[slice]:
    """Return slices that cut `count` faces into portions of `size`, or one of all where it is 0."""
    return [slice(start, start + (size or count)) for start in range(0, count, size or count or 1)]


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the pool; made at the first use, since a server's worker is a fork of its master."""
    return ThreadPoolExecutor(core_count(), "faces")
