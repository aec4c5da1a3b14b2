"""Files in the folder, opened for its owner alone."""

import os
from pathlib import Path


def open_private(path: Path, flags: int) -> int:
    """Open a file and return its descriptor; one that is made is its owner's alone.

    Raises:
        OSError: it cannot be opened, or it is a link, which may lead out of the folder.
    """
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def read_private(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        OSError: as with `open_private`.
    """
    with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
        return file.read()
