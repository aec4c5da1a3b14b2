"""Writes docs/operations.md: what is built, and which checks a run of the tests has shown.

    python -m tests.conformance.page           write it from the record of the last whole run
    python -m tests.conformance.page --check   end with 1 and the difference where it is stale

The record comes from `recording.py`, the checks and what to say of them from checks.toml, the
operations from botocore's model and from the table of handlers.
"""

import argparse
import difflib
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lineament.handlers.table import OPERATIONS
from tests.conformance.promises import AWS
from tests.conformance.recording import DECLARED, HERE, RECORD, ROOT

PAGE = ROOT / "docs" / "operations.md"
CHECKS = HERE / "checks.toml"
COMMAND = "python -m tests.conformance.page"
TRANSPORTS = {"in-process", "http", "lambda"}
GROUPS = {
    "Faces in a picture": r"(Detect|Compare)Faces",
    "Collections": r"(Create|Delete|Describe|List)Collections?",
    "Faces of collections": r"(Index|List|Delete|Search)Faces|SearchFacesByImage",
    "Users": r"(Create|Delete|List)Users?|(Associate|Disassociate)Faces|SearchUsers(ByImage)?",
    "Tags": r"(Tag|Untag)Resource|ListTagsForResource",
    "Celebrities": r"RecognizeCelebrities|GetCelebrityInfo",
    "Liveness": r"\w+FaceLiveness\w+",
    "Labels, text, moderation, protective equipment": r"Detect(Labels|ModerationLabels|Text"
    r"|ProtectiveEquipment)|\w+MediaAnalysisJobs?",
    "Video files": r"(Start|Get)(\w+(Detection|Search|Tracking|Recognition|Moderation))",
    "Video streams": r"\w+StreamProcessors?",
    "Custom labels": r"DetectCustomLabels|\w+(Project|Dataset)\w*",
}
_HEAD = """\
# Operations

Written by `{command}` from a run of the tests; change the tests, not this page.

{built} of Amazon Rekognition's {all} operations are built. Any other answers AccessDeniedException,
which every typed client knows. A check stands beside an operation if its tests asked for it and
all of them passed.
"""
_CHECKS_HEAD = """\
## Checks

All three: in process, over HTTP to `lineament serve`, and as events of a Lambda function. Declared:
with the test kit's declared engine as well (docs/testing.md). P0 blocks a release, P1 is needed by
real apps, P2 is polish.
"""
Record = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Check -> transport -> what its tests showed there; see `recording.Recorder.summary`."""


@dataclass(frozen=True)
class Checks:
    """checks.toml."""

    priority: dict[str, str]
    """P0, P1 or P2 by check."""
    elsewhere: dict[str, str]
    """Why a check has no test."""
    one_way: dict[str, str]
    """Why a check runs over one transport alone."""
    in_part: dict[str, str]
    """What the tests of a check leave out."""
    eyes: dict[str, str]
    """Why the declared engine cannot show a check."""


def read_checks() -> Checks:
    """Read checks.toml."""
    read = tomllib.loads(CHECKS.read_text())
    return Checks(
        {check: level for level, ids in read["priority"].items() for check in ids.split()},
        {check: each["why"] for each in read["elsewhere"] for check in each["checks"].split()},
        read["one_way"],
        read["in_part"],
        read["eyes"],
    )


def group_of(operation: str) -> str:
    """Return the heading that an operation stands under.

    Raises:
        LookupError: none of them, or several.
    """
    found = [name for name, pattern in GROUPS.items() if re.fullmatch(pattern, operation)]
    if len(found) != 1:
        raise LookupError(f"{operation} belongs under {found or 'no heading'}")
    return found[0]


def shown_of(operation: str, record: Record) -> list[str]:
    """Return the checks whose passing tests asked an operation, sorted."""
    return sorted(
        check
        for check, ways in record.items()
        if _state(ways)[0] and any(operation in shown["operations"] for shown in ways.values())
    )


def _state(ways: Mapping[str, Mapping[str, Any]]) -> tuple[bool, str]:
    """Return whether all tests of a check passed, and what to say of it."""
    broken = sorted(way for way, shown in ways.items() if not shown["passed"])
    if broken:
        return False, f"**failed or skipped** ({', '.join(broken)})"
    if set(ways) >= TRANSPORTS:
        return True, "passes over all three" + (", and declared" if DECLARED in ways else "")
    return True, "passes one way"


def problems(record: Record, checks: Checks) -> Iterator[str]:
    """Say what checks.toml and the run do not agree on."""
    for check, level in checks.priority.items():
        ways = record.get(check, {})
        if ways and check in checks.elsewhere:
            yield f"{check} has a test; checks.toml says that it has none"
        if not ways and check not in checks.elsewhere and level != "P2":
            yield f"{check} ({level}) has no test, and checks.toml does not say why"
        if ways and not set(ways) >= TRANSPORTS and check not in checks.one_way:
            yield f"{check} runs over {', '.join(sorted(ways))} only; checks.toml does not say why"
        if set(ways) >= TRANSPORTS and check in checks.one_way:
            yield f"{check} runs over all transports; checks.toml says why it does not"
        if set(ways) >= TRANSPORTS and (DECLARED in ways) is (check in checks.eyes):
            shown = "shows" if DECLARED in ways else "does not show"
            yield f"the declared engine {shown} {check}; checks.toml has it otherwise"
    for operation in AWS.operation_names:
        if not shown_of(operation, record):
            yield f"no check that passes asks {operation}"


def compose(record: Record, checks: Checks) -> str:
    """Return the page."""
    built = [name for name in AWS.operation_names if name in OPERATIONS]
    numbers = {"built": len(built), "all": len(AWS.operation_names), "command": COMMAND}
    operations, judged = _operations(record), _checks(record, checks)
    table = _table(("Check", "Priority", "State", "Tests"), judged)
    return "\n".join([_HEAD.format(**numbers), *operations, _CHECKS_HEAD, *table])


def _operations(record: Record) -> Iterator[str]:
    grouped: dict[str, list[str]] = {name: [] for name in GROUPS}
    for operation in sorted(AWS.operation_names):
        grouped[group_of(operation)].append(operation)
    for group, operations in grouped.items():
        yield from (f"## {group}", "")
        yield from _table(
            ("Operation", "State", "Checks"),
            (
                (
                    operation,
                    "built" if operation in OPERATIONS else "not built",
                    " ".join(shown_of(operation, record)) or "none",
                )
                for operation in operations
            ),
        )


def _checks(record: Record, checks: Checks) -> Iterator[tuple[str, ...]]:
    for check, level in sorted(checks.priority.items()):
        ways = record.get(check, {})
        if ways:
            state = _state(ways)[1]
            state += f": {checks.one_way[check]}" if check in checks.one_way else ""
            state += f"; in part: {checks.in_part[check]}" if check in checks.in_part else ""
        else:
            state = checks.elsewhere.get(check, "no test")
        files = sorted({file for shown in ways.values() for file in shown["files"]})
        yield check, level, state, " ".join(files)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def main(arguments: list[str] | None = None) -> int:
    """Write or check the page; return 1 where something is wrong with it."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write docs/operations.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is stale")
    options = parser.parse_args(arguments)
    where = PAGE.relative_to(ROOT)
    if not RECORD.exists():
        sys.stdout.write(f"{where} was not looked at: no run had all of tests/conformance\n")
        return 0 if options.check else 1
    record, checks = json.loads(RECORD.read_text()), read_checks()
    wrong = list(problems(record, checks))
    fresh, stale = compose(record, checks), PAGE.read_text() if PAGE.exists() else ""
    if not options.check:
        PAGE.write_text(fresh)
    elif fresh != stale:
        lines = stale.splitlines(keepends=True), fresh.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(*lines, f"{where}", f"{where}, fresh"))
        wrong.append(f"{where} is stale; run `{COMMAND}`")
    sys.stdout.write("\n".join([*(wrong or [f"{where} is what the tests show"]), ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
