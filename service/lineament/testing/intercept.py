"""Requests of botocore's Rekognition clients, answered in this process.

While this is on, every Rekognition client of the process comes here, whenever it was made: its
`before-send` event asks us first. botocore asks moto's handler as well, whatever we say; so moto
is told to pass Rekognition through, in the setting that it documents, and only for that time.
"""

import io
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.client
import botocore.loaders
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from lineament.testing.moto_hooks import default_user_config, mismatch, passthrough_service
from lineament.wire.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]
_SERVICE = "rekognition"
_EVENT = f"before-send.{_SERVICE}"


class Interception:
    """One stretch of time in which requests are answered by `answer`."""

    def __init__(self, answer: Answer) -> None:
        """Take what answers."""
        self._answer = answer
        self._lock = threading.Lock()
        self._passing: list[list[str]] = []
        self._asked: weakref.WeakSet[Any] = weakref.WeakSet()
        self._call = botocore.client.BaseClient._make_api_call
        self._own: Any = None
        """What stands in its place; None before the begin and after the end."""

    def begin(self) -> None:
        """Have every client ask us."""
        call, prepare = self._call, self._prepare

        def make_api_call(self: Any, operation_name: str, api_params: Any) -> Any:  # noqa: ANN401
            if self.meta.service_model.service_name == _SERVICE:
                prepare(self)
            return call(self, operation_name, api_params)

        self._own = botocore.client.BaseClient._make_api_call = make_api_call

    def end(self) -> None:
        """Leave clients and moto as they were.

        Whoever has patched botocore since the begin keeps that, and may put ours back when his own
        ends: from now on it does nothing.
        """
        with self._lock:
            if botocore.client.BaseClient._make_api_call is self._own:
                botocore.client.BaseClient._make_api_call = self._call
            self._own = None
            for client in self._asked:
                client.meta.events.unregister(_EVENT, self._send)
            self._asked.clear()  # they are asked anew, should this begin again
            for services in self._passing:
                services.remove(_SERVICE)
            self._passing.clear()

    def _prepare(self, client: Any) -> None:  # noqa: ANN401 - botocore's client
        with self._lock:
            if self._own is None:
                return
            if client not in self._asked:
                client.meta.events.register(_EVENT, self._send)
                self._asked.add(client)
            # At each call: a mock_aws with settings of its own may have begun since the last.
            core: Any = default_user_config.setdefault("core", {})
            services = core.setdefault("passthrough", {}).setdefault("services", [])
            if _SERVICE not in services:
                services.append(_SERVICE)
                self._passing.append(services)
                if not passthrough_service(_SERVICE):
                    raise RuntimeError(mismatch("its core.passthrough.services passes nothing"))

    def _send(self, request: AWSPreparedRequest, **_event: object) -> AWSResponse | None:
        address = urlsplit(request.url)
        if not _is_of_aws(address.hostname or ""):
            return None  # a server that the test itself has named
        body = request.body or b""
        answer = self._answer(
            HttpRequest(
                method=request.method,
                path=address.path or "/",
                headers={
                    "Host": address.netloc,  # which HTTP's own client would add
                    **{name: _text(value) for name, value in request.headers.items()},
                },
                body=body.encode() if isinstance(body, str) else bytes(body),
            )
        )
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer.body))


class _Body(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_options: object) -> Iterator[bytes]:
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _is_of_aws(host: str) -> bool:
    """Tell whether a host is the service's, in any partition; a VPC endpoint's name is longer."""
    named = any(label.startswith(_SERVICE) for label in host.split("."))
    return named and host.endswith(_suffixes())


@cache
def _suffixes() -> tuple[str, ...]:
    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    kinds = ("dnsSuffix", "dualStackDnsSuffix")
    return tuple(f".{partition['outputs'][kind]}" for partition in partitions for kind in kinds)
