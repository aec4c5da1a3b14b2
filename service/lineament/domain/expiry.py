"""Retention: when the faces of a collection expire.

The rule `lineament:retention-days` counts from when a face was indexed. It holds for the faces that
are there when it is set, and stops to hold when its operator takes it away.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lineament.domain.collections import Collection
from lineament.domain.rules import stored_rules, strictest

Times = NDArray[np.uint32]
"""When faces were indexed: shape (n,), uint32, epoch seconds. 0 where a release did not keep it:
such a face counts as indexed when its collection was made."""
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Term:
    """What a rule comes to at one moment."""

    days: int = 0
    """0: faces stay."""
    upto: int = 0
    """Faces indexed then or before have expired: epoch seconds; 0: none."""

    def is_looser_than(self, other: "Term") -> bool:
        """Tell whether faces that had expired by another rule may not have by this one."""
        return bool(other.days) and (not self.days or self.days > other.days)


FOR_EVER = Term()


def term(collection: Collection, now: float) -> Term:
    """Return what holds for a collection's faces.

    Args:
        collection: with its tags and its operator's rules, of which the strictest counts.
        now: epoch seconds.
    """
    days = retention_days(collection)
    upto = int(now) - days * DAY
    # No face is older than its collection, whatever a release has kept of it.
    return Term(days, upto if days and upto >= int(collection.created) else 0)


def retention_days(collection: Collection) -> int:
    """Return the days after which a collection's faces are gone; 0: they stay."""
    return _days(frozenset(collection.tags.items()), frozenset(collection.rules.items()))


@lru_cache(maxsize=1024)
def _days(*several: frozenset[tuple[str, str]]) -> int:
    # Asked by every search, and reading rules takes 60 us.
    return strictest(*(stored_rules(dict(each)) for each in several)).retention_days
