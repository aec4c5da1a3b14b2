"""What a deployment does while nobody calls it: docs/cost.md counts it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from lambdas import container
from tests.emulated import set_meanwhile
from tests.infra.stack import REGION, Stack, inside_moto


@pytest.fixture
def retention() -> Iterator[Any]:
    """Give the entry of housekeeping, in a stack in which nothing is."""
    with inside_moto():
        stack = Stack()
        # moto denies what is denied under a condition only.
        boto3.client("s3", REGION).delete_bucket_policy(Bucket=stack.ids["AuditBucket"])
        with set_meanwhile(stack.environment("Retention")):
            container.forget()
            yield stack.entry("Retention")
            container.forget()


def test_an_idle_round_calls_as_little_as_the_page_says(
    retention: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: each round asks for more, 2,880 times a month, and the page still says it does not."""
    calls: Counter[str] = Counter()
    call = BaseClient._make_api_call

    def counted(self: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        calls[operation] += 1
        return call(self, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    done = retention({}, None)
    assert set(done.values()) == {0}
    assert calls == {
        "Query": 3,
        "ListObjectsV2": 1,
        "ListMultipartUploads": 1,
        "GetSecretValue": 1,
    }
    calls.clear()
    for name in ("a", "b"):
        container.application().call(
            "CreateCollection", b'{"CollectionId": "%s"}' % name.encode(), container.scope()
        )
    retention({}, None)  # the first one looks at each collection whole
    calls.clear()
    retention({}, None)
    assert calls["GetItem"] == 2 + 1, "one for each collection, and one for the account's trail"
    assert calls["BatchGetItem"] == 1, "whether that trail has grown"
    assert calls["PutObject"] == 0, "it was anchored in the first round"
    assert calls.total() <= 2 + 2 + 2 + 2 + 4
