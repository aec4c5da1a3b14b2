"""`lineament audit report`: who did what how often, and what an overseer should look at."""

import argparse
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from lineament.cli.arguments import writable
from lineament.cli.auditing.reading import Wanted, add_filters
from lineament.cli.auditing.summary import Summary, summarise

_Counts = Iterable[tuple[tuple[str, str, str], int]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_filters(parser)
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the counts there")


def run(args: argparse.Namespace) -> int:
    """Print the counts of the entries that are asked for; 1 if a block could not be read."""
    wanted = Wanted(args)
    summary = summarise(each.entry for each in wanted)
    print("\n".join(_text(summary)))
    if args.json is not None:
        args.json.write_text(json.dumps(summary.to_json(), indent=2) + "\n")
    return 1 if wanted.unreadable else 0


def _text(summary: Summary) -> Iterator[str]:
    if summary.first is None or summary.last is None:
        yield "no entries"
        return
    yield f"{summary.entries} entries, {_time(summary.first)} to {_time(summary.last)}"
    yield from _part("by principal and operation", summary.principals.most_common())
    yield from _part("by collection and operation", summary.collections.most_common())
    yield "\nsearches by the threshold that counted"
    yield from (f"{count:>8}  {value:g}" for value, count in sorted(summary.thresholds.items()))
    yield f"{summary.loosened:>8}  raised by rules, from what was asked"
    yield from _part("searches below 99, by principal and collection", summary.below.most_common())
    yield from _part("repeated searches for the same face, user or picture", summary.repeated())
    yield from _part("refusals, by principal and error", summary.refusals.most_common())


def _part(title: str, counts: _Counts) -> Iterator[str]:
    yield f"\n{title}"
    lines = [f"{count:>8}  {'  '.join(each or '-' for each in key)}" for key, count in counts]
    yield from lines or ["       0"]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
