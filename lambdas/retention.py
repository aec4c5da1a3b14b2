"""What has served its time leaves, on a schedule (EventBridge): functions have no server to do it.

Today this is a round of housekeeping.
"""

from lambdas import container
from lineament.jobs.batches import FAILED, tell


def handler(_event: object, context: object) -> dict[str, int]:
    """Erase what deletions and crashes left, once, and tell the counts.

    Raises:
        LineamentError: DynamoDB does not answer; the schedule's next event tries again.
    """
    done = container.application().housekeep()
    failed = sum(count for name, count in done.items() if name.startswith("failed_"))
    tell(container.name(context, __name__), {FAILED: failed})
    return done
