"""The two places in which `lineament keys` makes, lists and revokes keys: the table, and a file."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from lineament.auth.credentials import AccessKey
from lineament.auth.derivation import RootKey
from lineament.auth.documents import read_key
from lineament.auth.issuing import Issued, Order, issue
from lineament.errors import LineamentError
from lineament.storage.access_keys import DynamoAccessKeys

_TRIES = 8
_NO_SECRET = "-" * 40


class Listed(NamedTuple):
    """A key, without its secret."""

    key: AccessKey
    revoked: float | None
    """Epoch seconds; 0 where it is revoked and nobody knows since when; None: it is not."""
    altered: bool = False
    """Whether its record is not as this service wrote it: such a key is refused."""


class Ring(Protocol):
    """A place of access keys."""

    def create(self, order: Order, now: float) -> Issued:
        """Make a key and keep what it takes to verify it."""

    def keys(self, account: str | None) -> Iterator[Listed]:
        """Yield an account's keys, or all."""

    def revoke(self, access_key_id: str, now: float) -> bool | None:
        """Revoke a key: True; False where it was before, None where there is none."""


class TableRing:
    """The keys of the table."""

    def __init__(self, records: DynamoAccessKeys, roots: Sequence[RootKey]) -> None:
        """Take the records, and the root keys that are at hand: `create` needs one, the first."""
        self._records = records
        self._roots = roots

    def create(self, order: Order, now: float) -> Issued:
        """See `Ring.create`. No secret is kept.

        Raises:
            ServiceUnavailable: DynamoDB does not answer.
        """
        if not self._roots:
            raise LineamentError("a new key needs the root key")
        for _ in range(_TRIES):
            made = issue(self._roots[0], order, now)
            named = (order.account, made.key.access_key_id)
            if self._records.add(*named, made.document, made.seal, made.key.expires):
                return made
        raise LineamentError(f"the account {order.account} has no free access key ids left")

    def keys(self, account: str | None) -> Iterator[Listed]:
        """See `Ring.keys`. Without a root key nobody can tell which records are altered."""
        for record in self._records.list(account):
            seals = [root.seal(record.document) for root in self._roots]
            altered = bool(seals) and record.seal not in seals
            disabled = record.revoked is not None
            yield Listed(
                read_key(record.document, _NO_SECRET, disabled=disabled), record.revoked, altered
            )

    def revoke(self, access_key_id: str, now: float) -> bool | None:
        """See `Ring.revoke`; the root key is not needed."""
        return self._records.revoke(access_key_id, now)
