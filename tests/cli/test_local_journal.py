"""The journal behind `serve --local --data`, torn and damaged at every byte."""

import os
from pathlib import Path

import pytest

from lineament.cli.durable import journal as journal_module
from lineament.cli.durable.journal import Journal, JournalError

FRAMES = [b"first", b"", b"LNJ1 looks like a frame", b"LNJX as well", bytes(range(256))]


def written(path: Path, frames: list[bytes] = FRAMES) -> list[int]:
    """Write frames and return where each ends."""
    journal = Journal(path)
    assert list(journal.read()) == []
    ends = []
    for frame in frames:
        journal.append(frame)
        ends.append(journal.size)
    journal.close()
    assert path.stat().st_size == ends[-1]
    return ends


def read(path: Path, then: bytes | None = None) -> list[bytes]:
    journal = Journal(path)
    found = list(journal.read())
    if then is not None:
        journal.append(then)
    journal.close()
    return found


def damaged(source: Path, content: bytes) -> Path:
    path = source.with_name("damaged")
    path.write_bytes(content)
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Lost: everything, at every restart."""
    path = tmp_path / "journal"
    written(path)
    assert read(path, then=b"more") == FRAMES
    assert read(path) == [*FRAMES, b"more"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_last_frame_cut_at_any_byte_is_dropped_alone(tmp_path: Path) -> None:
    """Lost: after a crash in the middle of a write, the server does not start, or forgets more."""
    path = tmp_path / "journal"
    *_, before, end = written(path)
    content = path.read_bytes()
    for cut in range(before, end):
        torn = damaged(path, content[:cut])
        assert read(torn, then=b"after the crash") == FRAMES[:-1]
        assert read(torn) == [*FRAMES[:-1], b"after the crash"]


@pytest.mark.parametrize("filling", [b"\0", b"\xff"])
def test_a_last_frame_whose_end_was_never_written_is_dropped(
    tmp_path: Path, filling: bytes
) -> None:
    """Lost: after a power cut that left a file at its full length, the server does not start."""
    path = tmp_path / "journal"
    *_, before, end = written(path, [b"first", bytes([7]) * 100])
    content = path.read_bytes()
    for cut in range(before, end):
        torn = damaged(path, content[:cut] + filling * (end - cut))
        assert read(torn) == [b"first"]
        assert torn.stat().st_size == before


@pytest.mark.parametrize("filling", [b"", b"\0"])
def test_a_torn_frame_that_holds_a_journal_is_dropped(tmp_path: Path, filling: bytes) -> None:
    """Lost: a crash while a backup of such a folder is stored here, and no start ever after."""
    backup = tmp_path / "backup"
    written(backup, [bytes([number]) * 9 for number in range(6)])
    path = tmp_path / "journal"
    *_, before, end = written(path, [b"first", b"head" + backup.read_bytes()])
    content = path.read_bytes()
    assert read(path, then=b"LNJ1LNJX") == [b"first", b"head" + backup.read_bytes()]
    assert read(path)[2:] == [b"LNJ1LNJX"]
    for cut in range(before, end):
        torn = damaged(path, content[:cut] + filling * (end - cut))
        assert read(torn) == [b"first"]
    for lost in range(before, end):  # pages reach the disk in any order
        torn = damaged(path, content[:before] + bytes(lost - before) + content[lost:end])
        assert read(torn) in ([b"first"], [b"first", b"head" + backup.read_bytes()])


def test_damage_before_the_last_frame_is_refused_at_any_byte(tmp_path: Path) -> None:
    """Lost: a bad sector silently takes every face that was indexed after it."""
    path = tmp_path / "journal"
    *_, before, _ = written(path)
    content = path.read_bytes()
    for at in range(before):
        for flip in (0x01, 0x80):
            bad = bytearray(content)
            bad[at] ^= flip
            hurt = damaged(path, bytes(bad))
            with pytest.raises(JournalError, match="is damaged at byte"):
                read(hurt)
            assert hurt.read_bytes() == bytes(bad), "a refused file has to stay as it is"


def test_a_frame_that_is_gone_is_missed(tmp_path: Path) -> None:
    """Lost: changes that were cut out of the middle, without a word."""
    path = tmp_path / "journal"
    first, _, third, *_ = written(path)
    content = path.read_bytes()
    with pytest.raises(JournalError):
        read(damaged(path, content[:first] + content[third:]))
    with pytest.raises(JournalError):
        read(damaged(path, content[first:]))


def test_a_write_in_pieces_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: frames over 2 GiB, or on file systems that write less than they are given."""
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: whole(file, bytes(data[:3]), at))
    path = tmp_path / "journal"
    written(path)
    assert read(path) == FRAMES


def test_a_write_that_failed_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a full disk ruins what was written before it was full."""
    path = tmp_path / "journal"
    written(path)
    whole, end = os.pwrite, path.stat().st_size

    def full(file: int, data: memoryview, at: int) -> int:
        if at > end:
            raise OSError(28, "No space left on device")
        return whole(file, bytes(data[:5]), at)

    journal = Journal(path)
    list(journal.read())
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        journal.append(b"x" * 5)
    journal.close()
    monkeypatch.undo()
    assert path.stat().st_size == end + 5
    assert read(path) == FRAMES
    assert path.stat().st_size == end


def test_an_append_returns_once_the_disk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: after a power cut, what was acknowledged in the last seconds."""
    flushed = []
    flush = journal_module._flush
    path = tmp_path / "journal"

    def note(file: int) -> None:
        flushed.append(os.fstat(file).st_size)
        flush(file)

    monkeypatch.setattr(journal_module, "_flush", note)
    ends = written(path)
    assert flushed == ends
