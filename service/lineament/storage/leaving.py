"""Taking faces out of a collection whoever they belong to: they leave their users first.

DeleteFaces spares the faces of users; what expires or is erased must go. Each entry takes the
number right after those that its writer has seen: so no face goes that was indexed again meanwhile,
under the same FaceId. Whoever is overtaken has done no harm, looks again, and goes on.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from lineament.domain.collections import Change, Collection, UserChange
from lineament.domain.standing import Ahead, Standing
from lineament.errors import LineamentError, ResourceNotFoundException
from lineament.storage import entries, keys
from lineament.storage.commit import Committer
from lineament.storage.erase import Eraser
from lineament.storage.faults import ConditionFailed
from lineament.storage.provision import Tables
from lineament.storage.records import ACTIVE
from lineament.storage.table import Item

_TOKEN_BYTES = 8


class _Overtaken(LineamentError):
    """Others have changed the collection since it was seen."""


class Leaving:
    """Takes faces out. Safe to share between threads."""

    def __init__(self, tables: Tables, timer: Callable[[], float] = time.monotonic) -> None:
        """Write to `tables`; `timer` tells seconds since anything."""
        self._tables = tables
        self._timer = timer
        self._eraser = Eraser(tables)

    def take_out(
        self,
        collection: Collection,
        face_ids: Sequence[str],
        standing: Standing,
        *,
        with_users: bool = False,
    ) -> tuple[str, ...] | None:
        """Commit that faces leave their users and the collection, then erase them.

        Args:
            collection: where from.
            face_ids: any number; those that are not there are passed over.
            standing: how the collection stands by its log, expired faces included.
            with_users: users without another face leave as well, with their UserIds.

        Returns:
            Those that were removed; None where others have changed the collection since, in which
            case all, some or none are still there.

        Raises:
            ResourceNotFoundException: the collection was deleted, made again or moved meanwhile.
            ThrottlingException: as None.
        """
        ahead = Ahead(standing)
        owners = ahead.membership.owners
        there = [
            face_id
            for face_id in dict.fromkeys(face_ids)
            if face_id in ahead or face_id in owners or face_id in ahead.membership.erased
        ]
        by_user: defaultdict[str, list[str]] = defaultdict(list)
        for face_id in there:
            if face_id in owners:
                by_user[owners[face_id]].append(face_id)
        removed: list[str] = []
        try:
            for key, mine in by_user.items():
                user = ahead.membership.users[key]
                change = UserChange("disassociate", key, face_ids=tuple(mine))
                if with_users and set(user.faces) <= set(mine):
                    change = UserChange("delete", key)
                self._commit(collection, ahead, entries.to_user_change(change))
                ahead.apply(Change(ahead.seq + 1, user=change))
                if change.action == "delete":
                    self._eraser.erase_names(collection.generation, [user.seq])
            for start in range(0, len(there), entries.MAX_REMOVED):
                removed += self._remove(
                    collection, there[start : start + entries.MAX_REMOVED], ahead
                )
        except _Overtaken:
            return None
        return tuple(removed)

    def _remove(self, collection: Collection, face_ids: Sequence[str], ahead: Ahead) -> list[str]:
        seen = replace(collection, seq=ahead.seq)
        # Read before the commit: a record written later belongs to a call that adds it again.
        records = [keys.face_key(collection.generation, face_id) for face_id in face_ids]
        items = self._tables.faces.get_many(records, ("pk", "sk", "write", "after"))
        self._commit(collection, ahead, entries.to_removed(face_ids))
        effect = ahead.apply(Change(ahead.seq + 1, removed=tuple(face_ids)))
        self._eraser.erase(seen, effect.faces, items, ahead.seq)
        return list(effect.faces)

    def _commit(self, collection: Collection, ahead: Ahead, content: Item) -> None:
        def take(collection: Collection) -> int:
            return self._take_next(collection, ahead.seq)

        committer = Committer(self._tables, self._timer, take)
        write = secrets.token_hex(_TOKEN_BYTES)
        committer.commit(collection, content, write, self._timer())

    def _take_next(self, collection: Collection, seen: int) -> int:
        try:
            changed = self._tables.control.update(
                keys.collection_key(collection.scope, collection.collection_id),
                "ADD #seq :one",
                "#status = :active AND #generation = :generation AND #seq = :seen",
                {
                    ":one": {"N": "1"},
                    ":active": {"S": ACTIVE},
                    ":generation": {"S": collection.generation},
                    ":seen": {"N": str(seen)},
                },
            )
        except ConditionFailed as failed:
            if (failed.item or {}).get("generation") == {"S": collection.generation}:
                raise _Overtaken from failed
            raise ResourceNotFoundException(
                f"The collection id: {collection.collection_id} does not exist"
            ) from failed
        return int(changed["seq"]["N"])
