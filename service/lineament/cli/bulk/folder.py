"""Pictures of a folder and the folders in it."""

import os
from collections.abc import Iterator
from pathlib import Path

from lineament.cli.bulk.naming import SUFFIXES, Candidate, Naming, PassedOver, Refused, printable
from lineament.errors import LineamentError

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class Folder:
    """A Source. Links to files are followed; links to folders are not, so that it ends."""

    def __init__(self, root: Path, naming: Naming) -> None:
        """Look at nothing yet."""
        self._root = root
        self._naming = naming

    def __iter__(self) -> Iterator[Candidate]:
        """Yield what is named like a picture, and what begins like one; one folder at a time."""
        todo = [""]
        while todo:
            inner = todo.pop()
            try:
                with os.scandir(self._root / inner) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                if not inner:
                    raise LineamentError(f"{self._root}: {error.strerror}") from error
                reason = f"the folder cannot be read: {error.strerror}"
                yield Refused(printable(inner), reason, "a folder cannot be read")
                continue
            folders = []
            for entry in entries:
                name = f"{inner}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{name}/")
                else:
                    yield self._judge(name, entry)
            todo += reversed(folders)

    def _judge(self, name: str, entry: "os.DirEntry[str]") -> Candidate:
        path = self._root / name
        try:
            folder = entry.is_dir()
        except OSError:  # a link to itself; reading it will say so
            folder = False
        if folder:
            return PassedOver("a link to a folder")
        if path.suffix.lower() in SUFFIXES or _begins_like_one(path, entry):
            return self._naming.to_candidate(name, path)
        return PassedOver("no JPEG or PNG")


def _begins_like_one(path: Path, entry: "os.DirEntry[str]") -> bool:
    try:
        if not entry.is_file():
            return False
        with path.open("rb") as file:
            return file.read(8).startswith(_MAGIC)
    except OSError:
        return False
