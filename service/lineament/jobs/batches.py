"""Messages of an SQS queue as Lambda hands them over, and what it is told of them.

Those that failed, and only those, come again; after a few times SQS puts them to the dead letters.
"""

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from lineament.errors import LineamentError, WireError

FAILED = "Failed"
_NAMESPACE = "Lineament"
_log = logging.getLogger(__name__)


class Unreadable(LineamentError):
    """A message that nobody here understands; it belongs to the dead letters."""


def work_through(
    event: Mapping[str, Any], function: str, work: Callable[[str], Mapping[str, int]]
) -> dict[str, list[dict[str, str]]]:
    """Work on each message of an event, and tell Lambda which ones failed.

    Args:
        event: of an SQS event source.
        function: whose counts these are, in the metrics.
        work: given a message's body; returns counts. Whatever it raises, the message comes again.

    Raises:
        Unreadable: the event holds no messages.
    """
    if not isinstance(event, Mapping) or not isinstance(event.get("Records"), list):
        raise Unreadable("the event is none of an SQS queue: it has no Records")
    failed: list[dict[str, str]] = []
    counts: Counter[str] = Counter({FAILED: 0})
    for record in event["Records"]:
        try:
            counts.update(work(record["body"]))
        except Exception as error:  # noqa: BLE001 - one message must not fail the others
            _log.error("message %s: %s", record["messageId"], _reason(error))
            failed.append({"itemIdentifier": record["messageId"]})
    counts[FAILED] += len(failed)
    tell(function, counts)
    return {"batchItemFailures": failed}


def tell(function: str, counts: Mapping[str, int]) -> None:
    """Write counts as a line that CloudWatch makes metrics of (its embedded metric format)."""
    metrics = [{"Name": name, "Unit": "Count"} for name in counts]
    about = {"Namespace": _NAMESPACE, "Dimensions": [["Function"]], "Metrics": metrics}
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [about]},
        "Function": function,
        **counts,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _reason(error: Exception) -> str:
    """Return what may be logged: a code, or a sentence of ours that holds no name and no value."""
    if isinstance(error, WireError):
        return error.code
    return str(error) if isinstance(error, LineamentError) else type(error).__name__
