"""Calls of the API's own handlers on one collection, without a server."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from lineament.context import CallContext, Principal, Scope
from lineament.domain.collections import Collection
from lineament.handlers.services import Services
from lineament.handlers.table import OPERATIONS


class CollectionDesk:
    """One collection of a deployment."""

    def __init__(self, services: Services, scope: Scope, collection_id: str) -> None:
        """Work through a deployment's services; the collection need not be there yet."""
        self.services = services
        self.scope = scope
        self.collection_id = collection_id

    def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Run an operation on the collection; `params` need no CollectionId.

        Raises:
            WireError: as the operation's handler.
        """
        principal = Principal(self.scope.account, self.scope.account)
        call = CallContext(self.scope, principal, operation, str(uuid.uuid4()), time.time())
        whole = {"CollectionId": self.collection_id, **params}
        return OPERATIONS[operation](self.services, call, whole)

    def find(self) -> Collection | None:
        """Return the collection as of now, or None."""
        return self.services.collections.find(self.scope, self.collection_id)
