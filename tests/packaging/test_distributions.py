"""Wheel and sdist: the same bytes from the same source, and what they hold."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.dockerfile import ROOT
from tests.testing_kit.installed import run

_WEIGHTS = (".onnx", ".tflite", ".jpg", ".png", ".pb", ".h5")
_EPOCH = "1795825642"

pytestmark = pytest.mark.timeout(300)


def committed() -> list[str]:
    """Return the paths of what a commit of everything would hold."""
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    told = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in told.split("\0") if name and (ROOT / name).is_file()]


def copy(names: list[str], here: Path, there: Path, mtime: int) -> None:
    """Copy files into a folder, with times of their own there."""
    for name in names:
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(here / name, there / name)
        os.utime(there / name, (mtime, mtime))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the sdist, and the wheel from it, twice: elsewhere, at another time, by another user.

    Returns:
        The folders that hold both.
    """
    folders, names, here = [], committed(), ROOT
    for name, mtime, umask in (("one", 10**9, 0o022), ("another", 17 * 10**8, 0o077)):
        source, out = (tmp_path_factory.mktemp(f"{name}-{each}") for each in ("source", "dist"))
        kept = os.umask(umask)
        try:
            copy(names, here, source, mtime)
            build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source)
            run(*build, cwd=out, SOURCE_DATE_EPOCH=_EPOCH, PIP_NO_INDEX="1")
        finally:
            os.umask(kept)
        folders.append(out)
        here = source  # so that an edit meanwhile makes no difference
    return folders[0], folders[1]


def test_two_builds_give_the_same_bytes(built: tuple[Path, Path]) -> None:
    """Lost: nobody can check that a wheel was made from the commit that it claims."""
    one, another = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in built
    )
    assert len(one) == 2
    assert one == another


def test_twine_accepts_both(built: tuple[Path, Path]) -> None:
    """Lost: the registry refuses an upload, or shows the README as source."""
    files = sorted(built[0].iterdir())
    told = run(sys.executable, "-m", "twine", "check", "--strict", *files, cwd=built[0])
    assert len(re.findall("PASSED", told)) == 2


def test_what_the_wheel_holds(built: tuple[Path, Path]) -> None:
    """Lost: an installation lacks types, licence, model manifest or an entry point."""
    (path,) = built[0].glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        (licence,) = (name for name in names if name.endswith(".dist-info/licenses/LICENSE"))
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
        (points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        entry_points = archive.read(points).decode()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        about = archive.read(metadata).decode()
    assert "lineament = lineament.cli.main:main" in entry_points
    assert "lineament = lineament.testing.plugin" in entry_points
    assert "License-Expression: Apache-2.0\n" in about
    data = {"py.typed", "vision/models.json", "vision/appearance.npz", "vision/profiles/light.json"}
    assert {f"lineament/{name}" for name in data} <= set(names)
    assert [name for name in names if name.endswith(_WEIGHTS)] == []
    assert {name.split("/")[0].split("-")[0] for name in names} == {"lineament"}
    assert path.stat().st_size < 3_000_000


def test_what_the_sdist_holds(built: tuple[Path, Path]) -> None:
    """Lost: who packages Lineament has no tests to run, or gets what lay about in a folder."""
    (path,) = built[0].glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert names - {"PKG-INFO"} <= set(committed())
    assert {"LICENSE", "pyproject.toml", "requirements.lock", "lambdas/api.py"} <= names
    assert any(name.startswith("tests/conformance/") for name in names)
    assert [name for name in names if name.endswith(_WEIGHTS) and "docs/" not in name] == []


def test_the_installed_command_runs(python: Path, tmp_path: Path) -> None:
    """Lost: `pip install lineament` gives a command that ends in a traceback."""
    command = python.parent / "lineament"
    assert "usage: lineament" in run(command, "--help", cwd=tmp_path)
    listed = run(command, "models", "list", "--dir", tmp_path / "nowhere", cwd=tmp_path)
    assert re.search(r"^sface\.onnx .*Apache-2\.0.* no$", listed, re.MULTILINE)


def test_the_installed_service_answers(python: Path, tmp_path: Path) -> None:
    """Lost: the wheel lacks a file that only an answer needs."""
    (tmp_path / "test_installed.py").write_text(
        "from pathlib import Path\n"
        "import lineament\n"
        "def test_it(rekognition_client):\n"
        "    rekognition_client.create_collection(CollectionId='people')\n"
        "    assert rekognition_client.list_collections()['CollectionIds'] == ['people']\n"
        f"    assert Path(lineament.__file__).is_relative_to({str(python.parents[1])!r})\n"
    )
    told = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "1 passed" in told


def test_the_installed_types_are_seen(python: Path, tmp_path: Path) -> None:
    """Lost: a type checker says that lineament is missing stubs, and checks no call of it."""
    (tmp_path / "mine.py").write_text(
        "from lineament.testing import Face, mock_rekognition\n"
        "with mock_rekognition() as faces:\n"
        "    picture: bytes = faces.picture(Face('alice', similarity=85))\n"
        "    reveal_type(faces.picture('alice'))\n"
        "    Face('alice', similarity='much')\n"
    )
    mypy = (sys.executable, "-m", "mypy", "--strict", "--python-executable", python)
    told = run(*mypy, "--cache-dir", tmp_path / "cache", "mine.py", cwd=tmp_path, expected=1)
    assert 'mine.py:4: note: Revealed type is "bytes"' in told.replace("builtins.", "")
    assert 'Argument "similarity" to "Face" has incompatible type "str"' in told
    assert "Found 1 error in 1 file" in told
