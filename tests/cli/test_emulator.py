"""S3 and DynamoDB of the local pair, both kinds, as many callers at once use them."""

import importlib.util
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lineament.cli import emulator
from lineament.cli.emulator import EmulatorError, command, free_port, one_at_a_time, running
from tests.emulated import emulated

CALLERS = 16
CALLS = 200
TABLE = "table"
KEY = {"k": {"S": "counter"}}


@pytest.fixture(scope="module", params=["moto", "ministack"])
def table(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a client of an emulator with TABLE; threads may share it."""
    with emulated(ministack=request.param == "ministack") as url:
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="123456789012",
            aws_secret_access_key="local",
            config=Config(max_pool_connections=CALLERS),
        )
        client.create_table(
            TableName=TABLE,
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
        answers = [table.update_item(TableName=TABLE, Key=KEY, **add) for _ in range(CALLS)]
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
            table.put_item(
                TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(k)"
            )
        except table.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(CALLERS) as pool:
        for name in range(20):
            assert sum(pool.map(put, [(name, caller) for caller in range(CALLERS)])) == 1


class Overlapping:
    """A WSGI application that remembers how many requests it ever had at once."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._full = threading.Event()

    def __call__(self, environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now == CALLERS:
                self._full.set()
        self._full.wait(0.05 if "HTTP_X_AMZ_TARGET" in environ else 30)
        with self._lock:
            self._now -= 1
        return [environ["wsgi.input"].read()]


@pytest.mark.parametrize(
    ("target", "most"),
    [
        ({"HTTP_X_AMZ_TARGET": "DynamoDB_20120810.UpdateItem", "CONTENT_LENGTH": "2"}, 1),
        ({}, CALLERS),
    ],
)
def test_dynamodb_requests_never_overlap_and_s3_requests_do(
    target: dict[str, str], most: int
) -> None:
    """Lost: conditional writes that both win, or photos that wait for one another."""
    application = Overlapping()
    served = one_at_a_time(application)

    def ask(_: int) -> bytes:
        return b"".join(served({**target, "wsgi.input": BytesIO(b"{}")}, None))

    with ThreadPoolExecutor(CALLERS) as pool:
        assert set(pool.map(ask, range(CALLERS))) == {b"{}"}
    assert application.most == most


@pytest.mark.parametrize(
    ("data", "package", "extra"),
    [(None, "moto", "local"), (Path("data"), "ministack", "data")],
)
def test_a_missing_package_is_told_with_its_extra(
    data: Path | None, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: whoever installed without the extra gets a trace, or a server that never answers."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        emulator.importlib.util, "find_spec", lambda name: None if name == package else find(name)
    )
    with pytest.raises(
        EmulatorError, match=rf"come from {package}: pip install 'lineament\[{extra}"
    ):
        command(1, data)


def test_why_an_emulator_did_not_start_is_told(tmp_path: Path) -> None:
    """Lost: a folder that cannot be used reads as "did not answer"."""
    (tmp_path / "holiday.jpg").touch()
    with (
        pytest.raises(EmulatorError, match="holds something else; choose another folder"),
        running(free_port(), data=tmp_path),
    ):
        pass
