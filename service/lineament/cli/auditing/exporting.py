"""`lineament audit export`: entries as JSON Lines or CSV."""

import argparse
import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from lineament.cli.arguments import writable
from lineament.cli.auditing.reading import Found, Wanted, add_filters
from lineament.domain.audit import Entry

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_COLUMNS = ("block", "place", *(each.name for each in fields(Entry)))


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_filters(parser)
    parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    parser.add_argument("--out", type=writable, metavar="FILE", help="in place of stdout")


def run(args: argparse.Namespace) -> int:
    """Write the entries that are asked for; 1 if a block could not be read."""
    wanted = Wanted(args)
    write = _write_csv if args.format == "csv" else _write_json
    if args.out is None:
        write(wanted, sys.stdout)
    else:
        _to_file(args.out, wanted, write)
    return 1 if wanted.unreadable else 0


def _to_file(path: Path, wanted: Wanted, write: Any) -> None:  # noqa: ANN401 - one of two below
    with path.open("w", encoding="utf-8", newline="") as out:
        write(wanted, out)


def _write_json(wanted: Iterable[Found], out: TextIO) -> None:
    for each in wanted:
        line = {"block": each.block, "place": each.place, **each.entry.to_json()}
        out.write(json.dumps(line) + "\n")


def _write_csv(wanted: Iterable[Found], out: TextIO) -> None:
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for each in wanted:
        members = {"block": each.block, "place": each.place, **each.entry.to_json()}
        members["time"] = datetime.fromtimestamp(each.entry.time, UTC).isoformat()
        rows.writerow([cell(members.get(name, "")) for name in _COLUMNS])


def cell(value: object) -> object:
    """Return what a cell holds: text that no spreadsheet runs."""
    if isinstance(value, list):
        return " ".join(
            "=".join(str(part) for part in each if part is not None)
            if isinstance(each, list)
            else str(each)
            for each in value
        )
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return value
