"""What is done to an image's content in a sandbox; each returns what it found, to be judged."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from typing import Any

import boto3

from lineament import config
from lineament.cli import emulator
from lineament.cli.emulator import free_port
from lineament.cli.lambda_bench.function import Caller, running
from lineament.cli.lambda_bench.runtime_api import SNAP_START
from tests.packaging.dockerfile import Image
from tests.packaging.sandbox import Sandbox

_NOWHERE = "http://127.0.0.1:9"
_SERVER = "http://127.0.0.1:8460"
_PROBE = """
import json, os, socket, sys
def can_write(folder):
    try:
        with open(os.path.join(folder, "probe"), "w") as file:
            file.write("x")
    except OSError as error:
        return error.strerror
    return True
def reach(address):
    try:
        socket.create_connection(address, 2).close()
    except OSError as error:
        return error.strerror
    return True
folders = ("/", "/opt/lineament", "/var/task", "/usr/lib", "/dev", "/dev/shm", os.getcwd(), "/tmp")
print(json.dumps({
    "user": os.getuid(), "group": os.getgid(), "prefix": sys.prefix,
    "writes": {folder: can_write(folder) for folder in folders if os.path.isdir(folder)},
    "outside": reach(("192.0.2.1", 443)),
}))
"""
_LINKED = """
import json, pathlib, subprocess
loader = next(pathlib.Path("/usr/lib").glob("*/ld-linux*.so.*"))
needed = {}
for library in pathlib.Path("/opt/lineament").rglob("*.so*"):
    told = subprocess.run([loader, "--list", library], capture_output=True, text=True).stdout
    for line in told.splitlines():
        name, found = line.split()[0], line.split("=>")[-1].split()[0]
        if not found.startswith("/opt/lineament"):
            needed.setdefault(name.rsplit("/", 1)[-1], str(library))
print(json.dumps(needed))
"""


def photo() -> dict[str, bytes]:
    """Return a picture of one person."""
    return {"Bytes": (config.load().model_dir / "photos" / "obama.jpg").read_bytes()}


def surroundings(sandbox: Sandbox, _image: Image) -> dict[str, Any]:
    """Tell what the image's user may do, and which libraries its own ones ask for."""
    found: dict[str, Any] = sandbox.python(_PROBE)
    return {**found, "libraries": sandbox.python(_LINKED)}


def functions(sandbox: Sandbox, image: Image) -> dict[str, Any]:
    """Call the API's function, cold, as AWS's SDK would."""
    image_bytes = photo()
    words = sandbox.command(*image.final.exec_form("ENTRYPOINT"))
    (handler,) = image.final.exec_form("CMD")
    task = sandbox.root / image.final.last("WORKDIR").lstrip("/")
    with emulator.running(free_port()) as url:
        aws = _aws(url)
        caller = Caller()
        with running(handler, sandbox.environment(aws), words, task) as caller.function:
            before = caller.client.list_collections()["CollectionIds"]
            caller.client.create_collection(CollectionId="people")
            indexed = caller.client.index_faces(CollectionId="people", Image=image_bytes)
        with running(handler, sandbox.environment(aws), words, task) as caller.function:
            found = caller.client.search_faces_by_image(CollectionId="people", Image=image_bytes)
            details = caller.client.detect_faces(Image=image_bytes, Attributes=["ALL"])
        with running(handler, sandbox.environment(aws), words, task, SNAP_START) as caller.function:
            after = caller.client.list_collections()["CollectionIds"]
            snapshots = caller.function.api.snapshots
    return {
        "before": before,
        "indexed": [record["Face"]["FaceId"] for record in indexed["FaceRecords"]],
        "found": {match["Face"]["FaceId"]: match["Similarity"] for match in found["FaceMatches"]},
        "ages": [each["AgeRange"]["Low"] for each in details["FaceDetails"]],
        "after_snapshot": [snapshots, after],
    }


def server(sandbox: Sandbox, image: Image) -> dict[str, Any]:
    """Start the server, wait for its own health check, ask it something, and stop it."""
    words = sandbox.command(*image.final.exec_form("ENTRYPOINT"), *image.final.exec_form("CMD"))
    check = image.final.last("HEALTHCHECK").split("CMD", 1)[1]
    health = sandbox.command(*json.loads(check))
    with emulator.running(free_port()) as url:
        environment = sandbox.environment(_aws(url))
        began = subprocess.run(health, env=environment, capture_output=True, check=False).returncode
        process = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE)
        try:
            healthy = _until(health, environment)
            ready = _ready()
            client = boto3.client("rekognition", endpoint_url=_SERVER)
            faces = len(client.detect_faces(Image=photo())["FaceDetails"])
        finally:
            process.send_signal(getattr(signal, image.final.last("STOPSIGNAL")))
            status = process.wait(40)
    return {
        "unhealthy_before": began,
        "healthy": healthy,
        "ready": ready,
        "faces": faces,
        "status": status,
    }


def _aws(url: str) -> dict[str, str]:
    """Return the variables that lead a container, and this process, to the emulator.

    Nobody's signature is looked at: tests/infra/test_let_in.py does that.
    """
    config.enter(config.local_environment(_NOWHERE, url))
    found = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return {**found, "LINEAMENT_AUTH": "off"}


def _until(health: tuple[str, ...], environment: dict[str, str]) -> bool:
    for _ in range(100):
        asked = subprocess.run(health, env=environment, capture_output=True, check=False)
        if asked.returncode == 0:
            return True
        time.sleep(0.2)
    return False


def _ready() -> bool:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"{_SERVER}/readyz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False
