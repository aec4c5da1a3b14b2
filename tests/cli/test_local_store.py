"""When answers leave the emulator of `serve --local --data`: once what they rest on is safe."""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.durable import store
from lineament.cli.durable.engine import Answer
from lineament.cli.durable.journal import Journal
from lineament.cli.durable.plain import Writable
from lineament.cli.durable.requests import Request
from lineament.cli.durable.store import ReplayError, Store


class Notes:
    """An engine that keeps the bodies of PUTs, and answers a GET with all of them."""

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self.seen: list[tuple[float, bytes]] = []
        self.refuses = False

    async def answer(self, request: Request, moment: float, seed: bytes) -> Answer:
        if request.changes:
            self.held.append(request.body)
            self.seen.append((moment, seed))
            for _ in range(3 - len(self.held) % 3):  # the next one must not overtake
                await asyncio.sleep(0)
        return Answer(500 if self.refuses else 200, (), b" ".join(self.held))

    def has_expired(self, _moment: float) -> bool:
        return False

    def dump(self, file: Writable) -> None:
        file.write(b" ".join(self.held))

    def load(self, snapshot: bytes) -> None:
        self.held = snapshot.split(b" ")


def put(body: bytes) -> Request:
    return Request("PUT", b"/b/k", b"", [], body)


GET = Request("GET", b"/b/k", b"", [], b"")
Work = Callable[[Store, Notes], Awaitable[Any]]


def run(
    path: Path, work: Work, notes: Notes | None = None, failures: list[str] | None = None
) -> Any:
    """Run work on a store that has recovered; the folder is free again afterwards."""

    async def whole() -> Any:
        engine = notes or Notes()
        failed = [] if failures is None else failures
        made = Store(engine, path, lambda: failed.append("failed"))  # type: ignore[arg-type]
        try:
            await made.recover()
            writing = asyncio.create_task(made.run())
            result = await work(made, engine)
            await made.end(writing)
            return result
        finally:
            made.close()

    return asyncio.run(whole())


async def read(made: Store, _: Notes) -> bytes:
    return (await made.answer(GET)).body


def many(bodies: list[bytes]) -> Work:
    async def write(made: Store, _: Notes) -> list[Answer]:
        return await asyncio.gather(*(made.answer(put(body)) for body in bodies))

    return write


def test_a_restart_applies_the_same_in_the_same_order(tmp_path: Path) -> None:
    """Lost: two conditional writes change places at a restart, and the other one has won."""
    bodies = [str(number).encode() for number in range(50)]
    first, again = Notes(), Notes()
    run(tmp_path, many(bodies), first)
    assert run(tmp_path, read, again) == b" ".join(bodies)
    assert again.seen == first.seen, "another time or other ids"
    assert len(set(first.seen)) == 50


def test_no_answer_leaves_before_the_disk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a face that was acknowledged; or one that another caller was told is there."""
    gate, at_gate, whole = threading.Event(), threading.Event(), Journal.append

    def slow(journal: Journal, frame: bytes) -> None:
        at_gate.set()
        assert gate.wait(20)
        whole(journal, frame)

    async def work(made: Store, _: Notes) -> None:
        assert (await made.answer(GET)).body == b""
        writing = asyncio.create_task(made.answer(put(b"one")))
        await asyncio.to_thread(at_gate.wait, 20)
        reading = asyncio.create_task(made.answer(GET))
        done, _pending = await asyncio.wait({writing, reading}, timeout=0.2)
        assert not done
        gate.set()
        assert (await reading).body == (await writing).body == b"one"

    monkeypatch.setattr(Journal, "append", slow)
    run(tmp_path, work)


def test_writes_at_once_share_a_flush(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: many callers wait for one flush each, one behind the other."""
    frames: list[int] = []
    whole = Journal.append
    monkeypatch.setattr(
        Journal, "append", lambda journal, frame: (frames.append(1), whole(journal, frame))[1]
    )
    run(tmp_path, many([b"x"] * 200))
    assert len(frames) < 50
    assert run(tmp_path, read) == b" ".join([b"x"] * 200)


def test_a_client_that_hangs_up_leaves_its_change_in_the_journal(tmp_path: Path) -> None:
    """Lost: a change that others were told of, because the one who made it had gone."""

    async def work(made: Store, _: Notes) -> bytes:
        for steps in range(12):
            task = asyncio.create_task(made.answer(put(b"%d" % steps)))
            for _step in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
        return (await made.answer(GET)).body

    told = run(tmp_path, work)
    assert told.count(b" ") >= 6
    assert run(tmp_path, read).startswith(told)


