"""What has served its time leaves, on a schedule (EventBridge): functions have no server to do it.

Today this is a round of housekeeping, or as much of one as an event has time for.
"""

from typing import Any

from lambdas import container, invocation
from lineament.jobs.batches import FAILED, tell

_MARGIN_SECONDS = 300.0
"""Before its end, in which an event begins nothing: as long as the sweep of four million faces
takes at best, which cannot be cut."""


def handler(_event: object, context: Any) -> dict[str, int]:  # noqa: ANN401
    """Erase what deletions and crashes left, once, and tell the counts.

    What there was no time for is left to the schedule's next event.

    Raises:
        LineamentError: DynamoDB does not answer; the schedule's next event tries again.
    """
    done = container.application().housekeep(invocation.out_of_time(context, _MARGIN_SECONDS))
    failed = sum(count for name, count in done.items() if name.startswith("failed_"))
    rest = {"Unfinished": 1} if done["unfinished"] else {}  # Each metric costs, once it is told.
    tell(invocation.name(context, __name__), {FAILED: failed, **rest})
    return done
