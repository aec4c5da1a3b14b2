"""Collections in DynamoDB.

DeleteCollection is one conditional write: the item becomes a tombstone that remembers the
generation, and the name is free at once. What the generation left is the purge's business.
"""

import itertools
import logging
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lineament.context import Scope
from lineament.domain.collections import Collection
from lineament.domain.ports import Retagging
from lineament.errors import (
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
    ThrottlingException,
)
from lineament.storage import entries, keys
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.records import (
    ACTIVE,
    DELETED,
    UNREADABLE,
    from_collection_item,
    to_collection_attributes,
)
from lineament.storage.table import Item, Table

_MAX_PAGE = 1000
_SCOPES = 4096
"""That a process remembers to have noted; what it forgets is noted once more."""
_TRIES = 8
_FIRST_PAUSE = 0.01
_log = logging.getLogger(__name__)


class DynamoCollectionStore:
    """The CollectionStore port. Safe to share between threads."""

    def __init__(self, tables: Tables, clock: Callable[[], float] = time.time) -> None:
        """Keep collections in `tables.control`; `clock` tells epoch seconds."""
        self._control = tables.control
        self._faces = tables.faces
        self._clock = clock
        self._known_scopes: set[Scope] = set()

    def create(self, collection: Collection) -> None:
        """Store a new collection.

        Raises:
            ResourceAlreadyExistsException: the scope has a collection of that id.
        """
        self._note_scope(collection.scope)
        # Before the name, so that no reader meets a collection whose log it believes purged.
        opening = entries.entry(collection.generation, 0, entries.to_void())
        self._faces.put(opening)
        if not self._take_name(collection):
            self._faces.delete_many([keys.log_key(collection.generation, 0)])
            raise ResourceAlreadyExistsException(
                f"The collection id: {collection.collection_id} already exists"
            )

    def find(self, scope: Scope, collection_id: str) -> Collection | None:
        """Return the collection as of now, or None."""
        item = self._control.get(keys.collection_key(scope, collection_id))
        return None if item is None else from_collection_item(scope, item)

    def latest(self, collection: Collection) -> int:
        """Return a collection's seq as of now; what it was where the generation is another now."""
        now = self.find(collection.scope, collection.collection_id)
        if now is None or now.generation != collection.generation:
            return collection.seq
        return now.seq

    def count(self, scope: Scope) -> int:
        """Return how many collections the scope has, counted anew: no counter that can drift."""
        return self._control.count(
            keys.scope_partition(scope),
            keys.FIRST_COLLECTION,
            keys.LAST_COLLECTION,
            "#status = :active",
            {":active": {"S": ACTIVE}},
        )

    def page(self, scope: Scope, after: str | None, limit: int) -> list[Collection]:
        """Return up to `limit` collections with id > `after`, by id in code point order."""
        low = keys.FIRST_COLLECTION if after is None else f"{keys.FIRST_COLLECTION}{after}\0"
        items = self._control.query(
            keys.scope_partition(scope), low, keys.LAST_COLLECTION, page=min(limit, _MAX_PAGE)
        )
        found = (from_collection_item(scope, item) for item in items)
        return list(itertools.islice((one for one in found if one is not None), limit))

    def delete(self, collection: Collection) -> bool:
        """Drop the name in one conditional write; False if this generation was gone already."""
        token = secrets.token_hex(8)
        try:
            self._control.update(
                keys.collection_key(collection.scope, collection.collection_id),
                "SET #status = :deleted, #write = :write, #garbage.#key = #seq, #deleted.#key = "
                ":now REMOVE #generation, #model_version, #created, #tags, #rules, #ancestor",
                "#status = :active AND #generation = :generation",
                {
                    ":active": {"S": ACTIVE},
                    ":deleted": {"S": DELETED},
                    ":write": {"S": token},
                    ":now": {"N": str(int(self._clock()))},
                    ":generation": {"S": collection.generation},
                },
                {"#key": collection.generation},
            )
        except ConditionFailed as failed:
            # The client may have sent the write twice, and the first one may have arrived.
            return failed.item is not None and failed.item.get("write") == {"S": token}
        return True

    def retag(self, collection: Collection, change: Retagging) -> None:
        """Replace a collection's tags by what `change` makes of those that it has.

        Raises:
            ResourceNotFoundException: the collection was deleted (or made again) meanwhile.
            ThrottlingException: others changed the tags too often; these are as they were.
        """
        self._replace(collection, "tags", lambda now: replace(now, tags=change(now.tags)))

    def rule(self, collection: Collection, change: Retagging) -> None:
        """Replace the operator's rules on a collection likewise."""
        self._replace(collection, "rules", lambda now: replace(now, rules=change(now.rules)))

    def _replace(
        self, collection: Collection, name: str, change: Callable[[Collection], Collection]
    ) -> None:
        key = keys.collection_key(collection.scope, collection.collection_id)
        now: Collection | None = collection
        for turn in range(_TRIES):
            if now is None or now.lineage != collection.lineage:
                raise ResourceNotFoundException(
                    f"The collection id: {collection.collection_id} does not exist"
                )
            seen, then = to_collection_attributes(now), to_collection_attributes(change(now))
            same = f"#{name} = :seen" if name in seen else f"attribute_not_exists(#{name})"
            try:
                self._control.update(
                    key,
                    f"SET #{name} = :then" if name in then else f"REMOVE #{name}",
                    f"#status = :active AND {same} AND "
                    "(#generation = :lineage OR #ancestor = :lineage)",
                    {
                        **({":then": then[name]} if name in then else {}),
                        **({":seen": seen[name]} if name in seen else {}),
                        ":active": {"S": ACTIVE},
                        ":lineage": {"S": collection.lineage},
                    },
                )
            except ConditionFailed as failed:
                item = failed.item or self._control.get(key)
            else:
                return
            now = None if item is None else from_collection_item(collection.scope, item)
            time.sleep(random.uniform(0.5, 1.0) * _FIRST_PAUSE * 2**turn)  # noqa: S311 - jitter
        raise ThrottlingException(
            f"Others are changing the {name}; they are as they were. Try again"
        )

    def _note_scope(self, scope: Scope) -> None:
        if scope not in self._known_scopes:
            self._control.put(keys.scope_key(scope))
            if len(self._known_scopes) >= _SCOPES:  # Callers name regions: they are not few.
                self._known_scopes.clear()
            self._known_scopes.add(scope)

    def _take_name(self, collection: Collection) -> bool:
        attributes = to_collection_attributes(collection)
        settings = ", ".join(f"#{name} = :{name}" for name in attributes)
        kept = ", ".join(f"#{name} = if_not_exists(#{name}, :none)" for name in _REMEMBERED)
        values: dict[str, Any] = {f":{name}": value for name, value in attributes.items()}
        try:
            self._control.update(
                keys.collection_key(collection.scope, collection.collection_id),
                f"SET {settings}, {kept} REMOVE #write",
                "attribute_not_exists(pk) OR #status = :deleted",
                {**values, ":none": {"M": {}}, ":deleted": {"S": DELETED}},
            )
        except ConditionFailed as failed:
            mine = {"S": collection.generation}
            return failed.item is not None and failed.item.get("generation") == mine
        return True


_REMEMBERED = ("garbage", "deleted")


def known_scopes(control: Table) -> list[Scope]:
    """Return every scope that has, or had, collections; the log tells of items that name none."""
    scopes = []
    for item in control.query(keys.SCOPES, "0", "~"):
        try:
            scopes.append(keys.from_scope_key(item))
        except UNREADABLE as error:
            _log.warning("an item of the known scopes: %s", type(error).__name__)
    return scopes


def all_items(control: Table, scope: Scope) -> list[Item]:
    """Return the items of a scope's collections, tombstones included."""
    partition = keys.scope_partition(scope)
    return list(control.query(partition, keys.FIRST_COLLECTION, keys.LAST_COLLECTION))
