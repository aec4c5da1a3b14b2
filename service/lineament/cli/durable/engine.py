"""ministack's S3 and DynamoDB in this process: a request in, an answer out; nothing of its rest.

What a request does may depend on the clock and on ids made up for it (versions of objects, uploads,
tables). Both are fixed by the caller, so that the same request does the same thing again. What it
holds can be taken out whole, and put back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from lineament import config
from lineament.cli.durable import plain
from lineament.cli.durable.fixed import fixed, install, unshared
from lineament.cli.durable.requests import EXPIRE, Headers, Request
from lineament.errors import LineamentError

_SETTINGS = {
    "SERVICES": "s3,dynamodb",
    "PERSIST_STATE": "0",
    "S3_PERSIST": "0",
    "AUTH": "false",
    "LOG_LEVEL": "CRITICAL",  # it logs names of objects
}

_FORGOTTEN_SECONDS = 5 * 365 * 24 * 3600.0
"""DynamoDB takes what would have expired before that for a mistake, and keeps it."""


class VersionError(LineamentError):
    """A snapshot was written by another ministack, whose insides may differ."""


@dataclass(slots=True)
class Answer:
    """What was answered."""

    status: int = 0
    headers: Headers = ()
    body: bytes = b""


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
        self._dynamodb = dynamodb
        install(dynamodb, s3)
        dynamodb._eval_set_value = unshared(dynamodb._eval_set_value)

    async def answer(self, request: Request, moment: float, seed: bytes) -> Answer:
        """Apply a request.

        Args:
            request: what is asked.
            moment: the time that is "now" meanwhile, in seconds of the epoch.
            seed: what the ids that it makes come from.
        """
        if request == EXPIRE:
            self._expire(moment)
            return Answer(200)
        answer = Answer()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": request.method,
            "path": request.target,
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

        with fixed(moment, seed):
            await self._app(scope, receive, send)
        return answer

    def has_expired(self, moment: float) -> bool:
        """Tell whether EXPIRE would remove anything at that moment."""
        return next(self._expired(moment), None) is not None

    def _expire(self, moment: float) -> None:
        for table, partition, sort in list(self._expired(moment)):
            self._dynamodb._remove_item(table, partition, sort)

    def _expired(self, moment: float) -> Iterator[tuple[Any, Any, Any]]:
        """Yield the table and both parts of the key of what DynamoDB would remove by then."""
        for scope, setting in self._dynamodb._ttl_settings.all_items():
            table = self._dynamodb._tables.get_scoped(*scope)
            if table is None or setting.get("TimeToLiveStatus") != "ENABLED":
                continue
            name = setting["AttributeName"]
            for partition, items in table["items"].items():
                for sort, item in items.items():
                    end = item.get(name, {}).get("N")
                    if end is not None and moment - _FORGOTTEN_SECONDS < float(end) <= moment:
                        yield table, partition, sort

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
                f"{version('ministack')}: pip install --no-deps ministack=={state['ministack']}"
            )
        for name, store in self._stores.items():
            store.clear()
            store.update(state["stores"][name])
