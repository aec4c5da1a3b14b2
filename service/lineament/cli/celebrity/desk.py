"""Calls of the API's own handlers on the gallery of celebrities, which no caller can reach."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from lineament.context import CallContext, Principal
from lineament.domain.celebrities import COLLECTION_ID, SCOPE
from lineament.domain.collections import Collection
from lineament.errors import LineamentError
from lineament.handlers.services import Services
from lineament.handlers.table import OPERATIONS


class Desk:
    """The gallery of celebrities of a deployment."""

    def __init__(self, services: Services) -> None:
        """Work through a deployment's services."""
        self.services = services

    def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Run an operation on the gallery; `params` need no CollectionId.

        Raises:
            WireError: as the operation's handler.
        """
        principal = Principal(SCOPE.account, SCOPE.account)
        call = CallContext(SCOPE, principal, operation, str(uuid.uuid4()), time.time())
        whole = {"CollectionId": COLLECTION_ID, **params}
        return OPERATIONS[operation](self.services, call, whole)

    def find(self) -> Collection | None:
        """Return the gallery as of now, or None."""
        return self.services.collections.find(SCOPE, COLLECTION_ID)

    def require(self) -> Collection:
        """Return the gallery as of now.

        Raises:
            LineamentError: there is none.
        """
        gallery = self.find()
        if gallery is None:
            raise LineamentError("there is no gallery of celebrities; import a manifest first")
        return gallery
