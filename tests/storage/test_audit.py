"""The trail on real tables: every acknowledged entry stands once, whoever else writes or dies."""

import itertools
import logging
import threading
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lineament.domain.audit import NotRecorded
from lineament.domain.audit_chain import Tip
from lineament.storage import audit, keys
from lineament.storage.audit_blocks import HINT_EVERY, AuditBlocks
from lineament.storage.provision import Tables, connect
from tests.storage.auditing import ACCOUNT, check, entry, stands, trail
from tests.storage.conftest import on_the_faster
from tests.storage.counting import Units
from tests.storage.world import Crash, Fuse, HookedClient, RepeatingClient, through


class Watched:
    """A client all of whose calls pass a fuse."""

    def __init__(self, client: Any, fuse: Any) -> None:
        self._client, self._fuse = client, fuse

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name == "meta":
            return operation
        return lambda **params: self._fuse.call(operation, params)


class Outage:
    """Refuses calls while it is on, after their effect or before."""

    def __init__(self, *, after: bool = False) -> None:
        self.on, self._after = False, after

    def call(self, operation: Any, params: dict[str, Any]) -> Any:
        if self.on and not self._after:
            raise ReadTimeoutError(endpoint_url="dynamodb")
        answer = operation(**params)
        if self.on and "Item" in params:
            raise ReadTimeoutError(endpoint_url="dynamodb")
        return answer


def test_entries_stand_in_their_order(tables: Tables) -> None:
    """Lost: what was done, or in which order; or one account's entries in another's chain."""
    one, other = trail(tables), trail(tables)
    for number in range(30):
        (one if number % 3 else other).append(entry(f"r{number}"), strict=True)
    one.append(entry("alone", "210987654321"), strict=False)
    assert stands(tables) == [f"r{number}" for number in range(30)]
    assert stands(tables, "210987654321") == ["alone"]
    blocks = AuditBlocks(tables.trust)
    assert blocks.accounts() == [ACCOUNT, "210987654321"]
    trail(tables).append(entry("later"), strict=True)
    assert blocks.tip(ACCOUNT).number == 31


def test_threads_of_processes_at_once(tables: Tables) -> None:
    """Lost: a call was answered and its entry is not there, or is there twice."""
    trails = [trail(tables) for _ in range(3)]
    units = Units.of(tables)

    def work(caller: int) -> None:
        for number in range(20):
            trails[caller % 3].append(entry(f"{caller}-{number}"), strict=True)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    told = stands(tables)
    assert Counter(told) == Counter(f"{a}-{b}" for a in range(12) for b in range(20))
    for caller in range(12):
        mine = [each for each in told if each.startswith(f"{caller}-")]
        assert mine == [f"{caller}-{number}" for number in range(20)]
    assert check(tables).end < 240  # Calls at once share blocks.
    assert units.calls.count("PutItem") < 3 * 240


def _write_from_a_process(name: str, endpoint: str, caller: int) -> None:
    mine = trail(connect(name, "us-east-1", endpoint))
    with ThreadPoolExecutor(3) as pool:
        entries = [entry(f"{caller}-{number}") for number in range(30)]
        list(pool.map(lambda each: mine.append(each, strict=True), entries))


@on_the_faster
def test_processes_at_once(tables: Tables, moto_endpoint: str) -> None:
    """Lost: as with threads, where a lock of one process does not help."""
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        name = tables.control.name
        done = [pool.submit(_write_from_a_process, name, moto_endpoint, each) for each in range(3)]
        for each in done:
            each.result()
    assert Counter(stands(tables)) == Counter(f"{a}-{b}" for a in range(3) for b in range(30))


@on_the_faster
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_process_that_dies_at_any_call(tables: Tables, *, after: bool) -> None:
    """Lost: a crash leaves a gap, a half block, an account nobody lists, or an entry twice."""
    told: list[str] = []
    for step in itertools.count():
        account = f"{step:012d}"
        for number in range(HINT_EVERY - 2):  # the dying one's second block is to be hinted
            trail(tables).append(entry(f"before-{number}", account), strict=True)
        fuse = Fuse(step, after=after)
        dying = trail(through(tables, Watched(tables.trust.client, fuse)))
        told, finished = [], True
        try:
            for number in range(3):
                dying.append(entry(f"dying-{number}", account), strict=True)
                told.append(f"dying-{number}")
        except Crash:
            finished = False
        trail(tables).append(entry("next", account), strict=True)
        found = stands(tables, account)
        assert Counter(found).most_common(1)[0][1] == 1
        kept = [each for each in found if each.startswith("dying")]
        assert kept[: len(told)] == told
        assert len(kept) <= len(told) + 1  # At most the one that was never answered.
        assert found[-1] == "next"
        assert account in AuditBlocks(tables.trust).accounts()
        if finished:
            break
    assert step >= 6


