"""An emulated AWS in a process of its own, and tables that no other test sees."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator

import pytest

from lineament.storage.provision import Tables, connect, ensure_tables

# moto checks a condition and then writes, in threads and without a lock. A thread that is not
# switched away in between makes that one step, which is what DynamoDB promises.
_SERVER = """
import sys
sys.setswitchinterval(5.0)
from moto.server import main
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
"""
REGION = "us-east-1"


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    credentials = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "local"}
    kept = {name: os.environ.get(name) for name in credentials}
    os.environ.update(credentials)
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(f"{url}/moto-api/", server)
        yield url
    finally:
        server.terminate()
        server.wait(10)
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture
def tables(moto_endpoint: str) -> Tables:
    made = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    ensure_tables(made)
    return made


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, "moto's server ended by itself"
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, "moto's server does not answer"
            time.sleep(0.05)
        else:
            return
