"""`lineament doctor`: look whether the tables hold what the service has promised.

It reads both tables. Where LINEAMENT_SNAPSHOT_BUCKET is set it compares snapshots with their logs,
and where LINEAMENT_MILVUS_URI is set each row of that engine with its snapshot. It writes nothing;
the service may go on meanwhile. What is broken was acknowledged and is lost, or contradicts itself.
Waste takes room and does no harm: `lineament housekeeping` or DynamoDB's expiry clears most of it
away. What is pending settles by itself, or with a setting. The whole faces table is walked over by
its keys, unless one collection is asked for; every log and record is read in any case.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from tqdm import tqdm

from lineament import config
from lineament.app import choose_placement
from lineament.cli.arguments import seconds, writable
from lineament.domain.engine import EngineUnavailable
from lineament.domain.ports import ChangeLog
from lineament.errors import LineamentError
from lineament.gallery.memory import MemoryGallery
from lineament.storage.doctor.engine import engine_findings
from lineament.storage.doctor.findings import BROKEN, KINDS, PENDING, WASTE, Finding
from lineament.storage.doctor.snapshots import snapshot_findings
from lineament.storage.doctor.walk import Diagnosis, Pace, Wanted, diagnose
from lineament.storage.placement import Placement
from lineament.storage.provision import Tables, connect
from lineament.storage.snapshots import SnapshotStore, connect_snapshots
from lineament.storage.sweep import DEFAULT_GRACE

_HEALTHY, _BROKEN, _WRONG_CALL = 0, 1, 2
_SHOWN = 3
"""Ids of a finding that are printed; --json has all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Exit status: 0 nothing is broken; 1 something is; 2 a wrong call, or tables or an engine "
        "that cannot be read."
    )
    parser.add_argument("--account", help="look at this account only")
    parser.add_argument("--region", help="look at this region only")
    parser.add_argument(
        "--collection", metavar="ID", help="look at collections of this name only; walks no table"
    )
    parser.add_argument("--json", type=writable, metavar="FILE", help="write every finding there")
    parser.add_argument(
        "--grace",
        type=seconds,
        default=DEFAULT_GRACE,
        metavar="SECONDS",
        help="a record of no face is no waste before it is so old (%(default)g)",
    )


def run(args: argparse.Namespace) -> int:
    """Look, print what was found and a line a collection."""
    settings = config.load()
    tables = connect(settings.table, settings.region)
    snapshots = connect_snapshots(tables, settings.snapshot_bucket, settings.region)
    try:
        diagnosis, silent = _look(tables, snapshots, choose_placement(settings), args)
        if args.json is not None:
            args.json.write_text(json.dumps(_to_report(tables, diagnosis), indent=2) + "\n")
    except (LineamentError, OSError) as error:
        print(f"lineament doctor: {error}", file=sys.stderr)
        return _WRONG_CALL
    wanted = {"account": args.account, "region": args.region, "collection": args.collection}
    named = [f"{what} {name}" for what, name in wanted.items() if name is not None]
    if named and not (diagnosis.rows or diagnosis.findings):
        print(f"lineament doctor: there is nothing of {', '.join(named)}", file=sys.stderr)
        return _WRONG_CALL
    print("\n".join([*_findings(diagnosis.findings), *_table(diagnosis)]))
    if silent is not None:
        print(f"lineament doctor: the engine was not looked at: {silent}", file=sys.stderr)
    healthy = _HEALTHY if silent is None else _WRONG_CALL
    return _BROKEN if diagnosis.broken else healthy


def _look(
    tables: Tables, snapshots: SnapshotStore | None, placement: Placement, args: argparse.Namespace
) -> tuple[Diagnosis, EngineUnavailable | None]:
    """Return what was found, and why the engine was not looked at if it was not."""
    wanted, pace = Wanted(args.account, args.region, args.collection), Pace(args.grace)
    with _progress_bar() as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        def advance(rows: int) -> None:
            bar.total = (bar.total or 0) + rows
            bar.update(rows)

        diagnosis = diagnose(tables, _gallery, wanted, pace, progress, snapshots=snapshots)
        if snapshots is None:
            return diagnosis, None
        diagnosis.findings += snapshot_findings(tables, snapshots, wanted, pace)
        try:
            diagnosis.findings += engine_findings(
                tables, snapshots, placement, wanted, pace, advance
            )
        except EngineUnavailable as error:
            return diagnosis, error
    return diagnosis, None


def _gallery(log: ChangeLog) -> MemoryGallery:
    return MemoryGallery(log, sys.maxsize)


@contextmanager
def _progress_bar() -> Iterator["tqdm[None]"]:
    quiet = not sys.stderr.isatty()
    with tqdm(unit="item", file=sys.stderr, mininterval=30 if quiet else 0.2, delay=2) as bar:
        yield bar


def _to_report(tables: Tables, diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "tables": [tables.control.name, tables.faces.name],
        "healthy": not diagnosis.broken,
        "collections": [
            {**asdict(row.place), "faces": row.faces, "users": row.users, "seq": row.seq}
            for row in diagnosis.rows
        ],
        "findings": [each.to_json() for each in diagnosis.findings],
    }


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    for severity in (BROKEN, PENDING, WASTE):
        for each in findings:
            if each.severity == severity:
                yield f"{severity}: {_where(each)}{KINDS[each.kind][1]} ({_details(each)})"


def _where(finding: Finding) -> str:
    place = [each for each in asdict(finding.place).values() if each]
    return " ".join(place) + ": " if place else ""


def _details(finding: Finding) -> str:
    parts = [finding.kind]
    if finding.age is not None:
        parts.append(f"{_age(finding.age)} old")
    if finding.ids:
        shown = ", ".join(finding.ids[:_SHOWN])
        rest = len(finding.ids) - _SHOWN
        parts.append(f"{len(finding.ids)}: {shown}" + (f" and {rest} more" if rest > 0 else ""))
    return "; ".join(parts)


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _table(diagnosis: Diagnosis) -> Iterator[str]:
    counts = Counter(each.place for each in diagnosis.findings)
    heads = ("account", "region", "collection", "faces", "users", "seq", "findings")
    lines: list[tuple[str, ...]] = [heads]
    for row in diagnosis.rows:
        numbers = (row.faces, row.users, row.seq, counts.pop(row.place, 0))
        lines.append((*asdict(row.place).values(), *map(str, numbers)))
    if others := sum(counts.values()):
        lines.append(("-", "-", "-", "-", "-", "-", str(others)))
    yield from _aligned(lines)
    tally = Counter(each.severity for each in diagnosis.findings)
    told = ", ".join(f"{tally[each]} {each}" for each in (BROKEN, PENDING, WASTE))
    yield f"{'broken' if diagnosis.broken else 'healthy'}: {told}"


def _aligned(lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    rows = list(lines)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
