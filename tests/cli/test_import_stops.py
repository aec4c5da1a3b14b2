"""`lineament import` that cannot begin, is stopped or killed, or is not alone."""

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lineament.cli import importing
from lineament.cli.main import main
from lineament.storage.provision import ensure_tables
from tests.cli.album import EVERYBODY, Album, album, records_of
from tests.storage.world import Crash, CrashingClient, healthy, through

__all__ = ["album"]


def test_what_cannot_begin_says_why(album: Album, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a traceback, or a collection made by a typing error."""
    ensure_tables(album.tables)
    for source, part in (
        (str(album.folder), "has no collection people in us-east-1; --create makes it"),
        (str(album.folder / "absent.csv"), "--create makes it"),
    ):
        assert main(["import", "people", source]) == 1
        assert part in capsys.readouterr().err
    for source, part in (
        (str(album.folder / "absent.csv"), "No such file"),
        (str(album.folder / "absent"), "No such file"),
        ("s3://no-such-bucket-here/x", "There is no such bucket"),
        ("s3://", "names no bucket"),
    ):
        assert main(["import", "people", source, "--create"]) == 1
        assert part in capsys.readouterr().err


def test_a_quota_ends_it_with_what_was_done(
    album: Album, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a full collection rejects the rest of a million pictures one by one."""
    album.put("biden.jpg")
    album.imported()
    album.put("obama.jpg")
    monkeypatch.setenv("LINEAMENT_MAX_FACES_PER_COLLECTION", "1")
    report = album.folder.parent / "r.json"
    command = ["import", "people", str(album.folder), "--json", str(report)]
    assert main(command) == 1
    assert "would pass its maximum of 1" in capsys.readouterr().err
    assert json.loads(report.read_text())["added"] == 0


def test_ctrl_c_ends_after_the_pictures_in_work(
    album: Album, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: what was looked at before Ctrl-C is lost, or nobody knows how far it came."""
    album.put("biden.jpg", *(f"{number}.jpg" for number in range(40)))

    def interrupt(looked: int) -> None:
        if looked == 3:
            os.kill(os.getpid(), signal.SIGINT)

    album.engine.before = interrupt
    told = album.imported("--workers", "2", status=130)
    assert 4 <= told["added"] <= 20
    assert len(album.names()) == told["added"]
    assert "The same command goes on" in capsys.readouterr().err
    rest = album.imported("--workers", "2")
    assert (rest["known"], rest["added"]) == (told["added"], 40 - told["added"])


def test_a_killed_import_goes_on(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: faces without records, twice, or under no user, after a machine went down."""
    ensure_tables(album.tables)
    album.put("obama.jpg", "A/1.jpg")
    album.put("obama2.jpg", "A/2.jpg")
    album.put("biden.jpg", "B/1.jpg")
    killed = 0
    while True:
        client = CrashingClient(album.tables.control.client, killed, after=killed % 2 == 1)
        dying = through(album.tables, client)
        monkeypatch.setattr(importing, "connect", lambda *_, dying=dying: dying)
        monkeypatch.setattr(importing, "ensure_tables", lambda _: None)
        try:
            album.imported("--user-from", "folder")
        except Crash:
            killed += 1
            continue
        break
    assert killed > 5
    assert sorted(face["UserId"] for face in album.faces()) == ["A", "A", "B"]
    assert len(records_of(album)) == 3
    healthy(album.tables)


def test_two_imports_at_once_make_one_collection(album: Album, tmp_path: Path) -> None:
    """Lost: faces twice, or an error, where two machines share an import."""
    ensure_tables(album.tables)
    for photo in EVERYBODY:
        album.put(photo, f"{photo}-1.jpg", f"{photo}-2.jpg")
    start = threading.Barrier(2)

    def run(number: int) -> dict[str, Any]:
        start.wait(30)
        report = tmp_path / f"{number}.json"
        command = ["import", "people", str(album.folder), "--create", "--json", str(report)]
        assert main(command) == 0
        told: dict[str, Any] = json.loads(report.read_text())
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "signal", lambda *_: signal.SIG_DFL)  # for the main thread only
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(run, range(2)))
    assert [told["pictures"] for told in both] == [8, 8]
    again = album.imported()
    assert (again["known"], again["faces"]) == (8, 0)
    ids = [face["FaceId"] for face in album.faces()]
    assert len(ids) == len({*ids}) == len(records_of(album))
    healthy(album.tables)
