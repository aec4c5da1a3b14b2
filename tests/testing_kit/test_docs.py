"""docs/testing.md: its examples run, and its figures name what is measured."""

import re
import subprocess
import sys
from pathlib import Path

from tests.testing_kit.installed import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text()
_BLOCK = re.compile(r"^```python file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_example_runs(python: Path, tmp_path: Path, photo_dir: Path) -> None:
    """Lost: who copies an example from the page finds that it does not work."""
    blocks = _BLOCK.findall(PAGE)
    assert len(blocks) == PAGE.count("```python") > 5
    for name, code in blocks:
        (tmp_path / name).write_text(code)
    told = run(
        python,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider"),
        cwd=tmp_path,
        LINEAMENT_MODEL_DIR=str(photo_dir.parent),
    )
    tests = sum(len(re.findall(r"def test_", code)) for _, code in blocks)
    assert f"{tests} passed" in told


def test_the_bench_measures_what_the_page_tells() -> None:
    """Lost: the page's figures cannot be measured again."""
    bench = (sys.executable, "-m", "lineament", "bench", "kit", "--rounds", "2")
    told = subprocess.run(bench, capture_output=True, text=True, timeout=100, check=False).stdout
    for name in ("GetItem", "CompareFaces", "ListCollections", "SearchFacesByImage", "IndexFaces"):
        assert name in told
        assert name in PAGE
    assert re.search(r"^kit_search_faces_over_get_item \d", told, re.MULTILINE)
