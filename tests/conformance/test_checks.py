"""Every check of SPEC.md F has a test, or checks.toml says why not; docs/operations.md is fresh."""

import copy
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conformance import page, recording
from tests.conformance.promises import AWS

HERE = Path(__file__).parent
CHECKS = page.read_checks()
WAY = {"passed": True, "operations": sorted(AWS.operation_names), "files": ["test_x.py"]}


def ways_of(check: str) -> set[str]:
    """Return the transports that checks.toml lets a check run over."""
    if check in CHECKS.one_way:
        return {recording.ALONE}
    return page.TRANSPORTS if check in CHECKS.eyes else {*page.TRANSPORTS, recording.DECLARED}


RECORD: dict[str, Any] = {
    check: dict.fromkeys(ways_of(check), WAY)
    for check in CHECKS.priority
    if check not in CHECKS.elsewhere
}
"""What a run tells in which everything is as checks.toml has it."""


def changed(check: str, transport: str, **told: Any) -> dict[str, Any]:
    """Return the record with one thing otherwise."""
    record = copy.deepcopy(RECORD)
    record.setdefault(check, {})[transport] = {**WAY, **told}
    return record


def test_every_check_has_a_test_or_a_reason() -> None:
    """Lost: a check disappears with its test, and nobody notices."""
    names = [
        name
        for file in HERE.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    ]
    tested = {check for name in names for check in recording.checks_of(name)}
    assert len(tested) > 100
    assert tested - set(CHECKS.priority) == set(), "no checks of SPEC.md F"
    assert tested & set(CHECKS.elsewhere) == set(), "tested, although checks.toml says not"
    needed = {check for check, level in CHECKS.priority.items() if level != "P2"}
    assert needed - tested - set(CHECKS.elsewhere) == set(), "without a test"
    assert {*CHECKS.one_way, *CHECKS.in_part} - tested == set(), "remarks on no test"


def test_every_operation_has_its_heading() -> None:
    """Lost: an operation that AWS adds is missing from the page."""
    assert len(AWS.operation_names) >= 75
    assert {page.group_of(operation) for operation in AWS.operation_names} == set(page.GROUPS)
    with pytest.raises(LookupError, match="SummonFaces belongs under no heading"):
        page.group_of("SummonFaces")


def test_agreement_is_no_problem() -> None:
    """Lost: the tests below find what is always found."""
    assert list(page.problems(RECORD, CHECKS)) == []


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (changed("AS01", "http"), "AS01 has a test"),
        ({**RECORD, "SF07": {}}, "SF07 (P0) has no test"),
        ({**RECORD, "SF07": {"http": WAY}}, "SF07 runs over http only"),
        ({**RECORD, "PR22": RECORD["SF07"]}, "PR22 runs over all transports"),
        (changed(next(iter(CHECKS.eyes)), "declared"), "the declared engine shows"),
        ({**RECORD, "SF07": dict.fromkeys(page.TRANSPORTS, WAY)}, "does not show SF07"),
        ({"SF07": {"http": {**WAY, "operations": []}}}, "no check that passes asks TagResource"),
    ],
)
def test_disagreement_is_told(record: dict[str, Any], told: str) -> None:
    """Lost: a check stops running over a transport, or a reason outlives what it explained."""
    assert any(told in problem for problem in page.problems(record, CHECKS))


@pytest.mark.parametrize("passed", [True, False])
def test_only_what_passed_stands_beside_an_operation(passed: bool) -> None:
    """Lost: the page promises what the tests do not show."""
    record = changed("SF07", "http", passed=passed)
    assert ("SF07" in page.shown_of("SearchFacesByImage", record)) is passed
    lines = page.compose(record, CHECKS).splitlines()
    (row,) = [line for line in lines if line.startswith("| SF07 |")]
    assert ("passes over all three" in row) is passed
    assert ("failed or skipped** (http)" in row) is not passed


