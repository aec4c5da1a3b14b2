"""Jobs of a queue: SQS -> this. `lineament.jobs.messages` says what they look like.

A job that does not end within an event goes back to the queue, and goes on from where it came to.
"""

from typing import Any

from lambdas import container
from lineament.jobs.batches import work_through
from lineament.jobs.work import Worker

_MARGIN = 60_000
"""Milliseconds before its end in which an event begins no other picture."""


def handler(event: Any, context: Any) -> dict[str, list[dict[str, str]]]:  # noqa: ANN401
    """Do the jobs of a batch, and tell Lambda which ones failed.

    Raises:
        LineamentError: the event is none of an SQS queue.
    """

    def out_of_time() -> bool:
        return context is not None and context.get_remaining_time_in_millis() < _MARGIN

    queue = container.queue()
    worker = Worker(
        container.application(),
        container.scope(),
        out_of_time,
        None if queue is None else queue.send,
    )
    return work_through(event, container.name(context, __name__), worker.take)
