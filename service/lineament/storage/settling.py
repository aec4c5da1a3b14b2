"""What a committed change did: read from the changes between its writer's view and its number."""

from lineament.domain.collections import Collection
from lineament.domain.standing import Settled, Standing, settle
from lineament.storage.changes import DynamoChangeLog
from lineament.storage.living import LivingFaces
from lineament.storage.provision import Tables


class Settler:
    """Reads logs. Safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        """Read from `tables.faces`."""
        self._log = DynamoChangeLog(tables)

    def settle(self, collection: Collection, below: Standing | None, seq: int) -> Settled:
        """Tell what the change of a number did; others that are still on their way are waited for.

        Args:
            collection: whose log.
            below: how it stood at any earlier number; read from the log's beginning where it is
                None, which costs the more the longer the log is.
            seq: the number.

        Raises:
            ResourceNotFoundException: the generation was deleted and purged.
        """
        if below is None:
            living = LivingFaces(self._log, collection.generation)
            living.read_up_to(seq - 1)
            below = living
        return settle(below, self._log.changes(collection.generation, below.seq, seq))
