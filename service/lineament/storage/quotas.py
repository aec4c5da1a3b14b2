"""The shared number of a token bucket: when it will be full again.

`full` is a moment, in epoch seconds. A full bucket's lies in the past; each token that is taken
moves it 1 / rate later, and tokens are there as long as it is at most burst / rate ahead of now.
Refilling thus needs no write, and takers do not wait for each other: both ways of taking are one
conditional write that adds to what is there. Changing a rate changes no stored number.
"""

from typing import Any

from lineament.context import Scope
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

ASTRAY_SECONDS = 60.0
"""A bucket that would be full so much later than any taker may bring about was written by a clock
that was wrong, or at a rate far lower than today's. It begins anew, full."""
_TRIES = 6
_KEPT_SECONDS = 24 * 3600
"""After that DynamoDB may erase it: a bucket that is not there is full."""
_PRECISION = 6
"""Decimals of a second that are stored."""
_ROUNDING = 1e-6


class DynamoBucket:
    """One account's bucket of one operation in one region. Safe to share between threads."""

    def __init__(self, tables: Tables, scope: Scope, operation: str) -> None:
        """Keep it in `tables.trust`."""
        self._table = tables.trust
        self._key = keys.quota_key(scope, operation)
        self._full = 0.0
        """As last seen: a guess, which decides what is tried first."""

    def take(self, rate: float, burst: float, wanted: int, now: float) -> tuple[int, float]:
        """Take up to `wanted` tokens, if there is one.

        Args:
            rate: tokens a second that come in.
            burst: how many it holds, at least 1.
            wanted: at least 1 and at most `burst`.
            now: epoch seconds.

        Returns:
            How many were taken, and, where none was, the seconds until there is one.

        Raises:
            ServiceUnavailable: DynamoDB does not answer.
            ProvisionedThroughputExceededException: it asks to slow down.
        """
        ahead = burst / rate
        for _ in range(_TRIES):
            room = int((now + ahead - max(self._full, now) + _ROUNDING) * rate)
            count = min(wanted, max(room, 1))
            try:
                self._full = self._move(count / rate, now, ahead)
            except ConditionFailed as failed:
                self._full = _full(failed.item)
                if self._full > now + ahead + ASTRAY_SECONDS:
                    self._begin_anew()
                elif (wait := self._full + 1 / rate - (now + ahead)) > _ROUNDING:
                    return 0, wait
            else:
                return count, 0.0
        return 0, 1 / rate  # Others were faster each time.

    def _move(self, by: float, now: float, ahead: float) -> float:
        """Move the moment on, and return it as it now is."""
        if self._full < now:
            change, condition = "#full = :then", "(attribute_not_exists(pk) OR #full < :now)"
            values = {":then": _number(now + by), ":now": _number(now)}
        else:
            change, condition = "#full = #full + :by", "#full BETWEEN :now AND :last"
            last = now + ahead - by + _ROUNDING  # what rounding may have added
            values = {":by": _number(by), ":now": _number(now), ":last": _number(last)}
        changed = self._table.update(
            self._key,
            f"SET {change}, #expires = :expires",
            condition,
            {**values, ":expires": _number(int(now + ahead + _KEPT_SECONDS))},
        )
        return _full(changed)

    def _begin_anew(self) -> None:
        seen, self._full = self._full, 0.0
        try:
            values = {":zero": _number(0), ":seen": _number(seen)}
            self._table.update(self._key, "SET #full = :zero", "#full = :seen", values)
        except ConditionFailed:
            return  # Somebody else has.


def _full(item: Item | None) -> float:
    return float(item["full"]["N"]) if item else 0.0


def _number(value: float) -> dict[str, Any]:
    return {"N": f"{value:.{_PRECISION}f}"}
