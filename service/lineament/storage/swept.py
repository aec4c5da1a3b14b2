"""What a collection's item tells of its sweeps: which one is due, and how far they have come."""

from dataclasses import dataclass

from lineament.domain.collections import Collection
from lineament.storage import chores
from lineament.storage.provision import Tables
from lineament.storage.table import Item

DEFAULT_INTERVAL = 6 * 3600.0
"""Seconds between two sweeps of a collection by servers, however many there are."""
WHOLE_INTERVAL = 7 * 24 * 3600.0
"""Seconds between two whole sweeps: a writer that dies before it has taken a number leaves records
that no number tells of."""
_CHORE, _NOTE = "swept", "swept_to"


@dataclass(frozen=True, slots=True)
class Done:
    """How far the sweeps of a generation have come. By default: there was none."""

    seq: int = 0
    """Up to here the log was looked through for signs of writers that died."""
    whole_seq: int = 0
    """Up to here nothing is left of what the log removes."""
    whole_at: float = 0.0
    """When the last whole sweep began; epoch seconds."""


NONE = Done()


@dataclass(frozen=True, slots=True)
class Turn:
    """A sweep that is due."""

    done: Done
    whole: bool


def due(item: Item, collection: Collection, interval: float, now: float) -> Turn | None:
    """Tell from a collection's item which sweep is due, if any; makes no call.

    None is while the log stands where the last one found it, but for the whole one.

    Args:
        item: the collection's.
        collection: the same.
        interval: seconds between two sweeps; 0 asks for a whole one now.
        now: epoch seconds.
    """
    if chores.begun(item, _CHORE) > int(now - interval):
        return None
    done = _done(item, collection.generation)
    whole = interval == 0 or done.whole_at <= now - WHOLE_INTERVAL
    return Turn(done, whole) if whole or done.seq < collection.seq else None


def claim(tables: Tables, collection: Collection, interval: float, now: float) -> bool:
    """Note that a sweep is this caller's, unless another's was less than `interval` seconds ago."""
    return chores.claim(tables, collection, _CHORE, interval, now)


def note(tables: Tables, collection: Collection, done: Done) -> None:
    """Keep how far the sweeps of a collection's generation have come."""
    told = {
        "seq": _as_number(done.seq),
        "whole_seq": _as_number(done.whole_seq),
        "whole_at": _as_number(done.whole_at),
    }
    chores.note(tables, collection, _NOTE, told)


def _done(item: Item, generation: str) -> Done:
    told = chores.noted(item, _NOTE, generation)
    if told is None:
        return NONE
    return Done(_number(told, "seq"), _number(told, "whole_seq"), _number(told, "whole_at"))


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {}).get("N", "0"))


def _as_number(value: float) -> dict[str, str]:
    return {"N": str(int(value))}
