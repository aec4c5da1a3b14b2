"""One DynamoDB table, as far as this room needs it: exact keys, batches, conditional writes.

Items are DynamoDB's own attribute values, `{"name": {"S": "text"}}`. In expressions `#name` is the
attribute `name`, so no reserved word is ever in the way. A failed condition raises ConditionFailed;
every other error leaves as `faults.from_dynamodb` says.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lineament.errors import ProvisionedThroughputExceededException
from lineament.storage.faults import ConditionFailed, from_dynamodb

Item = dict[str, dict[str, Any]]
Key = Item
"""The attributes pk and sk."""

_READ_BATCH = 100
_WRITE_BATCH = 25
_WORKERS = 16
_BATCH_TRIES = 8
_FIRST_PAUSE = 0.02
_NAME = re.compile(r"#(\w+)")
_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Table:
    """A table with string keys pk and sk."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401
        """Use the table `name` of a boto3 DynamoDB client (or anything that behaves like one)."""
        self.client = client
        self.name = name
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix=name)

    def each(self, work: Callable[[_In], _Out], inputs: Sequence[_In]) -> list[_Out]:
        """Do independent pieces of work, several at a time, and return their results in order.

        Work given here must not call `each` itself.
        """
        if len(inputs) == 1:
            return [work(inputs[0])]
        return list(self._pool.map(work, inputs))

    def get(self, key: Key) -> Item | None:
        """Read an item consistently."""
        answer = self._call("get_item", Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def get_many(self, keys: Sequence[Key], fields: Sequence[str] = ()) -> list[Item]:
        """Read items consistently, in no order; absent ones are left out.

        Args:
            keys: any number, each once.
            fields: the attributes to return; all where it is empty.
        """
        batches = [keys[start : start + _READ_BATCH] for start in range(0, len(keys), _READ_BATCH)]
        return list(chain.from_iterable(self.each(lambda b: self._get_batch(b, fields), batches)))

    def put(self, item: Item) -> None:
        """Write an item, whatever is there."""
        self._call("put_item", Item=item)

    def put_new(self, item: Item) -> Item | None:
        """Write an item where none is, and return None, or return the item that is there."""
        try:
            self._call(
                "put_item",
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailed as failed:
            return failed.item or self.get({"pk": item["pk"], "sk": item["sk"]})
        return None

    def put_many(self, items: Sequence[Item]) -> None:
        """Write items, whatever is there; not all or none."""
        self._write_many([{"PutRequest": {"Item": item}} for item in items])

    def delete_many(self, keys: Sequence[Key]) -> None:
        """Delete items, present or not."""
        self._write_many([{"DeleteRequest": {"Key": key}} for key in keys])

    def update(
        self,
        key: Key,
        change: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> Item:
        """Change an item under a condition and return the changed attributes.

        Args:
            key: which item.
            change: an update expression.
            condition: a condition expression.
            values: of the placeholders, `{":name": {"S": "text"}}`.
            names: of those `#placeholders` that are not named after their attribute.
        """
        answer = self._call(
            "update_item",
            Key=key,
            UpdateExpression=change,
            ConditionExpression=condition,
            ExpressionAttributeNames=_names(f"{change} {condition}", names),
            ReturnValues="UPDATED_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **_given(values),
        )
        changed: Item = answer.get("Attributes", {})
        return changed

    def delete(self, key: Key, condition: str, values: Mapping[str, Any]) -> bool:
        """Delete an item under a condition and tell whether the condition held."""
        try:
            self._call(
                "delete_item",
                Key=key,
                ConditionExpression=condition,
                ExpressionAttributeNames=_names(condition),
                **_given(values),
            )
        except ConditionFailed:
            return False
        return True

    def query(
        self, partition: str, low: str, high: str, fields: Sequence[str] = (), page: int = 1000
    ) -> Iterator[Item]:
        """Yield the items of a partition with low <= sk <= high, by sk, read consistently.

        moto walks the whole table for each page: never call this where a call's time matters and
        the table grows.
        """
        options = {"Limit": page, **_projection(fields)}
        for answer in self._query_pages(partition, low, high, **options):
            yield from answer["Items"]

    def count(
        self, partition: str, low: str, high: str, condition: str, values: Mapping[str, Any]
    ) -> int:
        """Count the items of a partition with low <= sk <= high that meet a condition.

        Reads consistently and returns no item, so that a count costs far less than a `query`.
        """
        pages = self._query_pages(
            partition,
            low,
            high,
            values,
            Select="COUNT",
            FilterExpression=condition,
            ExpressionAttributeNames=_names(condition),
        )
        return sum(int(answer["Count"]) for answer in pages)

    def scan(self, fields: Sequence[str] = (), page: int = 1000) -> Iterator[Item]:
        """Yield every item of the table, in no order, read consistently. Costs a read of all."""
        for answer in self._pages("scan", Limit=page, **_projection(fields)):
            yield from answer["Items"]

    def _query_pages(
        self,
        partition: str,
        low: str,
        high: str,
        values: Mapping[str, Any] | None = None,
        **options: Any,  # noqa: ANN401 - DynamoDB's own parameters
    ) -> Iterator[dict[str, Any]]:
        return self._pages(
            "query",
            KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues={
                ":pk": {"S": partition},
                ":low": {"S": low},
                ":high": {"S": high},
                **(values or {}),
            },
            **options,
        )

    def _pages(self, operation: str, **options: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
        start: dict[str, Any] = {}
        while True:
            answer = self._call(operation, ConsistentRead=True, **options, **start)
            yield answer
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _get_batch(self, keys: Sequence[Key], fields: Sequence[str]) -> list[Item]:
        found: list[Item] = []
        wanted: Sequence[Key] = keys
        pauses = _pauses()
        while True:
            request = {"Keys": wanted, "ConsistentRead": True, **_projection(fields)}
            answer = self._call("batch_get_item", batch=request)
            found += answer["Responses"].get(self.name, [])
            left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if not left:
                return found
            pauses = _pauses() if len(left) < len(wanted) else pauses
            wanted = left
            _pause(pauses)

    def _write_many(self, requests: Sequence[dict[str, Any]]) -> None:
        starts = range(0, len(requests), _WRITE_BATCH)
        self.each(self._write_batch, [requests[start : start + _WRITE_BATCH] for start in starts])

    def _write_batch(self, requests: Sequence[dict[str, Any]]) -> None:
        wanted: Sequence[dict[str, Any]] = requests
        pauses = _pauses()
        while True:
            answer = self._call("batch_write_item", batch=wanted)
            left = answer.get("UnprocessedItems", {}).get(self.name, [])
            if not left:
                return
            pauses = _pauses() if len(left) < len(wanted) else pauses
            wanted = left
            _pause(pauses)

    def _call(self, operation: str, batch: Any = None, **params: Any) -> dict[str, Any]:  # noqa: ANN401
        where = {"TableName": self.name} if batch is None else {"RequestItems": {self.name: batch}}
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(**where, **params)
        except (ClientError, BotoCoreError) as error:
            raise from_dynamodb(error) from error
        return answer


def _pause(pauses: Iterator[float]) -> None:
    pause = next(pauses, None)
    if pause is None:
        raise ProvisionedThroughputExceededException
    time.sleep(pause)


def _pauses() -> Iterator[float]:
    """Give the pauses of a batch while nothing of it is done; what is done begins them anew."""
    for turn in range(_BATCH_TRIES - 1):
        yield random.uniform(0.5, 1.0) * _FIRST_PAUSE * 2**turn  # noqa: S311 - jitter


def _projection(fields: Sequence[str]) -> dict[str, Any]:
    if not fields:
        return {}
    expression = ", ".join(f"#{name}" for name in fields)
    return {"ProjectionExpression": expression, "ExpressionAttributeNames": _names(expression)}


def _names(expressions: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    return {f"#{name}": name for name in _NAME.findall(expressions)} | dict(given or {})


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"ExpressionAttributeValues": values} if values else {}
