"""One invocation: of which function, how much time it has, and what it has left unrecorded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lambdas import container
from lineament.jobs.batches import tell


def name(context: object, entry: str) -> str:
    """Return the function's name as it was deployed; the entry's where nobody has."""
    return str(getattr(context, "function_name", entry))


@contextmanager
def losses_told(context: object, entry: str) -> Iterator[None]:
    """Tell CloudWatch how many uses of faces an event left unrecorded; nothing where none is.

    Args:
        context: Lambda's.
        entry: see `name`.
    """
    lost = container.application().counts.unrecorded
    before = sum(lost.read().values())
    try:
        yield
    finally:
        count = sum(lost.read().values()) - before
        if count:  # Each metric costs, once it is told.
            tell(name(context, entry), {"Unrecorded": count})


def out_of_time(context: Any, margin: float) -> Callable[[], bool]:  # noqa: ANN401
    """Return what tells whether an event ends within so many seconds; none does without context."""
    return lambda: context is not None and context.get_remaining_time_in_millis() < margin * 1000
