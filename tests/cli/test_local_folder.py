"""The folder of `serve --local --data`: one owner, one format, and checkpoints that may crash."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.durable import plain
from lineament.cli.durable.folder import Folder, FolderError


def held(folder: Folder) -> bytes:
    """Return everything in a folder: what its snapshot has, and then its frames."""
    return (folder.snapshot() or b"") + b"".join(folder.journal.read())


def checkpoint(folder: Folder, content: bytes) -> None:
    folder.draft(lambda file: file.write(content))
    folder.adopt()


def test_a_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """Lost: other users of the machine read the faces."""
    path = tmp_path / "a" / "b"
    folder = Folder(path)
    folder.journal.append(b"x")
    folder.draft(lambda file: file.write(b"x"))
    assert path.stat().st_mode & 0o777 == 0o700
    for name in ("draft", "journal-0", "lock"):
        assert (path / name).stat().st_mode & 0o777 == 0o600
    folder.close()


@pytest.mark.parametrize("name", ["lock", "format.new", "journal-0", "draft"])
def test_no_file_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    """Lost: a file elsewhere that another user of the machine had a link made to."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "data"
    path.mkdir()
    (path / name).symlink_to(victim)
    with pytest.raises((OSError, FolderError), match=r"Too many levels|holds something else"):
        checkpoint(Folder(path), b"x")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("name", ["format", "journal-0", "snapshot-1"])
def test_no_file_is_read_through_a_link(tmp_path: Path, name: str) -> None:
    """Lost: what lies elsewhere counts as what was acknowledged."""
    path = tmp_path / "data"
    folder = Folder(path)
    if name.startswith("snapshot"):
        checkpoint(folder, b"x")
    folder.close()
    (path / name).rename(tmp_path / "elsewhere")
    (path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="Too many levels"):
        Folder(path).snapshot()


def test_a_folder_that_was_there_is_closed_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: faces in a folder that `mkdir` made, which everybody may list."""
    path = tmp_path / "data"
    path.mkdir()
    path.chmod(0o777)
    Folder(path).close()
    assert path.stat().st_mode & 0o777 == 0o700
    other = tmp_path / "other"
    other.mkdir()
    (other / "holiday.jpg").touch()
    other.chmod(0o755)
    with pytest.raises(FolderError, match="holds something else"):
        Folder(other)
    assert other.stat().st_mode & 0o777 == 0o755, "it is none of ours"
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(FolderError, match="belongs to another user"):
        Folder(path)


def test_a_draft_that_fails_leaves_its_room(tmp_path: Path) -> None:
    """Lost: a disk that is full of half a snapshot has no room for the journal."""

    def full(file: plain.Writable) -> None:
        file.write(b"x" * 10_000)
        raise OSError(28, "No space left on device")

    folder = Folder(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        folder.draft(full)
    assert {each.name for each in tmp_path.iterdir()} == {"format", "lock", "journal-0"}
    folder.close()


def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    """Lost: two servers write over each other, and both lose what they acknowledged."""
    program = (
        "import pathlib, sys, time; from lineament.cli.durable.folder import Folder;"
        "f = Folder(pathlib.Path(sys.argv[1])); print('mine', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    try:
        assert owner.stdout.readline() == "mine\n"
        with pytest.raises(FolderError, match=f"in use by another server, process {owner.pid};"):
            Folder(tmp_path)
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait(20)
        owner.stdout.close()
    Folder(tmp_path).close()


def test_checkpoints_follow_one_another(tmp_path: Path) -> None:
    """Lost: the folder grows for ever, or a checkpoint forgets."""
    folder = Folder(tmp_path)
    folder.journal.append(b"a")
    checkpoint(folder, b"a")
    folder.journal.append(b"b")
    checkpoint(folder, b"ab")
    folder.journal.append(b"c")
    folder.close()
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {"format", "lock", "snapshot-2", "journal-2"}
    again = Folder(tmp_path)
    assert held(again) == b"abc"
    again.close()


def _crashing(step: str, turn: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Let the turn-th use of a function of `os` fail; return what tells whether it did."""
    whole, seen = getattr(os, step), [0]

    def fail(*args: Any, **options: Any) -> Any:
        seen[0] += 1
        if seen[0] == turn:
            raise KeyboardInterrupt
        return whole(*args, **options)

    monkeypatch.setattr(os, step, fail)
    return lambda: seen[0] >= turn


