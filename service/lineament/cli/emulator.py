"""S3 and DynamoDB on loopback: in memory, by moto, or in a folder, by ministack (`cli/durable`).

moto runs here: `python -m lineament.cli.emulator PORT`. It checks a condition
and then writes, in threads and without a lock, so that two of its callers may both win a
conditional write. DynamoDB promises that one does, and so does this: its requests run one after the
other, which costs nothing in one process of Python. S3's run as they come.
"""

import importlib.util
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from lineament.cli.durable import server as durable
from lineament.errors import LineamentError

LOOPBACK = durable.LOOPBACK
_MOTO_PROBE = "/moto-api/"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0

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
    package, extra = ("moto", "local") if data is None else ("ministack", "data")
    if importlib.util.find_spec(package) is None:
        raise EmulatorError(
            f"S3 and DynamoDB come from {package}: pip install 'lineament[{extra}]'"
        )
    if data is None:
        return ["-m", "lineament.cli.emulator", str(port)]
    return ["-m", "lineament.cli.durable", str(port), str(data)]


def probe(data: Path | None = None) -> str:
    """Return a path that answers as soon as the emulator does."""
    return _MOTO_PROBE if data is None else durable.PROBE


def reason(status: int, errors: IO[bytes]) -> str:
    """Return why an emulator ended by itself, from its status and its standard error."""
    errors.seek(0)
    lines = errors.read().decode(errors="replace").splitlines()
    if status == durable.FAILED and lines:
        return lines[-1]
    return f"S3 and DynamoDB ended with status {status}"


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
    with tempfile.TemporaryFile() as errors:
        server = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, *command(port, data)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            _await(f"{url}{probe(data)}", server, errors)
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


def _await(url: str, server: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        status = server.poll()
        if status is not None:
            raise EmulatorError(reason(status, errors))
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - loopback
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise EmulatorError(f"S3 and DynamoDB did not answer in {_START_SECONDS:.0f} s")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
