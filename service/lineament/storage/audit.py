"""The audit trail's writing side: waiting entries of an account go into one block.

Whoever finds nobody writing takes all that wait, its own among them, and writes one block; who
comes meanwhile waits for the next. So concurrent calls share a write, and no thread is needed that
a Lambda function would freeze. Other processes' blocks are met by the condition of the write.
"""

import itertools
import logging
import random
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lineament.domain.audit import Entry, NotRecorded
from lineament.domain.audit_chain import FIRST, Signs, Tip, batches, seal, write
from lineament.errors import LineamentError
from lineament.storage.audit_blocks import HINT_EVERY, AuditBlocks
from lineament.storage.provision import Tables

_PATIENCE = 8.0
"""Seconds for which a block is tried at ever new numbers."""
_PAUSE = 0.01
_LENIENT = 5.0
"""Seconds for which a call that may be answered unrecorded waits for another's write."""
_LEFT = 1000
"""Entries that are kept for the next write though nobody waits for them, at most."""
_SILENCE = (1.0, 30.0)
"""Such calls are not tried after a failure for as long as that took, within these seconds."""
_LANES = 4096
"""Accounts that a process keeps the end of the chain of; the least used are forgotten."""
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    text: str
    done: bool = False
    error: BaseException | None = None


@dataclass(slots=True)
class _Lane:
    """What this process writes to one account's chain."""

    turn: threading.Condition = field(default_factory=threading.Condition)
    waiting: list[_Waiting] = field(default_factory=list)
    busy: bool = False
    tip: Tip | None = None
    """Where the chain ended when it was last looked at. Only who is `busy` touches it."""
    hinted: int = 0
    silent_until: float = 0.0
    """By the monotonic clock."""

    @property
    def idle(self) -> bool:
        """Nobody writes, and nothing waits to be written."""
        return not (self.busy or self.waiting)


class DynamoAuditTrail:
    """The AuditTrail port. Safe to share between threads."""

    def __init__(
        self,
        tables: Tables,
        signer: Signs | None = None,
        clock: Callable[[], float] = time.time,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Write to `tables.trust`; makes no call.

        Args:
            tables: where.
            signer: signs every block; None where the deployment has no root key.
            clock: epoch seconds.
            failed: told of each entry that could not be written.
        """
        self._blocks = AuditBlocks(tables.trust)
        self._signer = signer
        self._clock = clock
        self._failed = failed
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        self._lock = threading.Lock()
        self._process = secrets.token_hex(8)
        self._attempts = itertools.count()

    def append(self, entry: Entry, *, strict: bool) -> None:
        """Return once the entry stands.

        Where it cannot, that is logged under the request id, and raised if `strict`. An entry that
        was told not to stand may stand in rare cases, where DynamoDB took it and did not say so.
        While DynamoDB does not answer, calls that need not be recorded wait seldom, for seconds.

        Raises:
            NotRecorded: it does not stand, and `strict`.
        """
        try:
            self._stand(entry, strict=strict)
        except LineamentError as error:
            self._failed()
            _log.error(
                "audit: request %s %s is not in the trail: %s",
                entry.request_id,
                entry.operation,
                type(error.__cause__ or error).__name__,
            )
            if strict:
                raise NotRecorded from error

    def _stand(self, entry: Entry, *, strict: bool) -> None:
        lane, mine = self._lane(entry.account), _Waiting(write(entry))
        with lane.turn:
            if not strict and time.monotonic() < lane.silent_until:
                raise NotRecorded
            lane.waiting.append(mine)
            free = lane.turn.wait_for(
                lambda: mine.done or not lane.busy, None if strict else _LENIENT
            )
            if not free:  # Whoever writes next takes it along, though nobody waits for it.
                if len(lane.waiting) > _LEFT and mine in lane.waiting:
                    lane.waiting.remove(mine)
                raise NotRecorded
            taken = [] if mine.done else lane.waiting
            if taken:
                lane.busy, lane.waiting = True, []
        if taken:
            self._lead(entry.account, lane, taken)
        if mine.error is not None:
            raise NotRecorded from mine.error

    def _lead(self, account: str, lane: _Lane, taken: list[_Waiting]) -> None:
        """Write what waited, and tell whoever waits for it."""
        left = list(taken)
        began = time.monotonic()
        try:
            for texts in batches([each.text for each in taken]):
                self._commit(account, lane, texts)
                _finish(left[: len(texts)], None)
                del left[: len(texts)]
        except BaseException as error:
            now = time.monotonic()
            shortest, longest = _SILENCE
            lane.silent_until = now + min(max(now - began, shortest), longest)
            lane.tip = None  # Whatever stands now is read anew.
            _finish(left, error)
            if not isinstance(error, LineamentError):
                raise
        finally:
            with lane.turn:
                lane.busy = False
                lane.turn.notify_all()

    def _commit(self, account: str, lane: _Lane, texts: Sequence[str]) -> None:
        tip = self._known(account, lane)
        started = time.monotonic()
        for turn in itertools.count():
            writer = f"{self._process}-{next(self._attempts)}"
            block = seal(account, tip, self._clock(), writer, texts, self._signer)
            there = self._blocks.put(account, block)
            lane.tip = there
            if there == block.tip:
                self._hint(account, lane)
                return
            if time.monotonic() - started > _PATIENCE:
                raise NotRecorded
            # One other writer has one block more; after another defeat there may be many.
            tip = lane.tip = self._blocks.ahead(account, there) if turn else there
            time.sleep(random.uniform(0, 1) * _PAUSE * min(turn, 8))  # noqa: S311 - jitter

    def _known(self, account: str, lane: _Lane) -> Tip:
        if lane.tip is None:
            hint = self._blocks.hint(account).tip
            lane.tip = self._blocks.ahead(account, hint)
            lane.hinted = hint.number
        if lane.tip.number < FIRST:
            self._blocks.enlist(account)
        return lane.tip

    def _hint(self, account: str, lane: _Lane) -> None:
        if lane.tip is None or lane.tip.number < lane.hinted + HINT_EVERY:
            return
        lane.hinted = lane.tip.number
        try:
            self._blocks.note(account, lane.tip)
        except LineamentError as error:  # The next one will do.
            _log.warning("audit: a hint was not written: %s", type(error).__name__)

    def _lane(self, account: str) -> _Lane:
        with self._lock:
            lane = self._lanes.setdefault(account, _Lane())
            self._lanes.move_to_end(account)
            if len(self._lanes) > _LANES:
                # One that somebody is about to use may go, too: then two lanes of this process
                # write to the chain, as two processes do.
                others = (name for name, each in self._lanes.items() if each is not lane)
                idle = next((name for name in others if self._lanes[name].idle), "")
                self._lanes.pop(idle, None)
        return lane


def _finish(entries: Sequence[_Waiting], error: BaseException | None) -> None:
    for each in entries:
        each.error = error
        each.done = True
