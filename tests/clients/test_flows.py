"""Every flow through every client."""

import pytest

from lineament.handlers.table import OPERATIONS
from tests.clients import flows
from tests.clients.calling import Client, Output, Params
from tests.clients.conftest import Photos

FLOWS: dict[flows.Flow, set[str]] = {
    flows.collections: {
        "CreateCollection",
        "DescribeCollection",
        "ListCollections",
        "DeleteCollection",
    },
    flows.faces: {"IndexFaces", "ListFaces", "SearchFaces", "SearchFacesByImage", "DeleteFaces"},
    flows.looks: {"DetectFaces", "CompareFaces"},
    flows.users: {
        "CreateUser",
        "ListUsers",
        "AssociateFaces",
        "DisassociateFaces",
        "DeleteUser",
    },
    flows.user_search: {"SearchUsers", "SearchUsersByImage"},
    flows.tags: {"TagResource", "UntagResource", "ListTagsForResource"},
    flows.celebrities: {"RecognizeCelebrities", "GetCelebrityInfo"},
}
"""The operations that each flow is there for."""


class Noting:
    """A client that notes which operations it was asked."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.account = client.account
        self.unmodelled = client.unmodelled
        self.asked: set[str] = set()

    def call(self, operation: str, params: Params) -> Output:
        self.asked.add(operation)
        return self._client.call(operation, params)

    def pages(self, operation: str, params: Params, size: int) -> list[Output]:
        self.asked.add(operation)
        return self._client.pages(operation, params, size)

    def wait(self, waiter: str, params: Params) -> str:
        return self._client.wait(waiter, params)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_flow(flow: flows.Flow, client: Client, photos: Photos) -> None:
    """Lost: an application's whole use of the service, for those who write it with this SDK."""
    noting = Noting(client)
    flow(noting, photos)
    assert FLOWS[flow] <= noting.asked


def test_every_operation_is_in_a_flow() -> None:
    """Lost: an operation that no client but boto3 has ever called."""
    assert set().union(*FLOWS.values()) == OPERATIONS.keys()
