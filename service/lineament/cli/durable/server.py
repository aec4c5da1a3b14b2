"""The server: `python -m lineament.cli.durable PORT FOLDER`, on loopback, until SIGTERM."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lineament.cli.durable.engine import Answer, Engine
from lineament.cli.durable.requests import Headers, Request
from lineament.cli.durable.store import Store
from lineament.errors import LineamentError

LOOPBACK = "127.0.0.1"
PROBE = "/_ready"
FAILED = 3
"""The status of a server that ended by itself; why is the last line of its standard error."""
PROGRESS = "--data: "
"""What each line begins with that tells of a start that takes long."""

_Scope = dict[str, Any]
_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]
_KEEP_ALIVE_SECONDS = 75


def main(port: int, folder: Path) -> int:
    """Serve, and return the status to end with."""
    try:
        asyncio.run(_serve(port, folder))
    except (LineamentError, OSError) as error:
        print(str(error), file=sys.stderr, flush=True)
        return FAILED
    return 0


async def _serve(port: int, folder: Path) -> None:
    from hypercorn.asyncio import serve  # noqa: PLC0415 - optional
    from hypercorn.config import Config  # noqa: PLC0415

    stop = asyncio.Event()
    store = Store(Engine(), folder, stop.set, _say)
    await store.recover()
    await store.tidy()
    for each in (signal.SIGTERM, signal.SIGINT):  # until here it may just end
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    gc.freeze()
    config = Config()
    config.bind = [f"{LOOPBACK}:{port}"]
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    config.accesslog = config.errorlog = None
    writing = asyncio.create_task(store.run())
    await serve(_application(store), config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
    if writing.done():
        writing.result()  # raises why it ended
    await store.end(writing)
    await store.tidy()


def _say(text: str) -> None:
    print(f"{PROGRESS}{text}", file=sys.stderr, flush=True)


def _application(store: Store) -> Callable[[_Scope, _Receive, _Send], Awaitable[None]]:
    async def application(scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _answer(store, scope, receive, send)

    return application


async def _live(receive: _Receive, send: _Send) -> None:
    # ministack's own beginning and end look after containers and listeners that are not wanted.
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def _answer(store: Store, scope: _Scope, receive: _Receive, send: _Send) -> None:
    path = scope.get("raw_path") or scope["path"].encode()
    body = await _body(receive)
    if body is None:
        return
    request = Request.signed_by_nobody(
        scope["method"], path, scope["query_string"], scope["headers"], body
    )
    if request.target == PROBE:
        answer = Answer(200)
    elif request.target.startswith("/_"):  # ministack's own pages: one forgets everything
        answer = Answer(404)
    elif _comes_from_a_page(scope["headers"]):
        answer = Answer(403)
    else:
        answer = await store.answer(request)
    start = {"status": answer.status, "headers": answer.headers}
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": answer.body})


def _comes_from_a_page(headers: Headers) -> bool:
    """Tell whether a browser sends this for a web page, which would learn whose faces are here.

    Nothing is signed here and ministack lets every page read: a page says so itself (Origin), or
    has let its own name stand for this address (Host).
    """
    given = {name.lower(): value for name, value in headers}
    host = given.get(b"host", b"").rpartition(b":")[0].lower()
    here = host in (LOOPBACK.encode(), b"localhost") or host.endswith(b".localhost")
    return b"origin" in given or not here


async def _body(receive: _Receive) -> bytes | None:
    """Return the whole body, or None where the client left before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
