"""Lambda's runtime API on loopback, for one function that a runtime interface client runs.

Source: AWS's page on the Lambda runtime API, version 2018-06-01: the runtime asks for the next
event, which waits until there is one, and posts the answer or the error under the event's id.
"""

import http.server
import json
import queue
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any

from lineament.cli.emulator import LOOPBACK
from lineament.errors import LineamentError

ON_DEMAND, SNAP_START = "on-demand", "snap-start"
_ROOT = "/2018-06-01/runtime/"
_NAME = "lineament-local"
_ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{_NAME}"
_STATUS = {"status": "OK"}


class FunctionError(LineamentError):
    """The function could not be initialised, raised, or did not answer; the message tells."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the function is asked."""

    content: bytes
    """JSON."""
    deadline: int
    """Until when, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the function said to an event."""

    content: Any
    """Its answer, as JSON has it."""
    at: float
    """When it came, in seconds of time.perf_counter."""


class RuntimeApi:
    """Serves one function from `with` to its end."""

    def __init__(self, initialization: str = ON_DEMAND) -> None:
        """Take a free port; nothing is served before `with`.

        Args:
            initialization: what Lambda would begin the function for: ON_DEMAND or SNAP_START.
        """
        self.snapshots = 0
        """How often the function was ready to be kept, as SnapStart keeps it."""
        self._initialization = initialization
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._said: queue.SimpleQueue[tuple[str, bytes, float]] = queue.SimpleQueue()
        self._asked = threading.Event()
        self._asked_at = 0.0
        self._server = _Server((LOOPBACK, 0), type("Handler", (_Handler,), {"api": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def environment(self) -> dict[str, str]:
        """Return what Lambda tells a function of the default size of infra/template.yaml."""
        return {
            "AWS_LAMBDA_RUNTIME_API": f"{LOOPBACK}:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": _NAME,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
            "AWS_LAMBDA_INITIALIZATION_TYPE": self._initialization,
        }

    def __enter__(self) -> "RuntimeApi":
        """Serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop; a function that waits for an event is told nothing more."""
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def initialised(self, timeout: float) -> float:
        """Wait until the function asks for an event, and return when it did (perf_counter).

        Raises:
            FunctionError: it did not within `timeout` seconds.
        """
        if not self._asked.wait(timeout):
            raise FunctionError(f"the function asked for no event within {timeout:g} s")
        if self._asked_at == 0.0:
            self._outcome(timeout)
        return self._asked_at

    def invoke(self, event: Any, timeout: float = 60.0) -> Outcome:  # noqa: ANN401 - JSON
        """Hand an event to the function and wait for what it says.

        Args:
            event: what JSON can carry.
            timeout: seconds; the function is told so as its deadline.

        Raises:
            FunctionError: it raised, could not be initialised, or said nothing within `timeout`.
        """
        self._events.put(Event(json.dumps(event).encode(), int((time.time() + timeout) * 1000)))
        return self._outcome(timeout)

    def _outcome(self, timeout: float) -> Outcome:
        try:
            kind, body, at = self._said.get(timeout=timeout)
        except queue.Empty:
            raise FunctionError(f"the function said nothing within {timeout:g} s") from None
        if kind != "response":
            told = json.loads(body)
            raise FunctionError(f"{told.get('errorType')}: {told.get('errorMessage')}")
        return Outcome(json.loads(body), at)

    # What the handler of HTTP calls.

    def next_event(self) -> Event | None:
        """Wait for an event; None where there will be no more."""
        if not self._asked.is_set():
            self._asked_at = time.perf_counter()
            self._asked.set()
        return self._events.get()

    def take(self, kind: str, body: bytes) -> None:
        """Take what the function said: response, error, or init for one that cannot begin."""
        self._said.put((kind, body, time.perf_counter()))
        self._asked.set()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - http.server's
        """Say nothing where a function ended while it was answered: its end is told elsewhere."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    api: RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == f"{_ROOT}restore/next":
            self.api.snapshots += 1
            self._answer(HTTPStatus.OK, {}, b"{}")
            return
        if self.path != f"{_ROOT}invocation/next":
            self._answer(HTTPStatus.NOT_FOUND, {}, b"{}")
            return
        event = self.api.next_event()
        if event is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(event.deadline),
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
        }
        self._answer(HTTPStatus.OK, headers, event.content)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        # init/error, or invocation/ID/response and invocation/ID/error.
        first, *_, last = self.path.removeprefix(_ROOT).split("/")
        self.api.take("init" if first == "init" else last, body)
        self._answer(HTTPStatus.ACCEPTED, {}, json.dumps(_STATUS).encode())

    def _answer(self, status: HTTPStatus, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the figures are all that is to be seen."""
