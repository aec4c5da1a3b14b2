"""The baseline of every time: a call's models, run again on the same inputs and nothing else.

They run one after the other, while a call spreads the faces of a picture over the cores: on a group
photo the ratio may be below 1 where nothing else is running.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import onnxruntime

Call = tuple[onnxruntime.InferenceSession, Any, dict[str, Any]]
"""A session, the outputs that were asked for, and what it was fed."""


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Note every run of a model within the block."""
    calls: list[Call] = []
    lock = threading.Lock()
    run = onnxruntime.InferenceSession.run

    def noting(
        session: onnxruntime.InferenceSession,
        outputs: Any,  # noqa: ANN401 - onnxruntime has no types
        feed: dict[str, Any],
        *rest: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        with lock:
            calls.append((session, outputs, feed))
        return run(session, outputs, feed, *rest)

    onnxruntime.InferenceSession.run = noting
    try:
        yield calls
    finally:
        onnxruntime.InferenceSession.run = run


def over_models(action: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the median milliseconds of an action, and of its models alone.

    Both are timed in turns, so that other work on the machine weighs on both.

    Args:
        action: what the service does for a call; it must run the same models each time.
        rounds: how often each is timed.
    """
    action()  # warm: arenas have grown, lazy models are loaded
    with recorded() as calls:
        action()
    whole, bare = [], []
    for _ in range(rounds):
        whole.append(_milliseconds(action))
        bare.append(
            _milliseconds(lambda: [session.run(names, feed) for session, names, feed in calls])
        )
    return statistics.median(whole), statistics.median(bare)


def in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Return the median milliseconds of two actions that are timed in turns, each warm."""
    ours()
    theirs()
    times = [(_milliseconds(ours), _milliseconds(theirs)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in times), statistics.median(
        pair[1] for pair in times
    )


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000
