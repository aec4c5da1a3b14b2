"""What a child process says on its standard error, read on so that nothing of it is kept."""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

_LONGEST = 4000
_SECONDS = 10.0


class Said:
    """The last line that a child has said so far."""

    def __init__(self, child: "subprocess.Popen[bytes]", passed_on: str) -> None:
        """Read on until the child ends.

        Args:
            child: started with `stderr=subprocess.PIPE`.
            passed_on: what begins the lines that go to this process's standard error too.
        """
        assert child.stderr is not None  # noqa: S101 - for mypy
        self._passed_on = passed_on
        self._last = ""
        self.heard = time.monotonic()
        """When it last said something, or began."""
        self._reading = threading.Thread(target=self._read, args=(child.stderr,), daemon=True)
        self._reading.start()

    def last(self) -> str:
        """Return the last line of a child that has ended."""
        self._reading.join(_SECONDS)
        return self._last

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(_LONGEST):
                self.heard = time.monotonic()
                self._last = line.decode(errors="replace").rstrip()
                if self._last.startswith(self._passed_on):
                    with suppress(OSError):  # nobody reads here: the child has to go on
                        print(self._last, file=sys.stderr, flush=True)
