"""Secrets that all processes of a deployment share."""

import secrets
import threading

from lineament.storage import keys
from lineament.storage.provision import Tables

_PAGING_BYTES = 32


class DynamoSecrets:
    """The Secrets port. Safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        """Keep secrets in `tables.control`."""
        self._control = tables.control
        self._lock = threading.Lock()
        self._paging: bytes | None = None

    def paging_key(self) -> bytes:
        """Return the key that signs page tokens: 32 bytes, made once per deployment."""
        with self._lock:
            if self._paging is None:
                self._paging = self._require("PAGING", _PAGING_BYTES)
            return self._paging

    def _require(self, name: str, size: int) -> bytes:
        key = keys.secret_key(name)
        there = self._control.get(key)
        if there is None:
            mine = {**key, "value": {"B": secrets.token_bytes(size)}}
            there = self._control.put_new(mine) or mine
        return bytes(there["value"]["B"])
