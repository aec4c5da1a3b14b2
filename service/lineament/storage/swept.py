"""What a collection's item tells of its sweeps: which one is due, and how far they have come."""

from dataclasses import dataclass

from lineament.domain.collections import Collection
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item

DEFAULT_INTERVAL = 6 * 3600.0
"""Seconds between two sweeps of a collection by servers, however many there are."""
WHOLE_INTERVAL = 7 * 24 * 3600.0
"""Seconds between two whole sweeps: a writer that dies before it has taken a number leaves records
that no number tells of."""


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
    if _number(item, "swept") > int(now - interval):
        return None
    done = _done(item, collection.generation)
    whole = interval == 0 or done.whole_at <= now - WHOLE_INTERVAL
    return Turn(done, whole) if whole or done.seq < collection.seq else None


def claim(tables: Tables, collection: Collection, interval: float, now: float) -> bool:
    """Note that a sweep is this caller's, unless another's was less than `interval` seconds ago."""
    return _update(
        tables,
        collection,
        "SET #swept = :now",
        "(attribute_not_exists(#swept) OR #swept <= :due)",
        {":now": _as_number(now), ":due": _as_number(now - interval)},
    )


def note(tables: Tables, collection: Collection, done: Done) -> None:
    """Keep how far the sweeps of a collection's generation have come."""
    told = {
        "generation": {"S": collection.generation},
        "seq": _as_number(done.seq),
        "whole_seq": _as_number(done.whole_seq),
        "whole_at": _as_number(done.whole_at),
    }
    _update(tables, collection, "SET #swept_to = :told", "", {":told": {"M": told}})


def _done(item: Item, generation: str) -> Done:
    told: Item = item.get("swept_to", {}).get("M", {})
    if told.get("generation") != {"S": generation}:
        return NONE
    return Done(_number(told, "seq"), _number(told, "whole_seq"), _number(told, "whole_at"))


def _update(
    tables: Tables, collection: Collection, change: str, condition: str, values: Item
) -> bool:
    try:
        tables.control.update(
            keys.collection_key(collection.scope, collection.collection_id),
            change,
            " AND ".join(filter(None, ("#generation = :generation", condition))),
            {**values, ":generation": {"S": collection.generation}},
        )
    except ConditionFailed:
        return False
    return True


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {}).get("N", "0"))


def _as_number(value: float) -> dict[str, str]:
    return {"N": str(int(value))}
