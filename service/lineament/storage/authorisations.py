"""Authorisation records, in DynamoDB: one item a record, never erased.

The id begins with the moment of the request, so that those that may still hold are read as one
range, however many there have been.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lineament.domain.authorisations import LONGEST_DAYS, Authorisation, NotAllowed
from lineament.fresh import Ages, FreshCache
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

_AGES = Ages(known=2.0, outage=2.0)
"""How old what a process goes by may be, outage or not: what is revoked ends everywhere by then."""
_DAY = 24 * 3600
_LAST = "~"


class DynamoAuthorisations:
    """The Authorisations port, and the operator's way to change them. Safe to share."""

    def __init__(self, tables: Tables, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep them in `tables.trust`; `clock` tells how old what is known has become."""
        self._trust = tables.trust
        self._cache = FreshCache(self._recent, _AGES, clock, what="The authorisations")

    def usable(self, account: str, now: float, *, fresh: bool = False) -> Sequence[Authorisation]:
        """Return the records of an account by which searches may go, see the port."""
        if fresh:  # Not by the cache: a read that began before an approval may be under way.
            self._cache.forget(account)
            found = self._recent(account)
        else:
            found = self._cache.get(account) or []
        return [each for each in found if each.is_usable(now)]

    def add(self, made: Authorisation) -> Authorisation:
        """Store a request under an id of its own, and return it."""
        made = replace(made, identifier=f"{_moment(made.requested)}-{secrets.token_hex(4)}")
        self._trust.put_new(_to_item(made))
        return made

    def find(self, account: str, identifier: str) -> Authorisation | None:
        """Return a record as it is now."""
        item = self._trust.get(keys.authorisation_key(account, identifier))
        return None if item is None else _from_item(account, item)

    def decide(self, found: Authorisation, state: str, by: str, now: float) -> Authorisation:
        """Decide on a record as it was found, and return it.

        Raises:
            NotAllowed: see `Authorisation.require_decidable`; or somebody was faster.
        """
        found.require_decidable(by, now, state)
        decided = replace(found, state=state, decider=by, decided=now)
        try:
            self._trust.update(
                keys.authorisation_key(found.account, found.identifier),
                "SET #state = :state, #decider = :decider, #decided = :decided",
                "#state = :before",
                {
                    ":state": {"S": state},
                    ":decider": {"S": by},
                    ":decided": {"N": repr(now)},
                    ":before": {"S": found.state},
                },
            )
        except ConditionFailed as error:
            raise NotAllowed(f"somebody has decided on {found.identifier} meanwhile") from error
        self._cache.forget(found.account)
        return decided

    def each(self, account: str, since: float = 0.0) -> Iterator[Authorisation]:
        """Yield the records of an account that were asked for from `since` on, the oldest first."""
        partition = str(keys.authorisation_key(account, "")["pk"]["S"])
        for item in self._trust.query(partition, _moment(since), _LAST):
            yield _from_item(account, item)

    def _recent(self, account: str) -> list[Authorisation]:
        # No record holds for longer; a day more for clocks that differ.
        return list(self.each(account, time.time() - (LONGEST_DAYS + 1) * _DAY))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%S")


def _to_item(made: Authorisation) -> Item:
    texts = {
        "region": made.region,
        "reason": made.reason,
        "legal_basis": made.legal_basis,
        "requester": made.requester,
        "state": made.state,
        "decider": made.decider,
    }
    lists = {"collections": made.collections, "persons": made.persons, "callers": made.callers}
    numbers = {"requested": made.requested, "until": made.until, "decided": made.decided}
    return {
        **keys.authorisation_key(made.account, made.identifier),
        **{name: {"S": text} for name, text in texts.items()},
        **{name: {"L": [{"S": each} for each in several]} for name, several in lists.items()},
        **{name: {"N": repr(number)} for name, number in numbers.items()},
        "exigent": {"BOOL": made.exigent},
    }


def _from_item(account: str, item: Item) -> Authorisation:
    texts = ("region", "reason", "legal_basis", "requester", "state", "decider")
    lists = ("collections", "persons", "callers")
    numbers = ("requested", "until", "decided")
    read: dict[str, Any] = {
        **{name: str(item[name]["S"]) for name in texts},
        **{name: tuple(str(each["S"]) for each in item[name]["L"]) for name in lists},
        **{name: float(item[name]["N"]) for name in numbers},
    }
    exigent = bool(item["exigent"]["BOOL"])
    return Authorisation(str(item["sk"]["S"]), account, exigent=exigent, **read)
