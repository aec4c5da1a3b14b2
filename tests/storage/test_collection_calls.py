"""CreateCollection at the quota, what looking at it costs, and what DeleteCollection lets go."""

from dataclasses import replace
from typing import Any

import pytest

from lineament.context import Scope
from lineament.gallery.memory import MemoryGallery
from lineament.handlers.services import Quotas
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.provision import Tables
from tests.conformance import transports
from tests.conformance.asking import refused
from tests.property.conftest import build
from tests.property.engine import picture
from tests.storage.world import SCOPE, make_collection, through


class Narrow:
    """A client that reads two items a page and keeps the answers to queries."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.answers: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name != "query":
            return operation

        def query(**params: Any) -> Any:
            self.answers.append(operation(**{**params, "Limit": 2}))
            return self.answers[-1]

        return query


def client_of(tables: Tables, endpoint: str, quota: int) -> Any:
    """Return a client of a deployment with a quota of collections."""
    parts = build(tables, endpoint)
    services = replace(parts.services, quotas=Quotas(collections=quota, faces=10, users=10))
    return transports.client(replace(parts, services=services).handle, None, SCOPE.account)


def test_a_taken_name_is_told_at_the_quota_too(tables: Tables, moto_endpoint: str) -> None:
    """Lost: programs that create and go on if it exists stop working in a full account."""
    c = client_of(tables, moto_endpoint, quota=2)
    for name in "ab":
        c.create_collection(CollectionId=name)
    refused(c.create_collection, "ResourceAlreadyExistsException", CollectionId="a")
    refused(c.create_collection, "ServiceQuotaExceededException", CollectionId="c")
    c.delete_collection(CollectionId="a")
    c.create_collection(CollectionId="c")


@pytest.mark.parametrize("many", [0, 1, 5])
def test_counting_reads_every_page_and_no_item(tables: Tables, many: int) -> None:
    """Lost: a quota that holds for the first page only, or a create that loads the account."""
    for number in range(many):
        make_collection(tables, f"c{number}")
    make_collection(tables, "other", Scope("999999999999", SCOPE.region))
    DynamoCollectionStore(tables).delete(make_collection(tables, "c00"))
    narrow = Narrow(tables.control.client)
    assert DynamoCollectionStore(through(tables, narrow)).count(SCOPE) == many
    assert len(narrow.answers) > many // 2
    assert not any(answer.get("Items") for answer in narrow.answers)


def test_deleting_a_collection_drops_its_gallery(tables: Tables, moto_endpoint: str) -> None:
    """Lost: what DeleteCollection was to erase stays in the server's memory."""
    parts = build(tables, moto_endpoint)
    c = transports.client(parts.handle, None, SCOPE.account)
    c.create_collection(CollectionId="a")
    c.index_faces(CollectionId="a", Image={"Bytes": picture([[1, 0, 0, 0, 0, 0]])})
    assert c.describe_collection(CollectionId="a")["FaceCount"] == 1
    gallery = parts.services.gallery
    assert isinstance(gallery, MemoryGallery)
    assert gallery.nbytes() > 0
    c.delete_collection(CollectionId="a")
    assert gallery.nbytes() == 0
