"""Promises about the files themselves."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = [*(ROOT / "service").rglob("*.py"), *(ROOT / "lambdas").rglob("*.py")]
LONGEST = 300
LONGEST_ENTRY = 80
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "registry." + "yarnpkg")


def _text_files() -> list[Path]:
    """Return every file that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_files_stay_short() -> None:
    """Lost: a file that nobody can hold in mind, doing more than its one job."""
    assert len(CODE) > 50
    assert {str(path): _lines(path) for path in CODE if _lines(path) >= LONGEST} == {}


def test_lambda_entries_stay_thin() -> None:
    """Lost: logic that only Lambda has, so that two ways in answer differently."""
    entries = list((ROOT / "lambdas").glob("*.py"))
    assert ROOT / "lambdas" / "api.py" in entries
    assert {str(path): _lines(path) for path in entries if _lines(path) > LONGEST_ENTRY} == {}


def test_no_file_is_a_drawer_for_anything() -> None:
    """Lost: the place where code goes that has no place."""
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [str(path) for path in CODE if path.stem in drawers] == []


def test_only_config_reads_the_environment() -> None:
    """Lost: a setting that `lineament settings` does not know.

    `os.environ.setdefault` is allowed: it tells a library something, such as DeepFace its backend.
    """
    reader = re.compile(
        r"os\.(environ(?!\.setdefault)|getenv)|from os import .*\b(environ|getenv)\b"
    )
    readers = {
        path.relative_to(ROOT).as_posix() for path in CODE if reader.search(path.read_text())
    }
    assert readers == {"service/lineament/config.py"}


def test_no_registry_is_named() -> None:
    """Lost: installing works only where one registry is reachable, whatever pip is told."""
    named = [
        str(path)
        for path in _text_files()
        if any(host in path.read_text(errors="replace") for host in REGISTRIES)
    ]
    assert named == []


def test_lock_pins_every_package_by_hash() -> None:
    """Lost: a fresh machine installs something that nobody has tried."""
    lock = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = [line for line in lock if re.match(r"[a-z0-9]", line)]
    assert len(pinned) > 50
    assert [
        line for line in pinned if not re.fullmatch(r"[\w.\-\[\]]+==\S+( ; .+)? \\", line)
    ] == []
    assert not any(line.startswith(("opencv-python=", "opencv-contrib-python=")) for line in pinned)
    versions = {line.split("==")[1].split()[0] for line in pinned if line.startswith("opencv-")}
    assert len(versions) == 1, "two OpenCV builds share one folder: the install order would matter"
