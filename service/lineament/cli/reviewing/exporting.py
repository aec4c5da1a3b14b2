"""Searches with their verdicts, as JSON Lines or CSV. Each row says what a match is worth."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from lineament.cli.auditing.exporting import cell
from lineament.cli.reviewing.searches import Search
from lineament.domain.reviews import CAVEAT, UNREVIEWED

_COLUMNS = (
    *("time", "request_id", "account", "region", "user", "access_key_id", "operation"),
    *("collection", "purpose", "rule", "threshold", "searched_for", "possible_matches"),
    *("possible_match_count", "verdict", "reviewer", "reviewed", "rationale", "corroboration"),
    *("candidate", "caveat"),
)


def write(searches: Iterable[Search], form: str, out: TextIO) -> None:
    """Write searches to an open file; `form` is jsonl or csv."""
    rows = map(_row, searches)
    if form == "jsonl":
        out.writelines(json.dumps(row) + "\n" for row in rows)
        return
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    table.writerows(_cells(rows))


def _cells(rows: Iterable[dict[str, Any]]) -> Iterator[list[object]]:
    for row in rows:
        yield [cell(row[name]) for name in _COLUMNS]


def _row(search: Search) -> dict[str, Any]:
    entry, review = search.entry, search.review
    told: dict[str, Any] = {
        "time": _time(entry.time),
        "request_id": entry.request_id,
        "account": entry.account,
        "region": entry.region,
        "user": entry.user,
        "access_key_id": entry.access_key_id,
        "operation": entry.operation,
        "collection": entry.collection,
        "purpose": entry.purpose,
        "rule": entry.rule,
        "threshold": entry.threshold_applied,
        "searched_for": [*entry.subjects, *entry.images],
        "possible_matches": [list(each) for each in entry.results],
        "possible_match_count": entry.result_count,
        "verdict": UNREVIEWED if review is None else review.verdict,
        "reviewer": "",
        "reviewed": "",
        "rationale": "",
        "corroboration": "",
        "candidate": "",
        "caveat": CAVEAT,
    }
    if review is not None:
        told |= {
            "reviewer": review.reviewer,
            "reviewed": _time(review.time),
            "rationale": review.rationale,
            "corroboration": review.corroboration,
            "candidate": review.candidate,
        }
    return told


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
