"""The kit as somebody has it who never saw this repository."""

import importlib.util
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.testing_kit.brought import name_of
from tests.testing_kit.installed import run

STRANGER = Path(__file__).parent / "stranger"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the stranger's project."""
    for there, here in {
        "doorman.py": "doorman.py",
        "doorman_tests.py": "test_doorman.py",
        "class_tests.py": "test_classes.py",
    }.items():
        (tmp_path / here).write_text((STRANGER / there).read_text())
    return tmp_path


def test_the_wheel_holds_the_kit(wheel: Path) -> None:
    """Lost: the kit works in this repository only."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        told = archive.read(points).decode()
    assert "lineament/testing/plugin.py" in names
    assert "[pytest11]\nlineament = lineament.testing.plugin" in told
    assert [name for name in names if name.endswith((".onnx", ".tflite", ".jpg"))] == []


def test_a_stranger_has_what_the_wheel_asks_for_and_nothing_else(
    python: Path, project: Path
) -> None:
    """Lost: the kit needs a package that only this repository's lock file brings."""
    asked = "from importlib.metadata import distributions as d; print(*(e.name for e in d()))"
    seen = {canonicalize_name(name) for name in run(python, "-c", asked, cwd=project).split()}
    here = {name_of(each) for each in distributions()}
    assert {"lineament", "moto", "pytest", "numpy"} < seen <= here
    ours = {"awslambdaric", "hypothesis", "ministack", "mypy", "pytest-timeout", "pytest-xdist"}
    assert ours <= here - seen
    assert importlib.util.find_spec("hypothesis") is not None
    run(python, "-c", "import hypothesis", cwd=project, expected=1)


def test_a_strangers_project_passes(python: Path, project: Path) -> None:
    """Lost: whoever installs the wheel cannot test an application with it."""
    where = run(python, "-c", "import lineament.testing as t; print(t.__file__)", cwd=project)
    assert Path(where.strip()).is_relative_to(python.parents[1]), "the repository's is tested"
    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert "19 passed" in told


def test_and_fails_where_the_application_is_wrong(python: Path, project: Path) -> None:
    """Lost: the kit's tests pass whatever the application does."""
    source = (project / "doorman.py").read_text()
    (project / "doorman.py").write_text(source.replace("THRESHOLD = 90", "THRESHOLD = 80"))
    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project, expected=1)
    assert "1 failed, 18 passed" in told
    assert "FAILED test_doorman.py::test_a_sister_is_not" in told
