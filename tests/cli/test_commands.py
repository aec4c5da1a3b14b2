"""What every subcommand does before it does anything."""

import socket
import subprocess
import sys

import pytest

from lineament.cli.local import LOOPBACK


def _lineament(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "lineament", *words],
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
    for command in ("serve", "demo", "models", "calibrate", "bench", "openapi", "settings"):
        assert command in answer.stdout


def test_each_command_explains_itself() -> None:
    """Lost: a command whose module does not even import."""
    for command in ("serve", "demo", "models", "calibrate", "bench", "openapi", "housekeeping"):
        answer = _lineament(command, "--help")
        assert (command, answer.returncode, answer.stderr) == (command, 0, "")


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
