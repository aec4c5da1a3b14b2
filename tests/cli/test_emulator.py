"""S3 and DynamoDB of the local pair, as many callers at once use them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lineament.cli.emulator import free_port, running

CALLERS = 16
CALLS = 200
KEY = {"k": {"S": "counter"}}


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    """Return a client of an emulator with the table `t`; threads may share it."""
    with running(free_port()) as url:
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="123456789012",
            aws_secret_access_key="local",
            config=Config(max_pool_connections=CALLERS),
        )
        client.create_table(
            TableName="t",
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def test_every_caller_gets_a_number_of_its_own(table: Any) -> None:
    """Lost: with `serve --local` two IndexFaces at once take one number, and faces are gone."""

    def take(_: int) -> list[str]:
        add = {
            "UpdateExpression": "ADD seq :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "UPDATED_NEW",
        }
        answers = [table.update_item(TableName="t", Key=KEY, **add) for _ in range(CALLS)]
        return [answer["Attributes"]["seq"]["N"] for answer in answers]

    with ThreadPoolExecutor(CALLERS) as pool:
        taken = [int(number) for numbers in pool.map(take, range(CALLERS)) for number in numbers]
    assert sorted(taken) == list(range(1, CALLERS * CALLS + 1))


def test_one_caller_wins_a_conditional_write(table: Any) -> None:
    """Lost: two CreateCollection of one name both succeed, and the first one's faces are gone."""

    def put(which: tuple[int, int]) -> bool:
        name, caller = which
        item = {"k": {"S": f"name-{name}"}, "by": {"N": str(caller)}}
        try:
            table.put_item(TableName="t", Item=item, ConditionExpression="attribute_not_exists(k)")
        except table.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(CALLERS) as pool:
        for name in range(20):
            assert sum(pool.map(put, [(name, caller) for caller in range(CALLERS)])) == 1
