"""What has served its time leaves, on a schedule (EventBridge): functions have no server to do it.

Today this is a round of housekeeping.
"""

from lambdas import container


def handler(_event: object, _context: object) -> dict[str, int]:
    """Erase what deletions and crashes left, once, and tell the counts.

    Raises:
        LineamentError: DynamoDB does not answer; the schedule's next event tries again.
    """
    return container.application().housekeep()
