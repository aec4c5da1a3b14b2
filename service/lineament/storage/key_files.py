"""Files of secrets: access keys, the root key."""

import os
import stat
from collections.abc import Hashable
from pathlib import Path

from lineament.errors import LineamentError

_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP
_LARGEST = 16 * 1024 * 1024


class SecretFileError(LineamentError):
    """A file of secrets is missing, or may be read by others; the message names it."""


class SecretFile:
    """A file that only its owner and group may read, and only its owner may write."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self.path = path

    def version(self) -> Hashable:
        """Return what changes with the file: time, inode, size and mode.

        Raises:
            SecretFileError: it is not there.
        """
        try:
            return _version(self.path.stat())
        except OSError as error:
            raise self._unreadable(error) from error

    def read(self) -> bytes:
        """Return what is in it.

        Raises:
            SecretFileError: it cannot be read, others may read or change it, or it is huge.
        """
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if mode & _TOO_OPEN:
                    raise SecretFileError(
                        f"{self.path} may be read or changed by others: chmod 600 {self.path}"
                    )
                content = file.read(_LARGEST + 1)
        except OSError as error:
            raise self._unreadable(error) from error
        if len(content) > _LARGEST:
            raise SecretFileError(f"{self.path} is over {_LARGEST} bytes")
        return content

    def _unreadable(self, error: OSError) -> SecretFileError:
        return SecretFileError(f"{self.path} cannot be read: {error.strerror}")


def _version(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_mtime_ns, found.st_ino, found.st_size, found.st_mode)