def test_a_write_that_arrives_twice_is_one(tables: Tables) -> None:
    """Lost: an answer that got lost makes the client send again, and a search is told twice."""
    twice = trail(through(tables, RepeatingClient(tables.trust.client)))
    for number in range(4):
        twice.append(entry(f"r{number}"), strict=True)
    assert stands(tables) == ["r0", "r1", "r2", "r3"]


def test_an_answer_that_never_came_is_looked_for(tables: Tables) -> None:
    """Lost: a search fails although its entry stands; or it is answered and its entry does not."""
    silent = Outage(after=True)
    mine = trail(through(tables, Watched(tables.trust.client, silent)))
    mine.append(entry("first"), strict=True)
    silent.on = True
    mine.append(entry("second"), strict=True)  # it stands, as a look shows
    silent.on = False
    mine.append(entry("third"), strict=True)
    assert stands(tables) == ["first", "second", "third"]


def test_an_outage(tables: Tables, caplog: pytest.LogCaptureFixture) -> None:
    """Lost: a strict search is answered unrecorded, or an outage of the trail stops every call."""
    failures: list[int] = []
    outage = Outage()
    reached = through(tables, Watched(tables.trust.client, outage))
    mine = trail(reached, failed=lambda: failures.append(1))
    mine.append(entry("first"), strict=True)
    outage.on = True
    with pytest.raises(NotRecorded) as raised:
        mine.append(entry("strict", collection="secret-name"), strict=True)
    assert (raised.value.status, raised.value.code) == (500, "InternalServerError")
    with caplog.at_level(logging.ERROR, audit.__name__):
        mine.append(entry("lenient", collection="secret-name"), strict=False)
    assert len(failures) == 2
    assert [each.getMessage() for each in caplog.records if each.name == audit.__name__] == [
        f"audit: request {each} SearchFaces is not in the trail: {why}"
        for each, why in (("strict", "ServiceUnavailable"), ("lenient", "NotRecorded"))
    ]
    assert "secret-name" not in caplog.text
    outage.on = False
    mine.append(entry("unrecorded"), strict=False)  # not tried so soon
    assert len(failures) == 3
    mine.append(entry("after"), strict=True)
    assert stands(tables) == ["first", "after"]


