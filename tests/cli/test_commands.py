"""What every subcommand does before it does anything."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lineament.cli import demo
from lineament.cli.emulator import LOOPBACK
from lineament.cli.main import COMMANDS


def _lineament(*words: str) -> "subprocess.CompletedProcess[str]":
    return _python("-m", "lineament", *words)


def _python(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command() -> None:
    """Lost: a new user cannot find out what there is."""
    answer = _lineament("--help")
    assert answer.returncode == 0
    assert re.findall(r"^ {4}(\S+)", answer.stdout, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str) -> None:
    """Lost: a command whose module does not even import."""
    answer = _lineament(command, "--help")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_port_in_use_is_told_in_a_sentence() -> None:
    """Lost: a taken port ends in a trace, or in a server that is silently not there."""
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (["--port", port], ["--local", "--port", port]):
            answer = _lineament("serve", *words)
            assert answer.returncode == 1
            assert f"cannot listen on {LOOPBACK}:{port}" in answer.stderr
            assert "--port" in answer.stderr
            assert "Traceback" not in answer.stderr
        answer = _lineament("serve", "--local", "--port", "0", "--aws-port", port)
        assert "--aws-port" in answer.stderr


def test_unknown_setting_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a misspelt variable is ignored and the deployment runs with a default."""
    monkeypatch.setenv("LINEAMENT_MAX_BODYBYTES", "5")
    answer = _lineament("serve")
    assert answer.returncode == 1
    assert "LINEAMENT_MAX_BODYBYTES" in answer.stderr


_BENCH_STORAGE = """
import json, sys
from lineament.cli.main import main
try:
    main(["bench", "storage", "--help"])
except SystemExit:
    print()
print(json.dumps([m for m in ("cv2", "onnxruntime", "deepface") if m in sys.modules]))
"""


def test_a_bench_loads_only_what_it_measures() -> None:
    """Lost: the storage bench waits for model runtimes, or needs them installed."""
    answer = _python("-c", _BENCH_STORAGE)
    assert "--rounds" in answer.stdout
    assert json.loads(answer.stdout.splitlines()[-1]) == []


def test_wrong_bench_is_told_what_there_is() -> None:
    """Lost: whoever does not know the benches' names cannot find them."""
    for words in ([], ["nothing"]):
        answer = _lineament("bench", *words)
        assert answer.returncode == 2
        assert "WHAT" in answer.stderr
    answer = _lineament("bench", "--help")
    assert "recognition" in answer.stdout
    assert "storage" in answer.stdout


_DEMO_WITHOUT_PLOTS = """
import sys
sys.modules["matplotlib"] = None
from lineament.cli.main import main
main(["demo", "--help"])
"""


def test_demo_starts_without_matplotlib() -> None:
    """Lost: without lineament[plots] the demo ends in a trace."""
    answer = _python("-c", _DEMO_WITHOUT_PLOTS)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_demo_says_what_to_install_for_its_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Lost: the demo's answers are thrown away for want of a picture of them."""
    loaded = [name for name in sys.modules if name.startswith("matplotlib.")]
    for name in ("matplotlib", *loaded):  # another test may have drawn something
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "lineament.cli.demo_picture", raising=False)
    told = demo.draw_panels([], tmp_path / "demo.png")
    assert told == "no picture: it needs matplotlib; install lineament[plots]"
    assert list(tmp_path.iterdir()) == []


def test_models_check_tells_what_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: an operator finds out by a server that does not come up."""
    good = _lineament("models", "check")
    assert (good.returncode, good.stderr) == (0, "")
    assert [line.split()[-1] for line in good.stdout.splitlines()] == ["ok", "ok", "ok"]
    monkeypatch.setenv("LINEAMENT_COLLECTION_PROFILES", "door-*=light")
    both = _lineament("models", "check").stdout
    assert "recogniser  lineament-mobilefacenet  ok" in both
    assert "recogniser  lineament-sface  ok" in both
    monkeypatch.delenv("LINEAMENT_COLLECTION_PROFILES")
    monkeypatch.setenv("LINEAMENT_DETECTOR", "centreface")
    bad = _lineament("models", "check")
    assert (bad.returncode, bad.stderr) == (1, "")
    detector, recogniser, profile = bad.stdout.splitlines()
    assert "no: LINEAMENT_DETECTOR=centreface names no model" in detector
    assert recogniser.endswith("ok")
    assert "no: LINEAMENT_DETECTOR=centreface, but" in profile


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--workers", "0"], "0 is no number from 1 to"),
        (["--threads", "0"], "0 is no number from 1 to"),
        (["--port", "99999"], "99999 is no number from 0 to 65535"),
        (["--aws-port", "9001"], "--aws-port is for --local"),
        (["--host", "300.1.1.1"], "--host 300.1.1.1 is no address"),
    ],
)
def test_numbers_that_cannot_be_served(words: list[str], told: str) -> None:
    """Lost: a server that listens and never answers, or a trace."""
    answer = _lineament("serve", *words)
    assert answer.returncode in {1, 2}
    assert told in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("parts", "told"),
    [("bogus", "there is no bogus; there are speed,"), ("crowd", "crowd needs FOLDER")],
)
def test_parts_of_a_bench_that_cannot_run(parts: str, told: str) -> None:
    """Lost: minutes of measuring before the sentence, or a trace."""
    answer = _lineament("bench", "vision", "--parts", parts)
    assert answer.returncode == 1
    assert told in answer.stderr
    assert "Traceback" not in answer.stderr
