"""What is suspended, in DynamoDB: one item an account."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from lineament.domain.suspension import Suspension
from lineament.errors import LineamentError
from lineament.fresh import Ages, FreshCache
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_AGES = Ages(outage=4.0)
"""While DynamoDB does not answer, nobody is let in for longer who may have been cut off."""
_MOST = 1000
"""Suspensions of an account at one time; an item holds 400 KB."""


class TooManySuspended(LineamentError):
    """An account has as many suspensions as can be kept; the message says what to do."""


class DynamoSuspensions:
    """The Suspensions port, and the operator's way to change them. Safe to share."""

    def __init__(self, tables: Tables, clock: Callable[[], float] | None = None) -> None:
        """Keep them in `tables.trust`; `clock` tells how old what is known has become."""
        self._trust = tables.trust
        self._fresh = FreshCache(
            self.read,
            _AGES,
            clock or time.monotonic,
            wall=clock or time.time,
            what="Whether this account is suspended",
        )

    def of(self, account: str) -> Mapping[str, Suspension]:
        """Return what of an account is suspended, by name, as it was 2 seconds ago at most.

        Raises:
            ServiceUnavailable: DynamoDB has not answered for 4 seconds.
        """
        return self._fresh.get(account) or {}

    def read(self, account: str) -> Mapping[str, Suspension]:
        """Return what of an account is suspended now.

        Raises:
            WireError: DynamoDB does not answer.
        """
        item = self._trust.get(keys.suspended_key(account))
        return {} if item is None else _from_item(item)

    def suspend(self, account: str, name: str, suspension: Suspension) -> Suspension | None:
        """Cut something off; return how it was suspended before, if it was.

        Raises:
            TooManySuspended: 1,000 things of the account are suspended.
        """
        key = keys.suspended_key(account)
        self._trust.put_new({**key, "suspended": {"M": {}}})
        before = self.read(account).get(name)
        try:
            self._trust.update(
                key,
                "SET #suspended.#name = :new",
                "attribute_exists(#suspended.#name) OR size(#suspended) < :most",
                {":new": _to_value(suspension), ":most": {"N": str(_MOST)}},
                {"#name": name},
            )
        except ConditionFailed as error:
            raise TooManySuspended(
                f"account {account} has {_MOST} suspensions; reinstate some, or suspend the account"
            ) from error
        self._fresh.forget(account)
        return before

    def reinstate(self, account: str, name: str) -> Suspension | None:
        """Let something in again; return how it was suspended, None where it was not."""
        before = self.read(account).get(name)
        if before is not None:
            self._trust.update(
                keys.suspended_key(account),
                "REMOVE #suspended.#name",
                "attribute_exists(#suspended)",
                {},
                {"#name": name},
            )
            self._fresh.forget(account)
        return before


def _to_value(suspension: Suspension) -> dict[str, Any]:
    return {
        "M": {
            "reason": {"S": suspension.reason},
            "by": {"S": suspension.by},
            "since": {"N": repr(suspension.since)},
        }
    }


def _from_item(item: Item) -> dict[str, Suspension]:
    return {
        name: Suspension(
            each["M"]["reason"]["S"], each["M"]["by"]["S"], float(each["M"]["since"]["N"])
        )
        for name, each in item["suspended"]["M"].items()
    }
