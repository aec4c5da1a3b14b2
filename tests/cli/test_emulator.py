"""S3 and DynamoDB of the local pair, both kinds, as many callers at once use them."""

import importlib.util
import re
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lineament.cli import emulator
from lineament.cli.emulator import (
    MINISTACK,
    EmulatorError,
    command,
    free_port,
    one_at_a_time,
    running,
)
from lineament.cli.local import LocalPair
from lineament.cli.said import Said
from lineament.server.listen import Listen
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


PIP = r"pip install 'lineament\[{}\]'"


@pytest.mark.parametrize(
    ("data", "package", "told"),
    [
        (None, "moto", PIP.format("local")),
        (Path("data"), "ministack", PIP.format("data")),
        (Path("data"), "ministack", rf"pip install --no-deps ministack=={MINISTACK}$"),
        (Path("data"), "hypercorn", PIP.format("data")),
    ],
)
def test_a_missing_package_is_told_with_what_installs_it(
    data: Path | None, package: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: whoever installed without the extra gets a trace, or a server that never answers."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        emulator.importlib.util, "find_spec", lambda name: None if name == package else find(name)
    )
    with pytest.raises(EmulatorError, match=told):
        command(1, data)


def test_the_ministack_that_is_told_is_the_one_tested() -> None:
    """Lost: the command of the error message installs what a folder was never tested with."""
    assert version("ministack") == MINISTACK


def test_the_extra_data_goes_with_the_rest() -> None:
    """Lost: `pip install 'lineament[data]'` ends in a conflict over botocore."""
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    extras = tomllib.loads(pyproject.read_text())["project"]["optional-dependencies"]
    names = {re.split(r"[^\w-]", each)[0] for each in extras["data"]}
    assert names == {"defusedxml", "hypercorn", "pyyaml"}, "ministack itself pins a botocore"


SLOW = """
import http.server, sys, time
for number in range(8):
    print(f"--data: replaying {number} of 8 MiB", file=sys.stderr, flush=True)
    time.sleep(0.25)
answer = lambda handler: (handler.send_response(200), handler.end_headers())
handler = type("Handler", (http.server.BaseHTTPRequestHandler,), {"do_GET": answer})
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), handler).serve_forever()
"""


def test_a_start_takes_the_time_that_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Lost: a folder with a long journal is given up at every start, for ever."""
    monkeypatch.setattr(emulator, "_SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(emulator, "_START_SECONDS", 1.0)
    monkeypatch.setattr(emulator, "command", lambda port, _data: ["-c", SLOW, str(port)])
    with running(free_port(), data=tmp_path):
        assert "--data: replaying 7 of 8 MiB\n" in capfd.readouterr().err
    monkeypatch.setattr(LocalPair, "_start_api", lambda _: None)
    with LocalPair(Listen("127.0.0.1", free_port(), 1, 1), free_port(), data=tmp_path):
        assert "--data: replaying 7 of 8 MiB\n" in capfd.readouterr().err
    monkeypatch.setattr(emulator, "_SILENCE_SECONDS", 0.1)
    with (
        pytest.raises(EmulatorError, match=r"did not answer in 0 s"),
        running(free_port(), data=tmp_path),
    ):
        pass


def test_names_of_objects_are_in_no_log(tmp_path: Path) -> None:
    """Lost: the names of everybody's pictures, in a file that grows for as long as it runs."""
    port = free_port()
    with (tmp_path / "said").open("wb") as said:
        server = subprocess.Popen([sys.executable, *command(port)], stdout=said, stderr=said)
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/bucket-of-alice/alice.jpg")
                except urllib.error.HTTPError:
                    break
                except OSError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
        finally:
            server.terminate()
            server.wait(20)
    assert b"alice" not in (tmp_path / "said").read_bytes()


def test_what_a_child_says_is_read_on_and_its_last_line_kept() -> None:
    """Lost: a child that says more than a pipe holds stands still."""
    program = "import sys\nfor n in range(50_000): print('line', n, file=sys.stderr)"
    child = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    said = Said(child, passed_on="--")
    assert child.wait(20) == 0
    assert said.last() == "line 49999"


def test_why_an_emulator_did_not_start_is_told(tmp_path: Path) -> None:
    """Lost: a folder that cannot be used reads as "did not answer"."""
    (tmp_path / "holiday.jpg").touch()
    with (
        pytest.raises(EmulatorError, match="holds something else; choose another folder"),
        running(free_port(), data=tmp_path),
    ):
        pass
