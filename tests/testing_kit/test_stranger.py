"""The kit as somebody has it who never saw this repository: the wheel, in a venv of its own.

The venv finds what Lineament depends on in this environment's packages, by a .pth file: they take
minutes to install, and are not what is tested. Lineament itself is the wheel's.
"""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STRANGER = Path(__file__).parent / "stranger"


def run(*command: str | Path, cwd: Path, expected: int = 0) -> str:
    """Run a command without this process's settings, and return what it said."""
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": os.defpath, "HOME": str(cwd), "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ended.returncode == expected, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index")
    run(*pip, "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("lineament-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-index", "--no-deps", wheel, cwd=home)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the stranger's project."""
    source = STRANGER.joinpath("doorman.py").read_text()
    (tmp_path / "doorman.py").write_text(source)
    (tmp_path / "test_doorman.py").write_text(STRANGER.joinpath("doorman_tests.py").read_text())
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


def test_a_strangers_project_passes(python: Path, project: Path) -> None:
    """Lost: whoever installs the wheel cannot test an application with it."""
    where = run(python, "-c", "import lineament.testing as t; print(t.__file__)", cwd=project)
    assert Path(where.strip()).is_relative_to(python.parents[1]), "the repository's is tested"
    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert "6 passed" in told


def test_and_fails_where_the_application_is_wrong(python: Path, project: Path) -> None:
    """Lost: the kit's tests pass whatever the application does."""
    source = (project / "doorman.py").read_text()
    (project / "doorman.py").write_text(source.replace("THRESHOLD = 90", "THRESHOLD = 80"))
    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project, expected=1)
    assert "1 failed, 5 passed" in told
    assert "FAILED test_doorman.py::test_a_sister_is_not" in told
