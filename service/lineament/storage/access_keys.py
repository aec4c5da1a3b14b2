"""Records of access keys, in the table of trust.

A record has a document, which `auth.documents` writes, a seal over it, and, once the key is
revoked, when. What tells which keys there are is a second item, written first: a crash between the
two leaves a line that names no key.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_KEPT_SECONDS = 30 * 24 * 3600
"""That a temporary key's record outlives the key, so that its user is told that it expired."""


class KeyRecord(NamedTuple):
    """What the table has of a key."""

    document: str
    seal: bytes
    revoked: float | None
    """Epoch seconds; None: it is not."""


class DynamoAccessKeys:
    """The records of access keys. Safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        """Keep them in `tables.trust`."""
        self._trust = tables.trust

    def find(self, access_key_id: str) -> tuple[str, bytes, bool] | None:
        """Return a key's document, its seal, and whether it is revoked; None where there is none.

        Raises:
            ServiceUnavailable: DynamoDB does not answer.
        """
        item = self._trust.get(keys.access_key(access_key_id))
        if item is None:
            return None
        record = _from_item(item)
        return record.document, record.seal, record.revoked is not None

    def add(
        self,
        account: str,
        access_key_id: str,
        document: str,
        seal: bytes,
        expires: float | None = None,
    ) -> bool:
        """Keep a new key's record and return True, or False where the id is taken.

        Args:
            account: 12 digits.
            access_key_id: whose.
            document: JSON, without the secret.
            seal: over the document.
            expires: epoch seconds; the record of a temporary key goes some time after that.
        """
        gone = {} if expires is None else {"expires": {"N": str(int(expires + _KEPT_SECONDS))}}
        self._trust.put({**keys.key_of_account(account, access_key_id), **gone})
        item: Item = {
            **keys.access_key(access_key_id),
            "document": {"S": document},
            "seal": {"B": seal},
            **gone,
        }
        return self._trust.put_new(item) is None

    def revoke(self, access_key_id: str, now: float) -> bool | None:
        """Revoke a key for good, within seconds in every process.

        Returns:
            True; False where it was revoked before; None where there is no such key.
        """
        try:
            self._trust.update(
                keys.access_key(access_key_id),
                "SET #revoked = :now",
                "attribute_exists(pk) AND attribute_not_exists(#revoked)",
                {":now": {"N": str(int(now))}},
            )
        except ConditionFailed as failed:
            there = failed.item or self._trust.get(keys.access_key(access_key_id))
            return None if there is None else False
        return True

    def list(self, account: str | None = None) -> Iterator[KeyRecord]:
        """Yield the records of an account's keys, or of all, in no order."""
        first, last = keys.keys_of_account(account)
        named = [
            item["sk"]["S"].rpartition("#")[2]
            for item in self._trust.query(keys.ACCESS_KEYS, first, last)
        ]
        for item in self._trust.get_many([keys.access_key(each) for each in named]):
            yield _from_item(item)


def _from_item(item: Item) -> KeyRecord:
    revoked = item.get("revoked")
    return KeyRecord(
        item["document"]["S"],
        bytes(item["seal"]["B"]),
        None if revoked is None else float(revoked["N"]),
    )
