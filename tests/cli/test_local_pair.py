"""`lineament serve --local` and `lineament demo`, with everything real."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from lineament.cli.emulator import LOOPBACK, free_port


def _accepts(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


@pytest.mark.parametrize("stopping", [signal.SIGTERM, signal.SIGINT])
def test_serve_local_prints_lines_that_work_and_stops_cleanly(
    stopping: signal.Signals, tmp_path: Path
) -> None:
    """Lost: the first lines that a new user pastes fail, or the servers outlive Ctrl-C."""
    port, aws_port = free_port(), free_port()
    ports = ["--port", str(port), "--aws-port", str(aws_port)]
    log = (tmp_path / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "lineament", "serve", "--local", *ports],
        env={**os.environ, "AWS_PROFILE": "a-real-account", "AWS_SESSION_TOKEN": "secret"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert server.stdout is not None
    try:
        printed = []
        for line in server.stdout:
            printed.append(line)
            if "list-faces" in line:
                break
        text = "".join(printed)
        pasted = text[text.index("unset ") :]
        answer = subprocess.run(
            ["/bin/sh"],
            input=f"set -e\n{pasted}",
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    finally:
        server.send_signal(stopping)
        status = server.wait(60)
        server.stdout.close()
        log.close()
    assert answer.returncode == 0, answer.stderr
    found, _, listed = answer.stdout.partition("\n")
    name, similarity = found.split()
    assert name == "Barack_Obama"
    assert float(similarity) >= 80
    assert len(json.loads(listed)["Faces"]) == 1
    assert status == 0
    assert not _accepts(port)
    assert not _accepts(aws_port)


def test_demo_finds_the_person_and_draws_the_picture(tmp_path: Path) -> None:
    """Lost: the one command that shows what the service does."""
    picture = tmp_path / "out" / "demo.png"
    answer = subprocess.run(
        [sys.executable, "-m", "lineament", "demo", "--output", str(picture)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"SearchFacesByImage obama2\.jpg +Barack_Obama \d\d", answer.stdout)
    assert re.search(r"SearchFacesByImage biden\.jpg +no match", answer.stdout)
    assert re.search(r"SearchFacesByImage coffee\.png +InvalidParameterException", answer.stdout)
    assert re.search(r"the same answer as over HTTP +yes", answer.stdout)
    done, wanted = re.findall(r"(\d+) of (\d+) answers as expected", answer.stdout)[0]
    assert done == wanted
    assert re.search(r"demo took \d+\.\d s\n\Z", answer.stdout)
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert min(struct.unpack(">II", header[16:24])) > 800


def test_serve_local_without_models_says_what_to_run(tmp_path: Path) -> None:
    """Lost: the first command of somebody who skipped a step ends in a trace."""
    ports = ["--port", str(free_port()), "--aws-port", str(free_port())]
    answer = subprocess.run(
        [sys.executable, "-m", "lineament", "serve", "--local", *ports],
        env={**os.environ, "LINEAMENT_MODEL_DIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert answer.returncode == 1, answer.stderr
    assert "is not installed; run `lineament models install`" in answer.stderr
    assert "Traceback" not in answer.stderr
