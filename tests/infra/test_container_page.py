"""The commands of docs/container.md, done: `lineament serve` in the container's place."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from lineament.cli.emulator import free_port
from tests.emulated import emulated
from tests.infra.page import CONTAINER, blocks, run

_DOCKER = r"""#!/bin/bash
# A container engine of one container: a process of this machine, in an environment of its own.
set -eu
echo "$*" >> "$STATE/docker"
case $1 in
  build) ;;
  run)
    if [[ $2 == --rm ]]; then exec "$PYTHON" "${@:6}"; fi
    variables=()
    while read -r line; do variables+=("$line"); done < "${@: -4:1}"
    env -i PATH="$PATH" HOME="$STATE" "${variables[@]}" \
      "$PYTHON" -m lineament serve --host 127.0.0.1 --port "$PORT" > "$STATE/log" 2>&1 &
    echo $! > "$STATE/pid" ;;
  exec)
    while read -r line; do export "$line"; done < lineament.env
    "$PYTHON" -m "${@:5}" ;;
  stop)
    kill "$(cat "$STATE/pid")"
    while kill -0 "$(cat "$STATE/pid")" 2> /dev/null; do sleep 0.1; done ;;
  rm) rm "$STATE/pid" ;;
esac
"""


@pytest.fixture(params=[False, True], ids=["moto", "ministack"])
def stores(request: pytest.FixtureRequest) -> Iterator[str]:
    with emulated(ministack=request.param) as url:
        yield url


def test_every_command_does_what_it_is_there_for(
    stores: str, tmp_path: Path, photo_dir: Path
) -> None:
    """Lost: a server of one's own that does not start, find anybody or go away as the page says."""
    port = str(free_port())

    def here(text: str) -> str:
        for there in ("http://dynamodb.example:8000", "http://s3.example:9000"):
            assert there in CONTAINER
            text = text.replace(there, stores)
        return text.replace("8460", port).replace("/run/lineament/", f"{tmp_path}/")

    (tmp_path / "lineament.env").write_text(here(blocks(CONTAINER, "ini")[0]))
    shutil.copy(photo_dir / "obama.jpg", tmp_path / "anna.jpg")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text(_DOCKER)
    (tools / "docker").chmod(0o700)
    environment = {
        "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "STATE": str(tmp_path),
        "PYTHON": sys.executable,
        "PORT": port,
    }
    started, used, looked, upgraded, removed = map(here, blocks(CONTAINER, "sh"))
    asked = (
        "rekognition search-faces-by-image --collection-id people --image-bytes fileb://anna.jpg"
    )
    assert asked in used
    unsigned = f"! AWS_ACCESS_KEY_ID=AKIAQNZGKIQY56JQ7WML aws {asked} 2> refused"
    try:
        told = run(
            "\n".join(
                [started, used, unsigned, looked, upgraded, _until_ready(port), "echo AGAIN", asked]
            ),
            tmp_path,
            environment,
        )
        found = json.loads(told.split("AGAIN")[1])
        assert [each["Face"]["ExternalImageId"] for each in found["FaceMatches"]] == ["anna"]
        assert found["FaceMatches"][0]["Similarity"] > 99
        assert "\nhealthy: " in told
        assert "UnrecognizedClientException" in (tmp_path / "refused").read_text()
        for secret in ("root.key", "door.env"):
            assert (tmp_path / secret).stat().st_mode & 0o777 == 0o600
        run("set -a; . ./lineament.env; set +a\n" + removed, tmp_path, environment)
    finally:
        if (tmp_path / "pid").exists():
            os.kill(int((tmp_path / "pid").read_text()), 9)
    kept = {"endpoint_url": stores, "region_name": "us-east-1"}
    assert boto3.client("dynamodb", **kept).list_tables()["TableNames"] == []
    assert boto3.client("s3", **kept).list_buckets()["Buckets"] == []
    assert "Traceback" not in (tmp_path / "log").read_text()


def _until_ready(port: str) -> str:
    return f"until curl --fail --silent http://127.0.0.1:{port}/readyz; do sleep 0.2; done"