@pytest.mark.parametrize("step", ["fsync", "rename", "unlink", "open"])
def test_a_checkpoint_may_crash_at_every_step(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a crash in the wrong moment takes everything, once in a few thousand changes."""
    crashed = 0
    for turn in range(1, 20):
        path = tmp_path / str(turn)
        folder = Folder(path)
        folder.journal.append(b"a")
        checkpoint(folder, b"a")
        folder.journal.append(b"b")
        with monkeypatch.context() as patching:
            fails = _crashing(step, turn, patching)
            try:
                checkpoint(folder, b"ab")
            except KeyboardInterrupt:
                crashed += 1
            if not fails():
                break
        folder.close()
        again = Folder(path)
        assert held(again) == b"ab"
        again.journal.append(b"c")
        checkpoint(again, b"abc")
        again.close()
        last = Folder(path)
        assert held(last) == b"abc"
        last.close()
    assert crashed >= (1 if step == "rename" else 2)


@pytest.mark.parametrize("step", ["fsync", "rename", "open"])
def test_a_folder_may_crash_while_it_is_made(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a first start that was interrupted leaves a folder that is refused ever after."""
    for turn in range(1, 20):
        path = tmp_path / str(turn)
        with monkeypatch.context() as patching:
            fails = _crashing(step, turn, patching)
            with suppress(KeyboardInterrupt):
                Folder(path).close()
            if not fails():
                break
        again = Folder(path)
        assert held(again) == b""
        again.journal.append(b"a")
        again.close()
        last = Folder(path)
        assert held(last) == b"a"
        last.close()
    assert turn > 1


def test_what_is_not_ours_or_not_whole_is_refused(tmp_path: Path) -> None:
    """Lost: a folder with other files is filled, or a damaged one starts empty."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(FolderError, match="holds something else"):
        Folder(other)
    assert [each.name for each in other.iterdir()] == ["holiday.jpg"]

    path = tmp_path / "data"
    folder = Folder(path)
    folder.journal.append(b"a")
    checkpoint(folder, b"a")
    folder.close()
    snapshot = path / "snapshot-1"
    whole = snapshot.read_bytes()
    for at in range(len(whole)):
        snapshot.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        hurt = Folder(path)
        with pytest.raises(FolderError, match="snapshot-1 is damaged"):
            hurt.snapshot()
        hurt.close()
    snapshot.write_bytes(whole)
    (path / "journal-1").unlink()
    with pytest.raises(FolderError, match="journal-1 is missing"):
        Folder(path)
    young = tmp_path / "young"
    Folder(young).close()
    (young / "journal-0").unlink()
    with pytest.raises(FolderError, match="journal-0 is missing"):
        Folder(young)
    (path / "format").write_text("lineament-data 2\n")
    with pytest.raises(FolderError, match="of the format 'lineament-data 2'"):
        Folder(path)
    with pytest.raises(FolderError, match="cannot be used"):
        Folder(path / "format" / "below-a-file")


class Runs:
    """What pickle would call."""

    def __reduce__(self) -> Any:
        return (print, ("ran",))


def test_a_snapshot_is_plain_values_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a folder that somebody sends runs their program; or a snapshot cannot be read."""
    import pickle  # noqa: PLC0415 - to make what must be refused
    from collections import defaultdict  # noqa: PLC0415

    value = {
        "items": defaultdict(dict, {"a": {None: {"B": b"\0"}}}),
        ("a", 1): [{1.5, "x"}, None, True],
    }
    path = tmp_path / "value"
    with path.open("wb") as file:
        plain.dump(value, file)
    back = plain.load(path.read_bytes())
    assert back == value
    assert back["items"]["new"] == {}
    with path.open("wb") as file, pytest.raises(plain.NotPlainError, match="a Runs cannot be kept"):
        plain.dump([Runs()], file)
    with pytest.raises(plain.NotPlainError, match="print is no plain value"):
        plain.load(pickle.dumps(Runs()))
    assert "ran" not in capsys.readouterr().out