def test_a_stale_page_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: the page tells of another version's tests."""
    monkeypatch.setattr(page, "ROOT", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "operations.md")
    monkeypatch.setattr(page, "RECORD", tmp_path / "record.json")
    assert page.main(["--check"]) == 0
    assert "was not looked at" in capsys.readouterr().out
    (tmp_path / "record.json").write_text(json.dumps(RECORD))
    assert page.main([]) == 0
    assert page.main(["--check"]) == 0
    (tmp_path / "record.json").write_text(json.dumps(changed("SF07", "http", passed=False)))
    assert page.main(["--check"]) == 1
    assert "+| SF07 | P0 | **failed or skipped** (http)" in capsys.readouterr().out


def report(name: str, when: str, outcome: str, **properties: Any) -> pytest.TestReport:
    """Return a phase of a test as pytest tells of it."""
    return pytest.TestReport(
        nodeid=f"tests/conformance/test_x.py::{name}",
        location=("", 0, name),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type]
        longrepr=None,
        when=when,  # type: ignore[arg-type]
        user_properties=list(properties.items()),
    )


def test_one_failure_or_skip_speaks_for_its_check() -> None:
    """Lost: nine of ten cases pass, and the page says that the check does."""
    recorder = recording.Recorder()
    cases = {"test_sf07_sf08_x[http-1]": "passed", "test_sf07_y[http-2]": "skipped"}
    for name, outcome in cases.items():
        asked = ["SearchFaces"] if outcome == "passed" else ["ListFaces"]
        for when, ended in (("setup", "passed"), ("call", outcome), ("teardown", "passed")):
            recorder.pytest_runtest_logreport(
                report(name, when, ended, transport="http", operations=asked)
            )
    shown = {"operations": ["SearchFaces"], "files": ["test_x.py"]}
    assert recorder.summary() == {
        "SF07": {"http": {"passed": False, **shown}},
        "SF08": {"http": {"passed": True, **shown}},
    }


def test_what_the_declared_engine_cannot_see_says_nothing() -> None:
    """Lost: a check that was skipped there passes, or its other tests are forgotten."""
    recorder = recording.Recorder()
    for name, outcome in {
        "test_sf07_x[declared]": "passed",
        "test_sf07_ix10[declared]": "skipped",
    }.items():
        for when, ended in (("setup", "passed"), ("call", outcome), ("teardown", "passed")):
            recorder.pytest_runtest_logreport(
                report(name, when, ended, transport="declared", operations=["SearchFaces"])
            )
    assert set(recorder.summary()) == {"SF07"}
    assert recorder.summary()["SF07"]["declared"]["passed"]


def test_a_test_knows_its_transport(wire: Any, request: pytest.FixtureRequest) -> None:
    """Lost: the page cannot tell which ways a check has gone."""
    assert recording.transport_of(request.node) == wire.name
    assert ("transport", wire.name) in request.node.user_properties


@pytest.mark.parametrize(
    ("arguments", "options", "whole"),
    [
        (["tests"], {}, True),
        (["tests/unit", "tests/conformance"], {}, True),
        (["tests/unit"], {}, False),
        (["tests/conformance/test_users.py"], {}, False),
        (["tests/conformance::test_x"], {}, False),
        (["tests"], {"keyword": "sf07"}, False),
        (["tests"], {"collectonly": True}, False),
    ],
)
def test_only_a_whole_run_is_recorded(
    arguments: list[str], options: dict[str, Any], whole: bool
) -> None:
    """Lost: a run of ten tests makes a page on which ten checks pass."""
    config = SimpleNamespace(
        args=arguments,
        invocation_params=SimpleNamespace(dir=recording.ROOT),
        getoption=lambda name, default=None: options.get(name, default),
    )
    session: Any = SimpleNamespace(shouldstop=False, shouldfail=False, config=config)
    assert recording.is_whole(session) is whole
    session.shouldfail = "stopping after 1 failures"
    assert not recording.is_whole(session)
