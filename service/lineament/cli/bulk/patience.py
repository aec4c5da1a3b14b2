"""Trying again what S3 or DynamoDB were too busy for."""

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from lineament.errors import (
    ProvisionedThroughputExceededException,
    ServiceUnavailable,
    ThrottlingException,
)

R = TypeVar("R")
BUSY = (ProvisionedThroughputExceededException, ServiceUnavailable, ThrottlingException)
"""What waiting may cure."""
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds, at most; boto3 has tried four times before each. Half of each is by chance."""


def patiently(work: Callable[[], R], stopped: threading.Event) -> R:
    """Return what `work` returns, with pauses between the tries.

    Args:
        work: may be called again after it failed.
        stopped: once it is set there are no more tries.

    Raises:
        WireError: the last try's.
    """
    for pause in _PAUSES:
        try:
            return work()
        except BUSY:
            if stopped.wait(pause * random.uniform(0.5, 1)):  # noqa: S311 - no secret
                raise
    return work()
