"""The three tables of a deployment, and making them where they are missing.

`<name>` holds what is small and listed: collections, secrets. `<name>-faces` holds what grows: face
records and change logs, read by exact key. They are two because moto walks a whole table for each
Query: in one table, listing collections took 8 ms beside 100 faces and 204 ms beside 10,000.
`<name>-trust` holds who may call and what they did. It is a table of its own because those who
serve calls may add to it and never erase from it.
"""

import logging
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from lineament.errors import ServiceUnavailable
from lineament.storage.clients import dynamodb_client
from lineament.storage.faults import from_dynamodb
from lineament.storage.table import Table

FACES_SUFFIX = "-faces"
TRUST_SUFFIX = "-trust"
_POLL_SECONDS = 1
_POLLS = 60
_EXPIRES = "expires"
"""The attribute by which DynamoDB erases records of its own accord: epoch seconds."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tables:
    """Where this deployment keeps its records."""

    control: Table
    """Collections, scopes, secrets."""
    faces: Table
    """Face records and change logs."""
    trust: Table
    """Access keys, accounts, suspensions, quotas, and the audit trail."""

    @classmethod
    def of(cls, client: Any, name: str) -> "Tables":  # noqa: ANN401
        """Return the tables named after `name`, reached through a boto3 DynamoDB client."""
        return cls(
            Table(client, name),
            Table(client, name + FACES_SUFFIX),
            Table(client, name + TRUST_SUFFIX),
        )


def connect(name: str, region: str, endpoint_url: str | None = None) -> Tables:
    """Return the tables named after `name`, in `region`; makes no call."""
    return Tables.of(dynamodb_client(region, endpoint_url), name)


def ensure_tables(tables: Tables) -> None:
    """Make the tables that are missing, wait until all can be used, and let records expire.

    Any number of processes may do this at once.

    Raises:
        ServiceUnavailable: DynamoDB does not answer, or a table is not active within a minute.
    """
    for table in (tables.control, tables.faces, tables.trust):
        _ensure(table)
    for table in (tables.faces, tables.trust):
        _let_expire(table)


def _ensure(table: Table) -> None:
    try:
        status = _find_status(table)
        if status is None:
            _create(table)
        if status != "ACTIVE":
            table.client.get_waiter("table_exists").wait(
                TableName=table.name,
                WaiterConfig={"Delay": _POLL_SECONDS, "MaxAttempts": _POLLS},
            )
    except WaiterError as error:
        raise ServiceUnavailable(f"The DynamoDB table {table.name} is not active yet") from error
    except (ClientError, BotoCoreError) as error:
        raise from_dynamodb(error) from error


def _find_status(table: Table) -> str | None:
    try:
        answer = table.client.describe_table(TableName=table.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return str(answer["Table"]["TableStatus"])


def _create(table: Table) -> None:
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    try:
        table.client.create_table(
            TableName=table.name,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name, _ in keys
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise  # Another process making it at the same moment is as good.


def _let_expire(table: Table) -> None:
    """Have DynamoDB erase what has expired. Without it nothing is wrong, and records pile up."""
    try:
        answer = table.client.describe_time_to_live(TableName=table.name)
        if answer["TimeToLiveDescription"]["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}:
            return
        table.client.update_time_to_live(
            TableName=table.name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": _EXPIRES},
        )
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "ValidationException":
            return  # DynamoDB's answer where another process has done it at the same moment.
        _log.warning("the table %s keeps expired records: %s", table.name, code)
    except BotoCoreError as error:
        _log.warning("the table %s keeps expired records: %s", table.name, type(error).__name__)
