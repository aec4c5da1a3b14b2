"""What housekeeping notes on a collection's item: whose turn a chore is, and how far it came."""

from lineament.domain.collections import Collection
from lineament.storage import keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.table import Item


def begun(item: Item, chore: str) -> int:
    """Return when a chore was begun last, by a collection's item: epoch seconds, 0 for never."""
    return int(item.get(chore, {}).get("N", "0"))


def claim(tables: Tables, collection: Collection, chore: str, interval: float, now: float) -> bool:
    """Note that a chore is this caller's, unless another's was less than `interval` seconds ago.

    Args:
        tables: where the collection is.
        collection: of a generation that is gone, nothing is noted and the answer is no.
        chore: the attribute that keeps when it was begun.
        interval: seconds between two.
        now: epoch seconds.
    """
    values = {":now": {"N": str(int(now))}, ":due": {"N": str(int(now - interval))}}
    free = f"(attribute_not_exists(#{chore}) OR #{chore} <= :due)"
    return _update(tables, collection, f"SET #{chore} = :now", values, f" AND {free}")


def note(tables: Tables, collection: Collection, name: str, told: Item) -> None:
    """Keep what was found, under a name and beside the generation that it is of."""
    whole = {**told, "generation": {"S": collection.generation}}
    _update(tables, collection, f"SET #{name} = :told", {":told": {"M": whole}})


def noted(item: Item, name: str, generation: str) -> Item | None:
    """Return what `note` has kept of a generation, None where there is nothing."""
    told: Item = item.get(name, {}).get("M", {})
    return told if told.get("generation") == {"S": generation} else None


def _update(
    tables: Tables, collection: Collection, change: str, values: Item, condition: str = ""
) -> bool:
    try:
        tables.control.update(
            keys.collection_key(collection.scope, collection.collection_id),
            change,
            f"#generation = :generation{condition}",
            {**values, ":generation": {"S": collection.generation}},
        )
    except ConditionFailed:
        return False
    return True
