"""`lineament move` that is stopped, killed, or not alone; and on a Milvus server of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineament.cli.emulator import LOOPBACK, free_port
from lineament.domain.engine import TableMissing
from lineament.storage import keys, loading
from lineament.storage.placement import KEPT_SECONDS
from lineament.storage.tenure import LOST_SECONDS, Tenure
from tests.cli.mover import Deployment, deploy
from tests.gallery.tables import PlainEngine, PlainTable

_SECONDS = 60.0
_SLOWLY = """
import sys, time
from lineament.cli.main import main
from lineament.gallery.milvus import MilvusTable
from lineament.storage import loading
loading._AT_ONCE = 1
put = MilvusTable.put
MilvusTable.put = lambda *some: (time.sleep(0.2), put(*some))
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def plain(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Return a deployment on a plain engine, to which rows go one by one."""
    assert aws_endpoint
    monkeypatch.setattr(loading, "_AT_ONCE", 1)
    return deploy(monkeypatch, PlainEngine())


@pytest.fixture
def milvus(tmp_path: Path) -> Iterator[str]:
    """Return the address of a milvus-lite server in a process of its own."""
    port = free_port()
    words = ["server", "--data-dir", str(tmp_path / "milvus"), "--host", LOOPBACK]
    program = "import sys; from milvus_lite.cmdline import main; sys.exit(main())"
    server = subprocess.Popen(
        [sys.executable, "-c", program, *words, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _SECONDS
        while True:
            assert server.poll() is None
            try:
                socket.create_connection((LOOPBACK, port), 1).close()
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                break
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.kill()
        server.wait()


def test_stopped_and_gone_on_with(
    plain: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Lost: a move of hours begins anew after each Ctrl-C, or has switched to half of the faces."""
    before = plain.answers()
    put = PlainTable.put
    count = 0

    def counted(self: PlainTable, *args: object) -> None:
        nonlocal count
        if count == 15:
            os.kill(os.getpid(), signal.SIGINT)
        put(self, *args)  # type: ignore[arg-type]
        count += 1

    with monkeypatch.context() as patch:
        patch.setattr(PlainTable, "put", counted)
        assert plain.move("milvus", "--json", str(tmp_path / "report.json")) == 130
    (told,) = json.loads((tmp_path / "report.json").read_text())["collections"]
    assert told["state"] == "stopped"
    assert "run the same command again" in " ".join(capsys.readouterr().err.lower().split())
    assert not plain.is_distant()
    assert (plain.published().engine, plain.published().writer) == ("", "")
    left = len(plain.held())
    assert 14 <= left <= 16
    plain.housekeep()
    assert len(plain.held()) == left, "kept for who goes on"
    count = 16  # Beyond the stop.
    with monkeypatch.context() as patch:
        patch.setattr(PlainTable, "put", counted)
        assert plain.move("milvus") == 0
    assert count - 16 == 42 - left
    assert f"{42 - left} rows put" in capsys.readouterr().out
    assert plain.is_distant()
    assert plain.answers() == before


def test_what_a_stopped_move_has_put_is_dropped(
    plain: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: vectors of a move that was given up stay in the engine for ever."""
    with monkeypatch.context() as patch:
        patch.setattr(Tenure, "engage", _stop)
        assert plain.move("milvus") == 130
    plain.housekeep(KEPT_SECONDS - 60)
    assert plain.held()
    plain.housekeep(KEPT_SECONDS + 60)
    assert plain.engine.generations() == set()


def test_one_at_a_time(plain: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: two movers of a collection, of which one clears what the other puts."""
    before = plain.answers()
    plain.compact()  # Whose item tells who writes.
    generation = plain.now().generation
    other = Tenure.take(plain.tables.faces, generation, "milvus")
    assert other is not None
    assert plain.move("milvus") == 1
    said = capsys.readouterr().err
    assert "another process writes this collection's vectors to milvus, last heard of" in said
    assert f"counts as gone {LOST_SECONDS:.0f} s after" in said
    assert not plain.is_distant()
    other.finish()
    assert plain.move("milvus") == 0
    assert plain.is_distant()
    assert plain.answers() == before


def test_killed_and_gone_on_with_on_a_server(
    aws_endpoint: str,
    milvus: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Lost: a move whose machine is lost cannot be gone on with; an engine on another machine."""
    assert aws_endpoint
    monkeypatch.setattr("lineament.gallery.milvus._STALENESS", 0.1)  # One process: never behind.
    there = deploy(monkeypatch, None, milvus)
    before = there.answers()
    words = ["move", "people", "--account", there.account, "--to", "milvus", "--yes"]
    mover = subprocess.Popen([sys.executable, "-c", _SLOWLY, *words])
    deadline = time.monotonic() + _SECONDS
    while not there.published().writer or _held(there) < 5:
        assert mover.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    mover.kill()
    mover.wait()
    assert not there.is_distant()
    assert there.answers() == before
    left = _held(there)
    assert 5 <= left < 42

    assert there.move("milvus") == 1, "it may yet be at work"
    assert "another process writes" in capsys.readouterr().err
    there.tables.faces.update(  # As if it was killed long ago.
        keys.snapshot_key(there.now().generation),
        "SET #written = :long_ago",
        "attribute_exists(#writer)",
        {":long_ago": {"N": str(int(time.time() - LOST_SECONDS - 5))}},
    )
    assert there.move("milvus") == 0
    assert f"{42 - left} rows put" in capsys.readouterr().out
    assert there.is_distant()
    assert there.answers() == before
    assert there.move("memory") == 0
    assert there.answers() == before


def _held(there: Deployment) -> int:
    try:
        return len(there.held())
    except TableMissing:
        return 0


def _stop(*_: object) -> bool:
    raise KeyboardInterrupt
