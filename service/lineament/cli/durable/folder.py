"""The folder of `--data`: who owns it, and which files in it count.

    format          the version of what is here
    lock            held by the server at work, with its process id
    journal-N       what was changed since snapshot-N was taken, or ever, for N = 0
    snapshot-N      everything before journal-N

A checkpoint makes an empty journal-N+1 and then, by renaming, snapshot-N+1. So the highest
snapshot counts, with its journal; a journal without one, after the first, is empty and of no use.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from lineament.cli.durable.journal import Journal
from lineament.cli.durable.plain import Writable
from lineament.cli.durable.private import open_private, read_private
from lineament.errors import LineamentError

FORMAT = b"lineament-data 1\n"
_DIGEST_SIZE = 32
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_SNAPSHOT = re.compile(r"snapshot-(\d+)")
_JOURNAL = re.compile(r"journal-(\d+)")


class FolderError(LineamentError):
    """The folder cannot be used; the message says why and what to do."""


class Folder:
    """A folder that this process owns until it ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Make the folder where it is missing, close it to all but its owner, and lock it.

        Raises:
            FolderError: another server uses it, something else is in it, it is another user's, or
                it cannot be used.
        """
        self._path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._require_ours()
            path.chmod(0o700)
            self._lock = open_private(path / "lock", os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise FolderError(f"--data {path} cannot be used ({error.strerror})") from error
        try:
            self._own()
            self._check_format()
            self._number = max(self._numbers(_SNAPSHOT), default=0)
            self._drop_leftovers()
            if not self._file("journal").exists():
                raise FolderError(
                    f"{self._file('journal')} is missing: restore the folder from a copy"
                )
            self.journal = Journal(self._file("journal"))
            self._sync()
        except BaseException:
            os.close(self._lock)
            raise

    def snapshot(self) -> bytes | None:
        """Return what the last checkpoint wrote, or None where there was none.

        Raises:
            FolderError: it is damaged.
        """
        if not self._number:
            return None
        content = read_private(self._file("snapshot"))
        body, digest = content[:-_DIGEST_SIZE], content[-_DIGEST_SIZE:]
        if hashlib.blake2b(body, digest_size=_DIGEST_SIZE).digest() != digest:
            raise FolderError(
                f"{self._file('snapshot')} is damaged: restore the folder from a copy"
            )
        return body

    def draft(self, write: Callable[[Writable], None]) -> None:
        """Write the next snapshot beside the files that count.

        `write` gets the open file. Nobody may change meanwhile what it writes. Where it fails, the
        room that it took is free again.
        """
        try:
            with os.fdopen(open_private(self._draft, _ANEW), "wb") as file:
                hashing = _Hashing(file)
                write(hashing)
                file.write(hashing.digest())
        except BaseException:
            self._draft.unlink(missing_ok=True)
            raise

    def adopt(self) -> None:
        """Make the draft and a new journal count instead of those before, on the disk too."""
        with os.fdopen(open_private(self._draft, os.O_RDONLY), "rb") as draft:
            os.fsync(draft.fileno())
        old, self._number = self._number, self._number + 1
        journal = Journal(self._file("journal"))
        self._sync()
        self._draft.rename(self._file("snapshot"))
        self._sync()
        self.journal.close()
        self.journal = journal
        for name in (f"snapshot-{old}", f"journal-{old}"):
            (self._path / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Give the folder to whoever comes next."""
        self.journal.close()
        os.close(self._lock)

    @property
    def _draft(self) -> Path:
        return self._path / "draft"

    def _own(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip()
            raise FolderError(
                f"--data {self._path} is in use by another server, process {owner}; stop it, or "
                "choose another folder"
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def _require_ours(self) -> None:
        if self._path.stat().st_uid != os.geteuid():
            raise FolderError(f"--data {self._path} belongs to another user; choose another folder")
        there = {each.name: each.lstat().st_size for each in self._path.iterdir()}
        begun = {"lock", "format.new", *(() if there.get("journal-0") else ("journal-0",))}
        if "format" not in there and there.keys() - begun:
            raise FolderError(f"--data {self._path} holds something else; choose another folder")

    def _check_format(self) -> None:
        path = self._path / "format"
        if not path.exists():
            Journal(self._path / "journal-0").close()  # first: a folder with a format has all
            self._sync()
            new = path.with_suffix(".new")
            with os.fdopen(open_private(new, _ANEW), "wb") as file:
                file.write(FORMAT)
                file.flush()
                os.fsync(file.fileno())
            new.rename(path)
        found = read_private(path)
        if found != FORMAT:
            told = found[:40].decode("ascii", "replace").strip()
            raise FolderError(
                f"--data {self._path} is of the format {told!r}, which this version cannot read"
            )

    def _file(self, kind: str) -> Path:
        return self._path / f"{kind}-{self._number}"

    def _numbers(self, pattern: re.Pattern[str]) -> list[int]:
        found = (pattern.fullmatch(each.name) for each in self._path.iterdir())
        return [int(match[1]) for match in found if match]

    def _drop_leftovers(self) -> None:
        """Remove what a crash in `draft` or `adopt` left."""
        self._draft.unlink(missing_ok=True)
        for pattern, kind in ((_SNAPSHOT, "snapshot"), (_JOURNAL, "journal")):
            for number in self._numbers(pattern):
                path = self._path / f"{kind}-{number}"
                if number < self._number:
                    path.unlink()
                elif number > self._number:
                    if path.stat().st_size:
                        raise FolderError(f"{path} has no snapshot: restore the folder from a copy")
                    path.unlink()

    def _sync(self) -> None:
        opened = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


class _Hashing:
    """A file to write to that knows the digest of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.blake2b(digest_size=_DIGEST_SIZE)

    def write(self, data: bytes, /) -> int:
        self._hash.update(data)
        return self._file.write(data)

    def digest(self) -> bytes:
        return self._hash.digest()
