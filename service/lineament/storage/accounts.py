"""What the operator grants each account, in the trust table; and as a process remembers it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from lineament.domain.grants import Grant, Rates
from lineament.fresh import Ages, FreshCache
from lineament.storage import keys
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_AGES = Ages(outage=Ages().known)
"""What is taken back is gone everywhere within two seconds, though nobody can be asked."""


class DynamoAccounts:
    """The records themselves."""

    def __init__(self, tables: Tables) -> None:
        """Keep them in `tables.trust`."""
        self._table = tables.trust

    def find(self, account: str) -> Grant | None:
        """Return what an account is granted, or None where it has no record."""
        item = self._table.get(keys.account_key(account))
        return None if item is None else _grant(item)

    def put(self, account: str, grant: Grant) -> None:
        """Grant this and nothing else."""
        # Listed first: a record that is not listed could not be found and taken back.
        self._table.put(keys.account_name_key(account))
        self._table.put({**keys.account_key(account), **_item(grant)})

    def remove(self, account: str) -> bool:
        """Take everything back, and tell whether there was a record."""
        there = self._table.get(keys.account_key(account)) is not None
        self._table.delete_many([keys.account_key(account)])
        self._table.delete_many([keys.account_name_key(account)])
        return there

    def each(self) -> Iterator[tuple[str, Grant]]:
        """Yield every account that has a record, by its number."""
        for item in self._table.query(keys.ACCOUNTS, "0", "~", ["sk"]):
            account = str(item["sk"]["S"])
            grant = self.find(account)
            if grant is not None:  # None: its first `put`, or its removal, ended in the middle.
                yield account, grant


class RememberedGrants:
    """The Grants port: read when asked for, and again when it is 2 s old.

    Where DynamoDB does not answer nothing older is gone by: who has lost a bucket would keep it.
    """

    def __init__(
        self, find: Callable[[str], Grant | None], clock: Callable[[], float] | None = None
    ) -> None:
        """Remember what `find` returns, as `DynamoAccounts.find` does."""
        self._fresh = FreshCache(
            find,
            _AGES,
            clock or time.monotonic,
            wall=clock or time.time,
            what="What this account may do",
        )

    def of(self, account: str) -> Grant:
        """Return what an account is granted; nothing where it has no record.

        Raises:
            ServiceUnavailable: DynamoDB does not answer.
        """
        return self._fresh.get(account) or Grant()


def _item(grant: Grant) -> Item:
    return {
        "buckets": {"L": [{"S": each} for each in grant.buckets]},
        "rates": {
            "L": [
                {"M": {"operation": {"S": pattern}, "rate": _rate(rate)}}
                for pattern, rate in grant.rates
            ]
        },
    }


def _rate(rate: float | None) -> dict[str, Any]:
    return {"NULL": True} if rate is None else {"N": f"{rate:.3f}"}


def _grant(item: Item) -> Grant:
    buckets = tuple(str(each["S"]) for each in item["buckets"]["L"])
    rates: Rates = tuple(
        (str(each["M"]["operation"]["S"]), _number(each["M"]["rate"]))
        for each in item["rates"]["L"]
    )
    return Grant(buckets, rates)


def _number(rate: dict[str, Any]) -> float | None:
    return float(rate["N"]) if "N" in rate else None
