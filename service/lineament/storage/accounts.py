"""What the operator grants each account, in the trust table; and as a process remembers it."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from lineament.domain.grants import Grant, Rates
from lineament.errors import ServiceUnavailable, WireError
from lineament.storage import keys
from lineament.storage.provision import Tables
from lineament.storage.table import Item

FRESH_SECONDS = 2.0
"""How old a grant may be that a process goes by: what is taken back is gone everywhere by then."""
_KEPT = 4096
"""Accounts that a process remembers; the least used are forgotten."""


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
    Threads may share it; the record of one account is read by one thread at a time.
    """

    def __init__(
        self, find: Callable[[str], Grant | None], elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        """Remember what `find` returns, as `DynamoAccounts.find` does."""
        self._find = find
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Memory] = OrderedDict()

    def of(self, account: str) -> Grant:
        """Return what an account is granted; nothing where it has no record.

        Raises:
            ServiceUnavailable: DynamoDB did not answer, now or within the last 2 s.
        """
        with self._lock:
            memory = self._kept.setdefault(account, _Memory())
            self._kept.move_to_end(account)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        with memory.lock:
            if self._elapsed() - memory.read >= FRESH_SECONDS:
                self._read(account, memory)
            if memory.grant is None:
                raise ServiceUnavailable("What this account may do cannot be read; try again")
            return memory.grant

    def _read(self, account: str, memory: "_Memory") -> None:
        asked = self._elapsed()
        try:
            memory.grant = self._find(account) or Grant()
            memory.read = asked
        except WireError:
            memory.grant = None
            memory.read = self._elapsed()  # Time-outs are long: not everybody has to wait for one.


class _Memory:
    """What is known of one account."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read = -math.inf
        self.grant: Grant | None = None


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
