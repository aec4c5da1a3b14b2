"""Access keys in a JSON file, secrets included, which `LINEAMENT_ACCESS_KEYS=file:...` reads."""

import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from lineament.auth.derivation import RootKey
from lineament.auth.documents import read_keys, write_key
from lineament.auth.issuing import Issued, Order, issue
from lineament.cli.keyring.rings import Listed
from lineament.errors import LineamentError
from lineament.storage.key_files import SecretFile

_ONLY_THE_OWNER = 0o600


class FileRing:
    """The keys of a file. Servers that read it follow by themselves."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self._path = path

    def create(self, order: Order, now: float) -> Issued:
        """See `Ring.create`; the file is made where there is none, for its owner only.

        Raises:
            LineamentError: the file cannot be read or written, or holds something else.
        """
        # Nothing has to follow from anything: a root key of the moment gives a random secret.
        made = issue(RootKey(secrets.token_bytes(32)), order, now)
        with self._changing() as entries:
            entries.append({**write_key(made.key), "secret": made.key.secret})
        return made

    def keys(self, account: str | None) -> Iterator[Listed]:
        """See `Ring.keys`."""
        for key in read_keys(SecretFile(self._path).read()).values():
            if account in {None, key.account}:
                yield Listed(replace(key, secret=""), 0.0 if key.disabled else None)

    def revoke(self, access_key_id: str, now: float) -> bool | None:
        """See `Ring.revoke`."""
        del now
        with self._changing() as entries:
            for entry in entries:
                if entry["id"] == access_key_id:
                    was, entry["disabled"] = entry.get("disabled", False), True
                    return not was
        return None

    @contextmanager
    def _changing(self) -> Iterator[list[dict[str, Any]]]:
        """Give the entries, and put the file in place as a whole. One caller at a time."""
        try:
            folder = os.open(self._path.parent, os.O_RDONLY)
        except OSError as error:
            raise LineamentError(f"{self._path}: {error.strerror}") from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            text = SecretFile(self._path).read() if self._path.exists() else b"[]"
            read_keys(text)
            entries: list[dict[str, Any]] = json.loads(text)
            yield entries
            self._write(json.dumps(entries, indent=1) + "\n")
            os.fsync(folder)
        except OSError as error:
            raise LineamentError(f"{self._path} cannot be written: {error.strerror}") from error
        finally:
            os.close(folder)

    def _write(self, text: str) -> None:
        read_keys(text)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text)
                file.flush()
                self._take_on(file.fileno())
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _take_on(self, handle: int) -> None:
        """Give the new file the mode, and where we may the owner, of the one it replaces."""
        if not self._path.exists():
            os.fchmod(handle, _ONLY_THE_OWNER)
            return
        old = self._path.stat()
        with suppress(PermissionError):
            os.fchown(handle, old.st_uid, old.st_gid)
        os.fchmod(handle, old.st_mode & 0o777)
