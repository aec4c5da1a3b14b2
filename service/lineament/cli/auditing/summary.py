"""What entries come to: who did what how often, and what an overseer should look at."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lineament.domain.audit import OK, Entry
from lineament.domain.ruling import COMPARING

CRITICAL = 99.0
"""Similarity that AWS asks for where a match may cost somebody a right. Source: SPEC.md D.3, L1."""
_SHOWN = 20
"""Repeated searches that are told, the most frequent first."""


@dataclass(slots=True)
class Summary:
    """Counts of entries."""

    entries: int = 0
    first: float | None = None
    last: float | None = None
    operations: Counter[str] = field(default_factory=Counter)
    principals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By account, principal and operation."""
    collections: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By account, collection and operation."""
    thresholds: Counter[float] = field(default_factory=Counter)
    """Searches that were answered, by the threshold that counted."""
    below: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Those below `CRITICAL`, by account, principal and collection."""
    loosened: int = 0
    """Searches that asked for a lower threshold than counted."""
    refusals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By account, principal and error."""
    sought: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Searches by account, collection and whom they were for: a FaceId, UserId or ImageId."""

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        account, who = entry.account, entry.user or entry.access_key_id
        self.entries += 1
        self.first = entry.time if self.first is None else min(self.first, entry.time)
        self.last = entry.time if self.last is None else max(self.last, entry.time)
        self.operations[entry.operation] += 1
        self.principals[account, who, entry.operation] += 1
        if entry.collection:
            self.collections[account, entry.collection, entry.operation] += 1
        if entry.outcome != OK:
            self.refusals[account, who, entry.outcome] += 1
        elif entry.operation in COMPARING:
            self._add_search(entry, who)

    def _add_search(self, entry: Entry, who: str) -> None:
        counted, asked = entry.threshold_applied, entry.threshold_asked
        if counted is not None:
            self.thresholds[counted] += 1
            if counted < CRITICAL:
                self.below[entry.account, who, entry.collection] += 1
            if asked is not None and asked < counted:
                self.loosened += 1
        for sought in entry.subjects or entry.images[:1]:
            self.sought[entry.account, entry.collection, sought] += 1

    def repeated(self) -> list[tuple[tuple[str, str, str], int]]:
        """Return whom more than one search was for, the most often first."""
        return [each for each in self.sought.most_common(_SHOWN) if each[1] > 1]

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        return {
            "entries": self.entries,
            "first": self.first,
            "last": self.last,
            "operations": dict(self.operations),
            "principals": _rows(self.principals.items(), "principal", "operation"),
            "collections": _rows(self.collections.items(), "collection", "operation"),
            "thresholds": {f"{value:g}": count for value, count in sorted(self.thresholds.items())},
            "searches_below_99": _rows(self.below.items(), "principal", "collection"),
            "thresholds_raised": self.loosened,
            "refusals": _rows(self.refusals.items(), "principal", "error"),
            "repeated_searches": _rows(self.repeated(), "collection", "sought"),
        }


def summarise(entries: Iterable[Entry]) -> Summary:
    """Return what entries come to."""
    summary = Summary()
    for entry in entries:
        summary.add(entry)
    return summary


def _rows(
    counts: Iterable[tuple[tuple[str, str, str], int]], second: str, third: str
) -> list[dict[str, Any]]:
    return [
        {"account": account, second: one, third: other, "count": count}
        for (account, one, other), count in counts
    ]
