"""How often each person was searched for on a day, in DynamoDB: one item a person and day."""

from datetime import UTC, datetime

from lineament.context import Scope
from lineament.storage import keys
from lineament.storage.provision import Tables

_KEPT_SECONDS = 3 * 24 * 3600
"""After that DynamoDB erases it: whom somebody looked for is in the audit trail alone."""


class DynamoWatch:
    """The Watch port. Safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        """Count in `tables.trust`; makes no call."""
        self._trust = tables.trust

    def count(self, scope: Scope, collection_id: str, person: str, now: float) -> int:
        """Count one more search, see the port."""
        changed = self._trust.update(
            keys.watch_key(scope, collection_id, _day(now), person),
            "SET #searches = if_not_exists(#searches, :none) + :one, #expires = :expires",
            "attribute_not_exists(#searches) OR #searches >= :none",
            {
                ":one": {"N": "1"},
                ":none": {"N": "0"},
                ":expires": {"N": str(int(now) + _KEPT_SECONDS)},
            },
        )
        return int(changed["searches"]["N"])

    def counted(self, scope: Scope, collection_id: str, person: str, now: float) -> int:
        """Return how many there were, see the port."""
        item = self._trust.get(keys.watch_key(scope, collection_id, _day(now), person))
        return 0 if item is None else int(item["searches"]["N"])


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
