"""Tables made, and made fit, at the start of a process."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.tokens import DynamoTokens
from tests.storage.conftest import REGION
from tests.storage.test_tokens import NOW, WEEK, claim
from tests.storage.world import stored_items, through


class Refusing:
    """A client whose role may not change what expires."""

    def __init__(self, client: Any, operation: str, code: str) -> None:
        self._client = client
        self._operation = operation
        self._code = code

    def __getattr__(self, name: str) -> Any:
        if name != self._operation:
            return getattr(self._client, name)

        def refuse(**_: Any) -> None:
            raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, name)

        return refuse


def expiry_of(tables: Tables) -> dict[str, Any]:
    client = tables.faces.client
    answer = client.describe_time_to_live(TableName=tables.faces.name)["TimeToLiveDescription"]
    assert isinstance(answer, dict)
    return answer


def test_records_of_request_tokens_expire(tables: Tables) -> None:
    """Lost: a table grows for ever by one item a call."""
    DynamoTokens(tables).begin(claim())
    (item,) = stored_items(tables, "TOKEN#")
    told = expiry_of(tables)
    assert told["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
    assert item[told["AttributeName"]] == {"N": str(int(NOW) + WEEK)}


def test_a_table_of_an_older_release_gets_its_expiry_once(moto_endpoint: str) -> None:
    """Lost: deployments that were there before keep every request token."""
    tables = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    refusing = Refusing(tables.faces.client, "update_time_to_live", "AccessDeniedException")
    ensure_tables(through(tables, refusing))
    assert expiry_of(tables)["TimeToLiveStatus"] == "DISABLED"
    ensure_tables(tables)
    assert expiry_of(tables)["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
    ensure_tables(tables)


@pytest.mark.parametrize("operation", ["describe_time_to_live", "update_time_to_live"])
def test_a_role_that_may_not_set_expiry_starts_all_the_same(
    moto_endpoint: str, caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    """Lost: an upgrade with the old policy does not start, or the operator never learns why."""
    tables = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    ensure_tables(through(tables, Refusing(tables.faces.client, operation, "AccessDenied")))
    assert tables.faces.name in caplog.text
    assert "AccessDenied" in caplog.text
    DynamoTokens(tables).begin(claim())


def test_two_processes_at_once_set_expiry_without_a_warning(
    moto_endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: every rolling start warns of a fault that is none."""
    tables = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    late = Refusing(tables.faces.client, "update_time_to_live", "ValidationException")
    ensure_tables(through(tables, late))
    assert "request tokens" not in caplog.text
