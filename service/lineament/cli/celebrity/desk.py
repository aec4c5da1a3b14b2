"""The gallery of celebrities, which no caller can reach, as a collection to work on."""

from lineament.cli.bulk.desk import CollectionDesk
from lineament.domain.celebrities import COLLECTION_ID, SCOPE
from lineament.domain.collections import Collection
from lineament.errors import LineamentError
from lineament.handlers.services import Services


class Desk(CollectionDesk):
    """The gallery of celebrities of a deployment."""

    def __init__(self, services: Services) -> None:
        """Work through a deployment's services."""
        super().__init__(services, SCOPE, COLLECTION_ID)

    def require(self) -> Collection:
        """Return the gallery as of now.

        Raises:
            LineamentError: there is none.
        """
        gallery = self.find()
        if gallery is None:
            raise LineamentError("there is no gallery of celebrities; import a manifest first")
        return gallery
