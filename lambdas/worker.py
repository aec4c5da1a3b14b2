"""Jobs of a queue: SQS -> this. `lineament.jobs.messages` says what they look like.

A job that does not end within an event goes back to the queue, and goes on from where it came to.
"""

from typing import Any

from lambdas import container, invocation
from lineament.jobs.batches import work_through
from lineament.jobs.work import Worker

_MARGIN_SECONDS = 60.0
"""Before its end, in which an event begins no other picture."""


def handler(event: Any, context: Any) -> dict[str, list[dict[str, str]]]:  # noqa: ANN401
    """Do the jobs of a batch, and tell Lambda which ones failed.

    Raises:
        LineamentError: the event is none of an SQS queue.
    """
    queue = container.queue()
    worker = Worker(
        container.application(),
        container.scope(),
        invocation.out_of_time(context, _MARGIN_SECONDS),
        None if queue is None else queue.send,
    )
    with invocation.losses_told(context, __name__):
        return work_through(event, invocation.name(context, __name__), worker.take)
