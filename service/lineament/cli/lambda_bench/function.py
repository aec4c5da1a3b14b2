"""A function as Lambda runs it: a process with the runtime interface client in it."""

import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineament.cli.demo_lambda import SOURCE, client_over
from lineament.cli.lambda_bench.runtime_api import ON_DEMAND, FunctionError, Outcome, RuntimeApi

_CLIENT = "awslambdaric"
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Function:
    """One cold container."""

    api: RuntimeApi
    began: float
    """When its process did, in seconds of time.perf_counter."""


class Caller:
    """A client of Amazon Rekognition whose calls are events of the function that it has now.

    Made before the function is, so that nothing of it runs while the function begins.
    """

    def __init__(self) -> None:
        """Make the client; there is no function yet."""
        self.function: Function | None = None
        self.client = client_over(self.invoke)
        self._last: Outcome | None = None

    def seconds(self) -> float:
        """Return the time from the function's start to its last answer.

        Raises:
            FunctionError: there was none.
        """
        if self.function is None or self._last is None:
            raise FunctionError("the function was asked nothing")
        return self._last.at - self.function.began

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - what JSON has
        """Hand an event to the function; return its answer.

        Raises:
            FunctionError: there is no function, or it fails.
        """
        if self.function is None:
            raise FunctionError("there is no function to ask")
        self._last = self.function.api.invoke(event)
        return self._last.content


@contextmanager
def running(
    handler: str,
    environment: Mapping[str, str],
    command: tuple[str, ...] = (sys.executable, "-m", _CLIENT),
    folder: Path = SOURCE,
    initialization: str = ON_DEMAND,
) -> Iterator[Function]:
    """Start a function, and end it with the block.

    Args:
        handler: as infra/template.yaml has it.
        environment: the process's whole environment, but for what Lambda itself adds.
        command: what runs the runtime interface client.
        folder: where lambdas/ lies.
        initialization: what Lambda would begin it for.

    Raises:
        FunctionError: the client is not installed, or there are no functions in the folder.
    """
    if importlib.util.find_spec(_CLIENT) is None:
        raise FunctionError(f"{_CLIENT} is missing: pip install 'lineament[lambda]'")
    if not (folder / "lambdas").is_dir():
        raise FunctionError("the functions are no part of the wheel: run this in the repository")
    with RuntimeApi(initialization) as api:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [*command, handler],
            env={**environment, **api.environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield Function(api, began)
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
