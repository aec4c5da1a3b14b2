"""Which tests run in one process when several do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.grouping import group_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("test_id", "group"),
    [
        ("tests/conformance/test_a.py::test_a[http-png-0.1]", "http"),
        ("tests/conformance/test_b.py::test_b[in-process]", "in-process"),
        ("tests/conformance/test_b.py::test_b[declared-1]", "declared"),
        ("tests/conformance/test_b.py::test_b[lambda-x]", "lambda"),
        ("tests/conformance/test_b.py::test_b[httpd-x]", "tests/conformance/test_b.py"),
        ("tests/unit/test_b.py::test_b[x-runs over http only]", "tests/unit/test_b.py"),
        ("tests/storage/test_a.py::test_a[moto-1]", "tests/storage/test_a.py moto"),
        ("tests/storage/test_a.py::Class::test_a[ministack]", "tests/storage/test_a.py ministack"),
        ("tests/unit/test_a.py::test_a", "tests/unit/test_a.py"),
    ],
)
def test_group(test_id: str, group: str) -> None:
    """Lost: every process starts every server and fills every collection again."""
    assert group_of(test_id) == group


def test_groups_stay_together(tmp_path: Path) -> None:
    """Lost: as above, when pytest or xdist change what they make of groups, without a word."""
    (tmp_path / "conftest.py").write_text("from tests.grouping import *\n")
    for name in "abc":
        text = "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test(n): pass\n"
        (tmp_path / f"test_{name}.py").write_text(text)
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-v", str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    passed = [line.split() for line in answer.stdout.splitlines() if " PASSED " in line]
    assert len(passed) == 27
    assert len({(line[0], line[-1].partition("::")[0]) for line in passed}) == 3