def test_a_disk_that_fails_ends_the_server_without_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: with a full disk, faces are acknowledged that the next start does not know."""

    def full(_journal: Journal, _frame: bytes) -> None:
        raise OSError(28, "No space left on device")

    async def work(made: Store, _: Notes) -> int:
        monkeypatch.setattr(Journal, "append", full)
        asked = {asyncio.create_task(made.answer(put(body))) for body in (b"x", b"y")}
        await asyncio.sleep(0.1)
        asked.add(asyncio.create_task(made.answer(GET)))
        done, pending = await asyncio.wait(asked, timeout=0.3)
        for task in pending:
            task.cancel()
        return len(done)

    failures: list[str] = []
    assert run(tmp_path, work, failures=failures) == 0
    assert failures == ["failed"]
    monkeypatch.undo()
    assert run(tmp_path, read) == b""


def test_the_journal_begins_anew_when_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: the folder grows with every change, and every start takes longer than the last."""
    monkeypatch.setattr(store, "CHECKPOINT_BYTES", 2000)
    bodies = [b"%04d" % number for number in range(300)]

    async def work(made: Store, _: Notes) -> None:
        for start in range(0, 300, 10):
            await many(bodies[start : start + 10])(made, _)

    run(tmp_path, work)
    (journal,) = tmp_path.glob("journal-*")
    assert len(list(tmp_path.glob("snapshot-*"))) == 1
    assert journal.name != "journal-0"
    assert journal.stat().st_size < 6000
    assert run(tmp_path, read) == b" ".join(bodies)


def test_a_large_snapshot_lets_no_journal_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: with much in the folder, a start after a crash replays for minutes."""
    monkeypatch.setattr(store, "CHECKPOINT_BYTES", 2000)
    run(tmp_path, many([b"x" * 50_000]))

    async def work(made: Store, _: Notes) -> None:
        for _turn in range(30):
            await many([b"y"] * 10)(made, _)

    run(tmp_path, work)
    (journal,) = tmp_path.glob("journal-*")
    assert journal.stat().st_size < 6000


def test_a_long_replay_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a start that takes minutes looks like one that hangs, and is taken for one."""
    monkeypatch.setattr(store, "_SAY_SECONDS", 0.0)
    run(tmp_path, many([b"x" * (1 << 20)]))
    run(tmp_path, many([b"y" * (1 << 20)]))
    said: list[str] = []

    async def recover() -> None:
        made = Store(Notes(), tmp_path, lambda: None, said.append)  # type: ignore[arg-type]
        await made.recover()
        await made.tidy()
        made.close()
        made = Store(Notes(), tmp_path, lambda: None, said.append)  # type: ignore[arg-type]
        await made.recover()
        made.close()

    asyncio.run(recover())
    assert said == [
        "replaying 1 of 2 MiB",
        "replaying 2 of 2 MiB",
        "reading a snapshot of 2 MiB",
    ]


def test_what_was_deleted_leaves_the_disk_within_the_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a picture that was deleted is in the journal for as long as the server runs."""
    monkeypatch.setattr(store, "TIDY_SECONDS", 0.3)

    async def work(made: Store, notes: Notes) -> bytes:
        for turn in range(20):
            await made.answer(put(b"picture %d" % turn))
            await asyncio.sleep(0.02)
        notes.held.clear()
        await made.answer(put(b"left"))
        await asyncio.sleep(1)
        assert held_on_disk(tmp_path) == {b"left"}
        await asyncio.gather(*(made.answer(put(b"more")) for _ in range(50)))
        return await read(made, notes)

    told = run(tmp_path, work)
    assert told.startswith(b"left more")
    assert run(tmp_path, read) == told


def held_on_disk(path: Path) -> set[bytes]:
    every = b"".join(each.read_bytes() for each in path.iterdir())
    return set(re.findall(rb"picture|left", every))


def test_a_snapshot_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a server that had room for its journal ends for want of room for a snapshot."""
    monkeypatch.setattr(store, "CHECKPOINT_BYTES", 1)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Notes, "dump", full)

    async def work(made: Store, notes: Notes) -> bytes:
        for body in (b"a", b"b", b"c"):
            await made.answer(put(body))
        return await read(made, notes)

    assert run(tmp_path, work) == b"a b c"
    assert run(tmp_path, read) == b"a b c"


def test_a_replay_that_turns_out_otherwise_is_refused(tmp_path: Path) -> None:
    """Lost: another version of the emulator quietly makes something else of the data."""
    run(tmp_path, many([b"x"]))
    other = Notes()
    other.refuses = True
    with pytest.raises(ReplayError, match="was answered 200 and now is answered 500"):
        run(tmp_path, read, other)
