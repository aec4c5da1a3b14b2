"""Where access keys are kept: a file, a secret of Secrets Manager, or the table of this service."""

import hmac
import json
import logging
from collections.abc import Hashable, Mapping
from threading import Lock
from typing import Protocol

from lineament.auth.credentials import AccessKey
from lineament.auth.derivation import RootKey
from lineament.auth.documents import NONCE, BadDocument, read_key, read_keys
from lineament.errors import LineamentError
from lineament.fresh import Ages, FreshCache

_log = logging.getLogger(__name__)
_SECRET_AGES = Ages(refresh=3.5, known=4.0)
"""Each read is paid for, so they are fewer than the table's; a key is still refused within 5 s."""


class TextFile(Protocol):
    """A file that its owner may change at any moment."""

    def version(self) -> Hashable:
        """Return what changes with the file.

        Raises:
            LineamentError: it is not there.
        """

    def read(self) -> bytes:
        """Return what is in it.

        Raises:
            LineamentError: it cannot be read, or too many may read it.
        """


class Text(Protocol):
    """A text that is fetched from elsewhere."""

    def read(self) -> bytes:
        """Return it.

        Raises:
            LineamentError: it cannot be fetched.
        """


class Records(Protocol):
    """The table's records of access keys."""

    def find(self, access_key_id: str) -> tuple[str, bytes, bool] | None:
        """Return a key's document, its seal, and whether the key is revoked; None without one.

        Raises:
            LineamentError: the table does not answer.
        """


class FileKeys:
    """The keys of a JSON file, which is read again when it has changed.

    A file that cannot be read changes nothing: what it said before holds, and the log says why.
    """

    def __init__(self, file: TextFile) -> None:
        """Read the file.

        Raises:
            LineamentError: it is missing or cannot be read, or too many may read it.
            BadDocument: it holds no list of access keys.
        """
        self._file = file
        self._lock = Lock()
        self._version: Hashable = file.version()
        self._keys: Mapping[str, AccessKey] = read_keys(file.read())

    def find(self, access_key_id: str) -> AccessKey | None:
        """See `Credentials.find`; never raises."""
        with self._lock:
            version = self._read_version()
            if version != self._version:
                self._version = version
                self._read_again()
            return self._keys.get(access_key_id)

    def _read_version(self) -> Hashable:
        try:
            return self._file.version()
        except LineamentError as error:
            return str(error)

    def _read_again(self) -> None:
        try:
            self._keys = read_keys(self._file.read())
        except LineamentError as error:
            _log.error("the access keys stay as they were: %s", error)
        else:
            _log.info("%d access keys read again", len(self._keys))


class SecretKeys:
    """The keys of a secret: the file's JSON, at most 4 seconds old. An idle process reads nothing.

    A secret that holds something else changes nothing, as with a file.
    """

    def __init__(self, secret: Text) -> None:
        """Read nothing yet."""
        self._secret = secret
        self._last: dict[str, AccessKey] | None = None
        self._cache = FreshCache(self._read, _SECRET_AGES)

    def find(self, access_key_id: str) -> AccessKey | None:
        """See `Credentials.find`.

        Raises:
            ServiceUnavailable: Secrets Manager has not answered for 30 seconds.
        """
        return (self._cache.get("") or {}).get(access_key_id)

    def _read(self, _name: str) -> dict[str, AccessKey]:
        text = self._secret.read()
        try:
            self._last = read_keys(text)
        except BadDocument as error:
            if self._last is None:
                raise
            _log.error("the access keys stay as they were: %s", error)
        return self._last


class TableKeys:
    """The keys of this service's table, each at most 2 seconds old.

    A record that was not written with the root key is no key: who can write to the table and does
    not have the root key can revoke, and cannot grant.
    """

    def __init__(self, records: Records, root: RootKey, ages: Ages | None = None) -> None:
        """Read nothing yet."""
        self._records = records
        self._root = root
        self._cache = FreshCache(self._read, ages)

    def find(self, access_key_id: str) -> AccessKey | None:
        """See `Credentials.find`. An id that this root key has not made is not looked up.

        Raises:
            ServiceUnavailable: the table has not answered for 30 seconds.
        """
        if not self._root.made(access_key_id):
            return None
        return self._cache.get(access_key_id)

    def _read(self, access_key_id: str) -> AccessKey | None:
        record = self._records.find(access_key_id)
        if record is None:
            return None
        document, seal, revoked = record
        if not hmac.compare_digest(seal, self._root.seal(document)):
            _log.error("the record of an access key has been altered, or has another root key")
            return None
        try:
            nonce = str(json.loads(document)[NONCE])
            key = read_key(document, self._root.secret(access_key_id, nonce), disabled=revoked)
        except (BadDocument, KeyError):
            _log.error("the record of an access key is of another release")
            return None
        return key if key.access_key_id == access_key_id else None
