"""People who stand under two names in a set: what matches between them is no false match."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

_Person = TypeVar("_Person", bound=Hashable)


def same_people(
    owners: Mapping[str, _Person], confirmed: Iterable[str]
) -> frozenset[frozenset[_Person]]:
    """Return the pairs of people of whom two pictures are confirmed to show one.

    Args:
        owners: whom a picture shows, by its digest.
        confirmed: pairs of digests, as `measuring.same_people.read_confirmed` returns them.
    """
    pairs = (frozenset(owners[each] for each in key.split() if each in owners) for key in confirmed)
    return frozenset(pair for pair in pairs if len(pair) > 1)
