"""`lineament serve` as a process of its own, as a user runs it."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lineament.cli.emulator import LOOPBACK, free_port

_START_SECONDS = 60.0


def serve(port: int) -> Sequence[str]:
    """Return what Python has to be given to run `lineament serve` on a port."""
    return ["-m", "lineament", "serve", "--port", str(port)]


class Server:
    """A server that is ready once this is made."""

    def __init__(
        self,
        log: Path,
        environment: Mapping[str, str] | None = None,
        command: Callable[[int], Sequence[str]] = serve,
    ) -> None:
        """Start it.

        Args:
            log: its output is appended here.
            environment: variables beside those of this process.
            command: what Python runs, given the port.
        """
        self.log = log
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, *command(self.port)],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            self._await_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in good order; what it logged holds no trace of a failure."""
        self._process.terminate()
        status = self._process.wait(40)
        log = self.log.read_text()
        assert status == 0, log
        assert "Traceback" not in log, log

    def kill(self) -> None:
        """End it as a power cut does."""
        # gunicorn's worker notices within a second that its master is gone, which is too late here.
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        workers = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        self._process.kill()
        for pid in workers:
            os.kill(pid, 9)
        self._process.wait(20)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=10)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == http.client.OK:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())