def test_a_lenient_call_does_not_wait_for_ever(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: where DynamoDB hangs, calls that need no table hang with it."""
    monkeypatch.setattr(audit, "_LENIENT", 0.2)
    hung, go_on = threading.Event(), threading.Event()

    def hang(_operation: str, params: dict[str, Any]) -> None:
        if '"hangs"' in params.get("Item", {}).get("body", {}).get("S", ""):
            hung.set()
            assert go_on.wait(20)

    mine = trail(through(tables, HookedClient(tables.trust.client, hang)))
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(mine.append, entry("hangs"), strict=True)
        assert hung.wait(20)
        mine.append(entry("lenient"), strict=False)  # comes back, and its entry may yet stand
        go_on.set()
        leader.result()
    mine.append(entry("after"), strict=True)
    assert stands(tables) == ["hangs", "lenient", "after"]


def test_everyone_in_a_block_that_fails_is_told(tables: Tables) -> None:
    """Lost: who waited beside another is answered as if the block stood."""
    together, refused = threading.Barrier(2, timeout=20), 0

    def before(_operation: str, params: dict[str, Any]) -> None:
        nonlocal refused
        if '"leader"' in params.get("Item", {}).get("body", {}).get("S", ""):
            together.wait()
            while len(mine._lane(ACCOUNT).waiting) < 5:
                pass
        elif "body" in params.get("Item", {}):
            refused += 1
            error: Any = {"Error": {"Code": "ThrottlingException", "Message": ""}}
            raise ClientError(error, "PutItem")

    mine = trail(through(tables, HookedClient(tables.trust.client, before)))
    with ThreadPoolExecutor(6) as pool:
        leader = pool.submit(mine.append, entry("leader"), strict=True)
        together.wait()
        waiting = [pool.submit(mine.append, entry(f"w{each}"), strict=True) for each in range(5)]
        leader.result()
        assert [type(each.exception()) for each in waiting] == [NotRecorded] * 5
    assert refused == 1  # They shared one write.
    assert stands(tables) == ["leader"]


def test_writers_that_lose_every_time_give_up(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a call waits for ever where others write faster."""
    monkeypatch.setattr(audit, "_PATIENCE", 0.0)
    faster = trail(tables)

    def overtake(_operation: str, params: dict[str, Any]) -> None:
        if '"slow"' in params.get("Item", {}).get("body", {}).get("S", ""):
            faster.append(entry("fast"), strict=True)

    slow = trail(through(tables, HookedClient(tables.trust.client, overtake)))
    with pytest.raises(NotRecorded):
        slow.append(entry("slow"), strict=True)
    monkeypatch.setattr(audit, "_PATIENCE", 5.0)
    times = iter(range(3))
    slow = trail(
        through(
            tables,
            HookedClient(
                tables.trust.client, lambda *call: overtake(*call) if next(times, None) else None
            ),
        )
    )
    slow.append(entry("slow"), strict=True)
    assert stands(tables)[-1] == "slow"


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 40, 700])
@on_the_faster
def test_a_cold_process_finds_the_end(tables: Tables, length: int) -> None:
    """Lost: the first call of a new process waits for a walk over the whole chain, or forks it."""
    made = [
        {**keys.audit_block_key(ACCOUNT, number), "hash": {"S": f"h{number}"}}
        for number in range(1, length + 1)
    ]
    tables.trust.put_many(made)
    blocks, units = AuditBlocks(tables.trust), Units.of(tables)
    expected = Tip(length, f"h{length}") if length else Tip()
    assert blocks.tip(ACCOUNT) == expected
    assert len(units.calls) <= 9
    if length:
        blocks.note(ACCOUNT, Tip(max(1, length - HINT_EVERY + 1), "h"))
        blocks.note(ACCOUNT, Tip(0, "earlier"))  # changes nothing
        units.calls.clear()
        assert blocks.tip(ACCOUNT) == expected
        assert units.calls == ["GetItem", "BatchGetItem"]


def test_a_block_that_is_gone_is_not_replaced(tables: Tables) -> None:
    """Lost: who cuts the tail off has the service itself cover it with new blocks."""
    mine = trail(tables)
    for number in range(HINT_EVERY):
        mine.append(entry(f"r{number}"), strict=True)
    tables.trust.delete_many([keys.audit_block_key(ACCOUNT, each) for each in (7, 8)])
    mine.append(entry("warm"), strict=True)
    trail(tables).append(entry("cold"), strict=True)
    verdict = check(tables)
    assert [(each.kind, each.first, each.last) for each in verdict.findings] == [("removed", 7, 8)]
    assert verdict.end == 10


def test_a_call_costs_one_write(tables: Tables) -> None:
    """Lost: each call of face data waits for more than one answer of DynamoDB."""
    mine = trail(tables)
    mine.append(entry("first"), strict=True)
    units = Units.of(tables)
    for number in range(HINT_EVERY * 3):
        mine.append(entry(f"r{number}"), strict=True)
    assert units.calls.count("PutItem") == HINT_EVERY * 3
    assert len(units.calls) == HINT_EVERY * 3 + 3  # and a hint every few blocks


def test_a_check_beside_writers_finds_nothing(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a check of a busy trail takes what was written meanwhile for a hole."""
    monkeypatch.setattr(keys, "PER_PARTITION", 4)
    mine = trail(tables)
    for number in range(6):
        mine.append(entry(f"r{number}"), strict=True)
    item = tables.trust.get(keys.audit_block_key(ACCOUNT, 3))
    assert item is not None
    tables.trust.delete_many([keys.audit_block_key(ACCOUNT, 3)])
    numbers = []
    for block in AuditBlocks(tables.trust).read(ACCOUNT):
        numbers.append(block.number)
        if block.number == 2:  # its partition has been read, and ends here
            tables.trust.put(item)
    assert numbers == [1, 2, 3, 4, 5, 6]
