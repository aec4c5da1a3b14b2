"""Handing an import out: its pictures as jobs of the queue of lambdas.worker."""

from collections.abc import Iterable, Iterator

import orjson

from lineament.cli.bulk.naming import Candidate, Item, PassedOver, Refused
from lineament.cli.bulk.places import S3Place
from lineament.cli.bulk.report import Outcome, Rejected
from lineament.context import Scope
from lineament.errors import LineamentError
from lineament.storage.queues import Queue

PART = 100
"""Pictures of a job: a minute or two of a function, and far below what SQS takes in a message."""


def hand_out(
    source: Iterable[Candidate], queue: Queue, scope: Scope, collection_id: str, outcome: Outcome
) -> tuple[int, int]:
    """Send the pictures of a source, in parts; return how many pictures in how many parts.

    Args:
        source: of pictures in S3.
        queue: where to.
        scope: of the collection.
        collection_id: of a collection that is there.
        outcome: told of what is not sent.

    Raises:
        LineamentError: the source cannot be listed, or has pictures that are not in S3.
        ServiceUnavailable: SQS does not answer; sent again, what has gone out changes nothing.
    """
    about = {
        "job": "import",
        "account": scope.account,
        "region": scope.region,
        "collection": collection_id,
    }
    images, parts = 0, 0
    for rows in _in_parts(_rows(source, outcome)):
        queue.send(orjson.dumps({**about, "images": rows}).decode())
        images, parts = images + len(rows), parts + 1
    return images, parts


def _rows(source: Iterable[Candidate], outcome: Outcome) -> Iterator[dict[str, str]]:
    for candidate in source:
        if isinstance(candidate, PassedOver):
            outcome.passed_over[candidate.what] += 1
        elif isinstance(candidate, Refused):
            outcome.count(Rejected(candidate.name, candidate.reason, candidate.kind))
        else:
            yield _row(candidate)


def _row(item: Item) -> dict[str, str]:
    if not isinstance(item.place, S3Place):
        raise LineamentError(f"{item.name} is not in S3: functions cannot read it")
    row = {"image": f"s3://{item.place.bucket}/{item.place.key}"}
    if item.external_image_id is not None:
        row["external_image_id"] = item.external_image_id
    if item.user_id is not None:
        row["user_id"] = item.user_id
    return row


def _in_parts(rows: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    part: list[dict[str, str]] = []
    for row in rows:
        part.append(row)
        if len(part) == PART:
            yield part
            part = []
    if part:
        yield part
