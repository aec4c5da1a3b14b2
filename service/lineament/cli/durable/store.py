"""The engine with its folder: what an answer rests on is on the disk before the answer leaves.

Changes are applied one after the other, and the journal holds them in that order. Many go to the
disk in one write: while one write is under way, the next gathers. A reader waits as well for the
changes that it may have seen, since what it does next may be acknowledged to somebody else.

The journal keeps what was deleted since. It begins anew behind a snapshot of what is there when it
is long, which also bounds the time that a start takes; every hour; and at every start and clean
stop (`tidy`).
"""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lineament.cli.durable.engine import Answer, Engine
from lineament.cli.durable.folder import Folder
from lineament.cli.durable.journal import MAX_FRAME
from lineament.cli.durable.plain import NotPlainError
from lineament.cli.durable.requests import EXPIRE, Record, Request, records_of
from lineament.errors import LineamentError

CHECKPOINT_BYTES = 64 << 20
TIDY_SECONDS = 3600.0
_SAY_SECONDS = 2.0
_SEED_BYTES = 16


class ReplayError(LineamentError):
    """The journal's requests do something else than they did."""


class Store:
    """S3 and DynamoDB on a folder; of one event loop."""

    def __init__(
        self,
        engine: Engine,
        path: Path,
        on_failure: Callable[[], None],
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the folder.

        Args:
            engine: of nothing yet; nobody else may use it.
            path: the folder.
            on_failure: called once if the disk fails. What was applied since then is not on it, so
                that no answer leaves any more: the process has to end.
            say: called now and then with what takes long.

        Raises:
            FolderError: the folder cannot be used.
        """
        self._engine = engine
        self._folder = Folder(path)
        self._on_failure = on_failure
        self._say = say
        self._turn = asyncio.Lock()
        self._gathered: list[Record] = []
        self._gathering = asyncio.Event()
        self._written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Of what is gathered."""
        self._settled: asyncio.Future[None] | None = None
        """Of the last change that was applied; None before the first."""
        self._checkpoint_at = CHECKPOINT_BYTES

    async def recover(self) -> None:
        """Bring back everything that was acknowledged.

        Raises:
            LineamentError: the folder is damaged, or of another version.
        """
        snapshot = self._folder.snapshot()
        if snapshot is not None:
            self._say(f"reading a snapshot of {len(snapshot) >> 20} MiB")
            self._engine.load(snapshot)
            del snapshot
        journal, said = self._folder.journal, time.monotonic()
        for frame in journal.read():
            for record in records_of(frame):
                if time.monotonic() - said >= _SAY_SECONDS:
                    said = time.monotonic()
                    self._say(f"replaying {journal.size >> 20} of {journal.length >> 20} MiB")
                answer = await self._engine.answer(record.request, record.moment, record.seed)
                if answer.status != record.status:
                    raise ReplayError(
                        f"a request of the journal was answered {record.status} and now is "
                        f"answered {answer.status}: use the version of ministack that wrote it"
                    )

    async def run(self) -> None:
        """Write what is gathered, and tidy now and then, for as long as the server runs."""
        tidied = time.monotonic()
        try:
            while True:
                with suppress(TimeoutError):
                    left = tidied + TIDY_SECONDS - time.monotonic()
                    await asyncio.wait_for(self._gathering.wait(), left)
                if self._gathered:
                    await self._write()
                if time.monotonic() >= tidied + TIDY_SECONDS:
                    await self.tidy()
                    tidied = time.monotonic()
                elif self._folder.journal.size >= self._checkpoint_at:
                    await self._checkpoint()
        except Exception:
            self._on_failure()
            raise

    async def tidy(self) -> None:
        """Remove what has expired, and take from the disk what is no longer there.

        Where there is no room for a snapshot, the second has to wait. `run` may be at no work.
        """
        if self._engine.has_expired(time.time()):
            await self._change(EXPIRE)
        if self._gathered or self._folder.journal.size:
            await self._checkpoint()

    async def end(self, running: "asyncio.Task[None]") -> None:
        """Stop `run`, once what was applied is on the disk; no request may come any more."""
        async with self._turn:
            if self._settled is not None:
                await asyncio.wait({self._settled, running}, return_when=asyncio.FIRST_COMPLETED)
            running.cancel()

    def close(self) -> None:
        """Give the folder to whoever comes next."""
        self._folder.close()

    async def answer(self, request: Request) -> Answer:
        """Apply a request and return its answer once that rests on the disk."""
        if request.changes:
            # A client that hangs up must not come between a change and its record.
            answer = await asyncio.shield(asyncio.ensure_future(self._change(request)))
        else:
            answer = await self._engine.answer(request, time.time(), b"")
        if self._settled is not None and not self._settled.done():
            await asyncio.shield(self._settled)
        return answer

    async def _change(self, request: Request) -> Answer:
        async with self._turn:
            moment, seed = time.time(), os.urandom(_SEED_BYTES)
            answer = await self._engine.answer(request, moment, seed)
            self._gathered.append(Record(request, moment, seed, answer.status))
            self._settled = self._written
            self._gathering.set()
            return answer

    async def _write(self) -> None:
        records, self._gathered = self._gathered, []
        written, self._written = self._written, asyncio.get_running_loop().create_future()
        self._gathering.clear()
        await asyncio.to_thread(self._append, records)
        written.set_result(None)

    def _append(self, records: list[Record]) -> None:
        frame = b"".join(record.to_bytes() for record in records)
        if len(frame) > MAX_FRAME:
            raise OSError("more than 4 GiB at once")
        self._folder.journal.append(frame)

    async def _checkpoint(self) -> None:
        """Let the journal begin anew behind a snapshot, so that it and a start stay short."""
        async with self._turn:
            if self._gathered:
                await self._write()
            try:
                self._folder.draft(self._engine.dump)
            except (OSError, NotPlainError):  # nothing is lost: the journal goes on, and grows
                self._checkpoint_at = 2 * self._folder.journal.size
                return
            await asyncio.to_thread(self._folder.adopt)
            self._checkpoint_at = CHECKPOINT_BYTES
