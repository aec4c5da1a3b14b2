"""Lineament as its wheel installs it, in a venv of its own.

What Lineament depends on is linked there out of this environment: it takes minutes to install, and
is not what is tested. Lineament itself is the wheel's, and so is the entry point of its pytest
plugin.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.testing_kit.brought import bring

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, expected: int = 0, **variables: str) -> str:
    """Run a command without this process's settings, and return what it said."""
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={
            "PATH": os.defpath,
            "HOME": str(cwd),
            "AWS_EC2_METADATA_DISABLED": "true",
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert ended.returncode == expected, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index")
    run(*pip, "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("lineament-*.whl")
    return built


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-index", "--no-deps", wheel, cwd=home)
    (packages,) = home.glob("lib/python*/site-packages")
    bring(packages, "lineament[testing]")
    return python
