"""ministack's S3 and DynamoDB in this process: a request in, an answer out; nothing of its rest.

What a request does may depend on the clock and on ids made up for it (versions of objects, uploads,
tables). Both are fixed by the caller, so that the same request does the same thing again. What it
holds can be taken out whole, and put back.
"""

import copy
import hashlib
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

from lineament import config
from lineament.cli.durable import plain
from lineament.cli.durable.requests import Headers, Request
from lineament.errors import LineamentError

_SETTINGS = {
    "SERVICES": "s3,dynamodb",
    "PERSIST_STATE": "0",
    "S3_PERSIST": "0",
    "AUTH": "false",
    "LOG_LEVEL": "CRITICAL",  # it logs names of objects
}


class VersionError(LineamentError):
    """A snapshot was written by another ministack, whose insides may differ."""


@dataclass(slots=True)
class Answer:
    """What was answered."""

    status: int = 0
    headers: Headers = ()
    body: bytes = b""


@dataclass(slots=True)
class _Fixed:
    """The clock and the ids of one request."""

    moment: float
    seed: bytes
    made: int = field(default=0)

    def next_id(self) -> str:
        self.made += 1
        digest = hashlib.blake2b(self.made.to_bytes(8), key=self.seed, digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))


_fixed: ContextVar[_Fixed | None] = ContextVar("fixed", default=None)


class Engine:
    """One in a process: ministack keeps its state in its modules."""

    def __init__(self) -> None:
        """Import ministack; it takes its settings from the environment, which becomes _SETTINGS."""
        config.enter(_SETTINGS)
        from ministack.app import app  # noqa: PLC0415 - optional, and slow
        from ministack.core.responses import (  # noqa: PLC0415
            AccountRegionScopedDict,
            AccountScopedDict,
        )
        from ministack.services import dynamodb, s3  # noqa: PLC0415

        self._app = app
        self._stores = {
            f"{module.__name__}.{name}": value._data
            for module in (dynamodb, s3)
            for name, value in vars(module).items()
            if isinstance(value, AccountRegionScopedDict | AccountScopedDict)
        }
        for module in (dynamodb, s3):
            vars(module).update(time=_Clock(), new_uuid=_new_uuid, now_iso=_now_iso)
        dynamodb._eval_set_value = _unshared(dynamodb._eval_set_value)

    async def answer(self, request: Request, moment: float, seed: bytes) -> Answer:
        """Apply a request.

        Args:
            request: what is asked.
            moment: the time that is "now" meanwhile, in seconds of the epoch.
            seed: what the ids that it makes come from.
        """
        answer = Answer()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": request.method,
            "path": unquote(request.path.decode("latin-1")),
            "raw_path": request.path,
            "query_string": request.query,
            "headers": request.headers,
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], message["headers"]
            else:
                answer.body += message.get("body", b"")

        token = _fixed.set(_Fixed(moment, seed))
        try:
            await self._app(scope, receive, send)
        finally:
            _fixed.reset(token)
        return answer

    def dump(self, file: plain.Writable) -> None:
        """Write everything it holds.

        Raises:
            plain.NotPlainError: it holds an object that `load` would refuse.
        """
        plain.dump({"ministack": version("ministack"), "stores": self._stores}, file)

    def load(self, snapshot: bytes) -> None:
        """Hold what was dumped, and nothing else.

        Raises:
            VersionError: another version of ministack wrote it.
            plain.NotPlainError: it holds what `dump` never writes.
        """
        state = plain.load(snapshot)
        if state["ministack"] != version("ministack"):
            raise VersionError(
                f"the data was written with ministack {state['ministack']}, and this is "
                f"{version('ministack')}: pip install ministack=={state['ministack']}"
            )
        for name, store in self._stores.items():
            store.clear()
            store.update(state["stores"][name])


def _unshared(evaluate: Callable[..., object]) -> Callable[..., object]:
    """Return a function of ministack's whose values belong to one attribute each.

    ministack 1.5.33 stores the value of `SET a = :v, b = :v` once for both: a change of `a.x` is
    then one of `b.x` too.
    """
    return lambda *arguments: copy.deepcopy(evaluate(*arguments))


class _Clock:
    """The module `time`, but for the time itself.

    Where no request is at work it is 0. So ministack's thread that looks for expired items every
    minute finds none, which DynamoDB is free to do: nothing changes that the journal does not know.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(time, name)

    def time(self) -> float:
        fixed = _fixed.get()
        return 0.0 if fixed is None else fixed.moment


def _new_uuid() -> str:
    fixed = _fixed.get()
    return str(uuid.uuid4()) if fixed is None else fixed.next_id()


def _now_iso() -> str:
    now = datetime.fromtimestamp(_Clock().time(), UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
