"""Records what the conformance tests showed, for docs/operations.md.

The name of a test carries the ids of the checks that it shows: `test_sf07_...`. For each check the
record holds, by transport, how its tests ended, which operations the passing ones asked, and where
they stand. It is written by a run that had every one of them, to `RECORD`.

tests/conftest.py registers this module as a plugin of pytest.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests import judging

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECORD = ROOT / "out" / "conformance.json"
ALONE = "alone"
"""The transport of a test that takes no `wire`."""
DECLARED = "declared"
"""The way of the test kit, on which tests that need eyes are skipped."""
_TRANSPORT = "transport"
_NARROWING = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "stepwise")
_CHECK = re.compile(r"[a-z]{2}\d{2}")


def checks_of(test: str) -> list[str]:
    """Return the ids in a test's name, as SPEC.md writes them."""
    name = test.partition("[")[0]
    return [part.upper() for part in name.split("_") if _CHECK.fullmatch(part)]


def transport_of(item: pytest.Item) -> str:
    """Return the transport that a test takes, or `ALONE`."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("wire", ALONE)) if callspec else ALONE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell each test's transport to the process that records."""
    for item in items:
        item.user_properties.append((_TRANSPORT, transport_of(item)))


class Recorder:
    """Listens to the reports of all processes."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._failed: set[str] = set()
        self._blind: set[str] = set()
        self._ended: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a test ended: passed is what failed and skipped in no phase."""
        if not report.nodeid.startswith(f"{HERE.relative_to(ROOT).as_posix()}/"):
            return
        way = dict(report.user_properties).get(_TRANSPORT)
        if report.outcome == "skipped" and way == DECLARED:
            self._blind.add(report.nodeid)  # it says nothing of its checks there
            return
        # No test here expects to fail; should one ever, its check must not be shown as passing.
        if report.outcome != "passed" or hasattr(report, "wasxfail"):
            self._failed.add(report.nodeid)
        if report.when == "teardown" and report.nodeid not in self._blind:
            self._ended[report.nodeid] = dict(report.user_properties)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the record, where the run had every conformance test."""
        if is_whole(session):
            RECORD.parent.mkdir(exist_ok=True)
            RECORD.write_text(json.dumps(self.summary(), indent=1, sort_keys=True) + "\n")

    def summary(self) -> dict[str, Any]:
        """Return what each check showed: check -> transport -> passed, operations, files."""
        told: dict[str, dict[str, Any]] = {}
        for nodeid, properties in self._ended.items():
            file, _, test = nodeid.partition("::")
            for check in checks_of(test):
                shown = told.setdefault(check, {}).setdefault(
                    properties[_TRANSPORT], {"passed": True, "operations": [], "files": []}
                )
                passed = nodeid not in self._failed
                shown["passed"] &= passed
                asked = properties[judging.OPERATIONS] if passed else []
                shown["operations"] = sorted({*shown["operations"], *asked})
                shown["files"] = sorted({*shown["files"], Path(file).name})
        return told


def is_whole(session: pytest.Session) -> bool:
    """Return whether a run came to the end of all conformance tests."""
    config = session.config
    if session.shouldstop or session.shouldfail or config.getoption("collectonly"):
        return False
    if any(config.getoption(name, default=None) for name in _NARROWING):
        return False
    given = [(config.invocation_params.dir / argument).resolve() for argument in config.args]
    return any(path == HERE or path in HERE.parents for path in given)


def pytest_configure(config: pytest.Config) -> None:
    """Record in the process that hears of every test."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder())
