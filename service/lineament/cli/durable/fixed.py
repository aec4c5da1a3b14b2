"""What ministack takes for the clock, for ids and for chance: fixed for each request.

All of it is here that a change may hang on, so that the same request does the same thing again.
"""

import copy
import datetime
import hashlib
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from types import ModuleType
from typing import Any

NEVER = float("-inf")
"""The time where no request is at work: before whatever an item may expire at."""


class _Fixed:
    """The clock, the ids and the chance of one request."""

    def __init__(self, moment: float, seed: bytes) -> None:
        self.moment = moment
        self._seed = seed
        self._made = 0

    @cached_property
    def chance(self) -> random.Random:
        return random.Random(self._seed)  # noqa: S311 - no secret: names of access points

    def next_id(self) -> str:
        self._made += 1
        digest = hashlib.blake2b(self._made.to_bytes(8), key=self._seed, digest_size=16).digest()
        return str(uuid.UUID(bytes=digest, version=4))


_fixed: ContextVar[_Fixed | None] = ContextVar("fixed", default=None)


@contextmanager
def fixed(moment: float, seed: bytes) -> Iterator[None]:
    """Let `moment` be now, and ids and chance come from `seed`, for this block alone.

    Args:
        moment: in seconds of the epoch.
        seed: at most 64 bytes.
    """
    token = _fixed.set(_Fixed(moment, seed))
    try:
        yield
    finally:
        _fixed.reset(token)


def install(*modules: ModuleType) -> None:
    """Give modules of ministack's what is fixed instead of what they imported."""
    for module in modules:
        there = vars(module)
        new = {
            "time": _Clock(),
            "_dt": _Calendar(),
            "random": _Chance(),
            "new_uuid": _new_uuid,
            "now_iso": _now_iso,
            "spawn_background": _at_once,
        }
        there.update((name, value) for name, value in new.items() if name in there)


def unshared(evaluate: Callable[..., object]) -> Callable[..., object]:
    """Return a function of ministack's whose values belong to one attribute each.

    ministack 1.5.33 stores the value of `SET a = :v, b = :v` once for both: a change of `a.x` is
    then one of `b.x` too.
    """
    return lambda *arguments: copy.deepcopy(evaluate(*arguments))


class _Clock:
    """The module `time`, but for the time itself, and for sleep while a request is at work.

    Between requests it is NEVER. So ministack's thread that looks for expired items every minute
    finds none: they go by `Engine.expire`, which the journal knows.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(time, name)

    def time(self) -> float:
        at_work = _fixed.get()
        return NEVER if at_work is None else at_work.moment

    def sleep(self, seconds: float) -> None:
        if _fixed.get() is None:
            time.sleep(seconds)


class _Datetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "_Datetime":
        return cls.fromtimestamp(_Clock().time(), tz)

    @classmethod
    def utcnow(cls) -> "_Datetime":
        return cls.now(datetime.UTC).replace(tzinfo=None)


class _Calendar:
    """The module `datetime`, but for what is now."""

    datetime = _Datetime

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(datetime, name)


class _Chance:
    """The module `random`, from the request's seed."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        at_work = _fixed.get()
        return getattr(random if at_work is None else at_work.chance, name)


def _new_uuid() -> str:
    at_work = _fixed.get()
    return str(uuid.uuid4()) if at_work is None else at_work.next_id()


def _now_iso() -> str:
    return _Datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _at_once(work: Callable[..., object], *arguments: object, thread_name: str = "") -> None:
    """Do at once what ministack would do in a thread, some time later and as it happens."""
    del thread_name
    work(*arguments)
