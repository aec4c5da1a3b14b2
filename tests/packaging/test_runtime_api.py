"""The runtime API that functions are tested and measured with: awslambdaric itself runs on it."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lineament.cli.lambda_bench.function import running
from lineament.cli.lambda_bench.runtime_api import SNAP_START, FunctionError

ENTRY = """
import time

def handler(event, context):
    if event == "raise":
        raise KeyError("nobody")
    if event == "sleep":
        time.sleep(30)
    left = context.get_remaining_time_in_millis()
    told = {"name": context.function_name, "id": context.aws_request_id}
    return {"event": event, "left": left, **told}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with functions of a test's own in it."""
    (tmp_path / "lambdas").mkdir()
    (tmp_path / "lambdas" / "entry.py").write_text(ENTRY)
    (tmp_path / "lambdas" / "broken.py").write_text("raise ImportError('what it needs')")
    return tmp_path


def test_events_answers_and_errors(folder: Path) -> None:
    """Lost: a function that raises or hangs is measured as one that answers."""
    with running("lambdas.entry.handler", os.environ, folder=folder) as function:
        assert 0 < function.api.initialised(20) - function.began < 20
        said = [function.api.invoke({"n": n}, timeout=20).content for n in range(2)]
        assert [each["event"] for each in said] == [{"n": 0}, {"n": 1}]
        assert said[0]["name"] == "lineament-local"
        assert said[0]["id"] != said[1]["id"]
        assert 0 < said[0]["left"] <= 20_000
        with pytest.raises(FunctionError, match="KeyError: 'nobody'"):
            function.api.invoke("raise")
        assert function.api.invoke("again").content["event"] == "again"
        with pytest.raises(FunctionError, match=r"nothing within 0\.5 s"):
            function.api.invoke("sleep", timeout=0.5)


def test_functions_that_cannot_begin_say_so(folder: Path) -> None:
    """Lost: an image that lacks a package is found out by waiting for a minute."""
    began = time.monotonic()
    for handler in ("lambdas.broken.handler", "lambdas.nowhere.handler", "lambdas.entry.nobody"):
        with running(handler, os.environ, folder=folder) as function:
            with pytest.raises(FunctionError, match=r"ImportModuleError|HandlerNotFound"):
                function.api.initialised(30)
            with pytest.raises(FunctionError):
                function.api.invoke({}, timeout=0.1)
    assert time.monotonic() - began < 60


def test_snapshots_are_taken_before_the_first_event(folder: Path) -> None:
    """Lost: SnapStart is said to work, and Lambda refuses to publish a version of the image."""
    kept = []
    for more in ({}, {"initialization": SNAP_START}):
        with running("lambdas.entry.handler", os.environ, folder=folder, **more) as function:
            function.api.initialised(20)
            kept.append(function.api.snapshots)
            assert function.api.invoke(1).content["event"] == 1
    assert kept == [0, 1]


def test_the_bench_measures_first_answers(tmp_path: Path) -> None:
    """Lost: a cold start that takes seconds is not noticed before it is deployed."""
    kept = tmp_path / "figures.json"
    bench = (sys.executable, "-m", "lineament", "bench", "lambda", "--rounds", "1", "--json", kept)
    told = subprocess.run(bench, capture_output=True, text=True, timeout=100, check=False).stdout
    shown = re.search(r"^IndexFaces +(\S+) +(\S+) +(\S+)$", told, re.MULTILINE)
    assert shown is not None, told
    init, first, second = map(float, shown.groups())
    assert 0 < init < first
    assert second < first
    for call in ("list_collections", "index_faces"):
        for figure in (f"lambda_{call}_seconds", f"lambda_{call}_over_plain"):
            assert re.search(rf"^{figure} \S+ <=\S+ (ok|short)$", told, re.MULTILINE)
            assert f'"{figure}"' in kept.read_text()


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """Lost: who measures an installed wheel reads a traceback."""
    with (
        pytest.raises(FunctionError, match="no part of the wheel"),
        running("lambdas.api.handler", {}, folder=tmp_path),
    ):
        pass
