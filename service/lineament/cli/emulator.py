"""S3 and DynamoDB on loopback: in memory, by moto, or in a folder, by ministack (`cli/durable`).

moto runs here: `python -m lineament.cli.emulator PORT`. It checks a condition
and then writes, in threads and without a lock, so that two of its callers may both win a
conditional write. DynamoDB promises that one does, and so does this: its requests run one after the
other, which costs nothing in one process of Python. S3's run as they come.
"""

import http.client
import importlib.util
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from lineament.cli.durable import server as durable
from lineament.cli.said import Said
from lineament.errors import LineamentError

LOOPBACK = durable.LOOPBACK
_MOTO_PROBE = "/moto-api/"
MINISTACK = "1.5.33"
"""Of ministack: what a folder is tested with. Its own demands rule out our boto3."""

_START_SECONDS = 60.0
_SILENCE_SECONDS = 600.0
_STOP_SECONDS = 35.0
_NEEDS = {
    "moto": ("pip install 'lineament[local]'", ("moto",)),
    "ministack": (
        f"pip install 'lineament[data]' and then pip install --no-deps ministack=={MINISTACK}",
        ("ministack", "defusedxml", "hypercorn", "yaml"),
    ),
}

_Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class EmulatorError(LineamentError):
    """The emulator did not start."""


def command(port: int, data: Path | None = None) -> list[str]:
    """Return what Python has to be given to run the emulator on loopback.

    Args:
        port: a free one.
        data: the folder that keeps what is acknowledged; None for memory.

    Raises:
        EmulatorError: a package is missing; the message says what to install.
    """
    package = "moto" if data is None else "ministack"
    install, modules = _NEEDS[package]
    if any(importlib.util.find_spec(module) is None for module in modules):
        raise EmulatorError(f"S3 and DynamoDB come from {package}: {install}")
    if data is None:
        return ["-m", "lineament.cli.emulator", str(port)]
    return ["-m", "lineament.cli.durable", str(port), str(data)]


def probe(data: Path | None = None) -> str:
    """Return a path that answers as soon as the emulator does."""
    return _MOTO_PROBE if data is None else durable.PROBE


def patience(data: Path | None = None) -> float:
    """Return for how many seconds an emulator that starts and lives may say nothing.

    A folder takes its time, and its emulator says what it does.
    """
    return _START_SECONDS if data is None else _SILENCE_SECONDS


def listen_to(child: "subprocess.Popen[bytes]") -> Said:
    """Read what an emulator says; it has to have a pipe for it, which would fill up."""
    return Said(child, passed_on=durable.PROGRESS)


def reason(status: int, said: Said) -> str:
    """Return why an emulator ended by itself, from its status and what it said."""
    return (
        said.last() if status == durable.FAILED else f"S3 and DynamoDB ended with status {status}"
    )


def ensure_bucket(port: int, name: str) -> None:
    """Make a bucket where it is missing. Nothing is signed: nothing here looks at a signature.

    Args:
        port: of an emulator that answers.
        name: of the bucket.

    Raises:
        EmulatorError: S3 refuses to make it.
        OSError: the emulator has ended.
    """
    # Asked first: the journal of a folder need not keep a change that changes nothing.
    if _status(port, "HEAD", f"/{name}") == http.client.OK:
        return
    status = _status(port, "PUT", f"/{name}")
    if status != http.client.OK:
        raise EmulatorError(f"S3 does not make the bucket {name}: status {status}")


@contextmanager
def running(
    port: int, environment: Mapping[str, str] | None = None, data: Path | None = None
) -> Iterator[str]:
    """Run the emulator for as long as the block, and give its address.

    Args:
        port: a free one on loopback.
        environment: its variables; those of this process where it is None.
        data: the folder that keeps what is acknowledged; None for memory.

    Raises:
        EmulatorError: it ended by itself, or does not answer.
    """
    url = f"http://{LOOPBACK}:{port}"
    server = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, *command(port, data)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _await(f"{url}{probe(data)}", server, patience(data))
        yield url
    finally:
        server.terminate()
        server.wait(_STOP_SECONDS)


def one_at_a_time(application: _Wsgi) -> _Wsgi:
    """Return moto's WSGI application with its DynamoDB requests one after the other."""
    lock = threading.Lock()

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return application(environ, start_response)
        # Outside of the lock: a client that is slow to send holds up nobody.
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        with lock:
            return application(environ, start_response)

    return serve


def serve(port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - it is optional, and slow
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import run_simple  # noqa: PLC0415

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(0))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs names of objects
    run_simple(
        LOOPBACK,
        port,
        one_at_a_time(DomainDispatcherApplication(create_backend_app)),
        threaded=True,
        request_handler=MotoRequestHandler,
    )


def free_port() -> int:
    """Return a port of loopback that nothing listens on at this moment."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return int(listener.getsockname()[1])


def _status(port: int, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_START_SECONDS)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


def _await(url: str, server: "subprocess.Popen[bytes]", patience: float) -> None:
    said = listen_to(server)
    while time.monotonic() < said.heard + patience:
        status = server.poll()
        if status is not None:
            raise EmulatorError(reason(status, said))
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - loopback # nosec B310
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise EmulatorError(f"S3 and DynamoDB did not answer in {patience:.0f} s")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
