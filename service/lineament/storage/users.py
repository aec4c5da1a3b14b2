"""Users in the log of their collection: there is no other record of them."""

from collections.abc import Callable

from lineament.domain.collections import Collection, UserChange
from lineament.domain.idempotency import Attempt
from lineament.domain.snapshots import Snapshots
from lineament.domain.standing import Settled, Standing
from lineament.storage import entries, keys
from lineament.storage.commit import Committer
from lineament.storage.erase import Eraser
from lineament.storage.provision import Tables
from lineament.storage.settling import Settler

_READ = 500
"""Log numbers looked through at once."""


class DynamoUserStore:
    """The UserStore port. Safe to share between threads."""

    def __init__(
        self,
        tables: Tables,
        *,
        take_number: Callable[[Collection], int] | None = None,
        snapshots: Snapshots | None = None,
    ) -> None:
        """Write to `tables`; for `take_number` see `Committer`, for `snapshots` see `Settler`."""
        self._faces = tables.faces
        self._committer = Committer(tables, take_number=take_number)
        self._eraser = Eraser(tables)
        self._settler = Settler(tables, snapshots)

    def commit(
        self, collection: Collection, standing: Standing, change: UserChange, attempt: Attempt
    ) -> Settled:
        """Commit a change of a user and tell what it did when its turn came.

        Args:
            collection: its generation must still be the live one.
            standing: how it stood when the caller decided on the change.
            change: what to do.
            attempt: its `write` marks the entry.

        Raises:
            ResourceNotFoundException: the collection was deleted (or made again) meanwhile.
            ThrottlingException: nothing was stored; a repeated call may succeed.
        """
        started = self._committer.timer()
        content = entries.to_user_change(change)
        seq = self._committer.commit(collection, content, attempt.write, started)
        done = self._settler.settle(collection, standing, seq)
        if change.user_id and not done.effect.changed:
            self.forget_name(collection, seq)  # of a user that another number has made
        # A call with the same token may have been at work at the same time, begun before or after.
        # Only now is no entry below `seq` on its way any more.
        first = self._first(collection, attempt, seq)
        return done if first is None else self._settler.settle(collection, None, first)

    def recall(
        self, collection: Collection, attempt: Attempt, standing: Standing
    ) -> Settled | None:
        """Tell what another call of the same token did, or None if `standing` holds nothing of it.

        Args:
            collection: whose log.
            attempt: its `write` marks the entry.
            standing: what the caller is about to judge by; may be ahead of `collection`.
        """
        if attempt.generation != collection.generation:
            return None
        first = self._first(collection, attempt, standing.seq + 1)
        return None if first is None else self._settler.settle(collection, None, first)

    def forget_name(self, collection: Collection, seq: int) -> None:
        """Erase the UserId that the entry of a number holds. What a crash leaves, the sweep does.

        Args:
            collection: whose log.
            seq: the number that made a user that is not there any more.
        """
        self._eraser.erase_names(collection.generation, [seq])

    def _first(self, collection: Collection, attempt: Attempt, below: int) -> int | None:
        """Return the lowest number after the attempt's and under `below` that bears its `write`."""
        for start in range(attempt.after + 1, below, _READ):
            numbers = range(start, min(start + _READ, below))
            log = [keys.log_key(collection.generation, seq) for seq in numbers]
            found = [
                entries.seq_of(item)
                for item in self._faces.get_many(log, ("sk", "write"))
                if entries.write_of(item) == attempt.write
            ]
            if found:
                return min(found)
        return None
