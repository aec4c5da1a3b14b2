"""Access keys in the table, on both emulators; revocation in every process, by the clock too."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from lineament import config
from lineament.access import connect_credentials, read_root_key
from lineament.app import build_application
from lineament.auth.authenticator import Authenticator
from lineament.auth.credentials import AccessKey
from lineament.auth.derivation import RootKey, new_root_key
from lineament.auth.issuing import Issued, Order, issue
from lineament.auth.sources import TableKeys
from lineament.context import Scope
from lineament.errors import (
    CannotStart,
    InvalidSignatureException,
    ServiceUnavailable,
    UnrecognizedClientException,
)
from lineament.fresh import FreshCache
from lineament.storage.access_keys import DynamoAccessKeys
from lineament.storage.clients import secretsmanager_client
from lineament.storage.provision import Tables, connect
from tests.security.world import key_file
from tests.unit.signing import boto_signed

ROOT = RootKey(bytes(range(32)))
ACCOUNT, OTHER = "029608264753", "111122223333"


def made(tables: Tables, account: str = ACCOUNT, seconds: float | None = None) -> Issued:
    new = issue(ROOT, Order(account, "door", ["read-only"], seconds), time.time())
    records = DynamoAccessKeys(tables)
    named = (account, new.key.access_key_id)
    assert records.add(*named, new.document, new.seal, new.key.expires)
    return new


def refused(authenticator: Authenticator, key: AccessKey) -> bool:
    now = time.time()
    try:
        authenticator.authenticate(boto_signed(b"{}", key=key, now=now), now)
    except UnrecognizedClientException:
        return True
    return False


def test_a_key_comes_back_as_it_was_made(tables: Tables) -> None:
    """Lost: a key does not work, or its secret is in the table."""
    new = made(tables)
    assert TableKeys(DynamoAccessKeys(tables), ROOT).find(new.key.access_key_id) == new.key
    stored = tables.trust.client.scan(TableName=tables.trust.name)["Items"]
    assert new.key.secret not in repr(stored)
    assert len(stored) == 2


def test_an_id_that_is_taken_stays_with_its_key(tables: Tables) -> None:
    """Lost: of two keys that get one id by chance, the first stops working."""
    new = made(tables)
    records = DynamoAccessKeys(tables)
    assert not records.add(ACCOUNT, new.key.access_key_id, "{}", b"x")
    assert TableKeys(records, ROOT).find(new.key.access_key_id) == new.key


def test_the_record_of_a_temporary_key_outlives_the_key(tables: Tables) -> None:
    """Lost: records of temporary keys pile up, or go before their users learn that they expired."""
    new = made(tables, seconds=3600)
    items = tables.trust.client.scan(TableName=tables.trust.name)["Items"]
    assert new.key.expires is not None
    assert {int(item["expires"]["N"]) for item in items} == {int(new.key.expires) + 30 * 86400}


def test_revoking(tables: Tables) -> None:
    """Lost: a revocation does nothing, is told as done where there was nothing, or makes a key."""
    new = made(tables)
    records = DynamoAccessKeys(tables)
    assert records.revoke(new.key.access_key_id, 1_800_000_000) is True
    assert records.revoke(new.key.access_key_id, 1_800_000_009) is False
    assert [each.revoked for each in records.list(ACCOUNT)] == [1_800_000_000]
    assert records.revoke("AKIANOBODY", 1_800_000_000) is None
    assert records.find("AKIANOBODY") is None
    found = TableKeys(records, ROOT).find(new.key.access_key_id)
    assert found is not None
    assert found.disabled


def test_lists_by_account(tables: Tables) -> None:
    """Lost: an operator revokes the keys of one account and misses some, or hits another's."""
    mine = {made(tables).document for _ in range(3)}
    others = {made(tables, OTHER).document}
    records = DynamoAccessKeys(tables)
    assert {each.document for each in records.list(ACCOUNT)} == mine
    assert {each.document for each in records.list(OTHER)} == others
    assert {each.document for each in records.list()} == mine | others
    assert list(records.list("999999999999")) == []


def test_a_crash_between_the_two_writes_names_no_key(tables: Tables) -> None:
    """Lost: after a crash `keys list` ends in an error."""

    class Crashing:
        def __getattr__(self, name: str) -> Any:
            return getattr(tables.trust.client, name)

        def put_item(self, **params: Any) -> Any:
            if params["Item"]["sk"]["S"] == "KEY":
                raise ConnectionError
            return tables.trust.client.put_item(**params)

    broken = Tables.of(Crashing(), tables.control.name)
    with pytest.raises(ConnectionError):
        made(broken)
    assert list(DynamoAccessKeys(tables).list()) == []


def test_two_processes_see_a_revocation_by_their_clocks(tables: Tables) -> None:
    """Lost: a stolen key goes on working in the process that did not revoke it."""
    new = made(tables)
    records = DynamoAccessKeys(tables)
    times = [100.0, 500.0]
    caches = [FreshCache(records.find, clock=lambda at=each: times[at]) for each in (0, 1)]  # type: ignore[misc]
    access_key_id = new.key.access_key_id
    for cache in caches:
        record = cache.get(access_key_id)
        assert record is not None
        assert not record[2]
    records.revoke(access_key_id, time.time())
    times[:] = [102.0, 502.0]
    for cache in caches:
        record = cache.get(access_key_id)
        assert record is not None
        assert record[2]


def test_two_processes_see_a_revocation_within_five_seconds(tables: Tables) -> None:
    """Lost: the promise of docs/keys.md, measured on a real clock under steady use."""
    new, bystander = made(tables), made(tables)
    processes = [
        Authenticator(TableKeys(DynamoAccessKeys(each), ROOT))
        for each in (tables, Tables.of(tables.trust.client, tables.control.name))
    ]
    assert [refused(each, new.key) for each in processes] == [False, False]
    DynamoAccessKeys(tables).revoke(new.key.access_key_id, time.time())
    began = time.monotonic()
    waiting = dict(enumerate(processes))
    while waiting and time.monotonic() - began < 5:
        for number in [at for at, each in waiting.items() if refused(each, new.key)]:
            del waiting[number]
        time.sleep(0.02)
    assert not waiting
    assert time.monotonic() - began < 2.5
    assert [refused(each, bystander.key) for each in processes] == [False, False]


def test_a_table_that_is_away_is_told_as_that(tables: Tables) -> None:
    """Lost: while DynamoDB is away a right key is refused as unknown, and clients do not retry."""
    new = made(tables)
    gone = Tables.of(tables.trust.client, f"{tables.control.name}-gone")
    with pytest.raises(ServiceUnavailable):
        TableKeys(DynamoAccessKeys(gone), ROOT).find(new.key.access_key_id)


with_secrets_manager = pytest.mark.parametrize("moto_endpoint", ["moto"], indirect=True)
"""The other emulator has none."""


@pytest.fixture
def manager(moto_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a client of an emulated Secrets Manager, which the service finds too."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto_endpoint)
    return secretsmanager_client("us-east-1")


@with_secrets_manager
def test_keys_and_root_key_in_secrets_manager(manager: Any, tables: Tables) -> None:
    """Lost: a deployment without a disk to keep secrets on cannot have any."""
    name = tables.control.name
    text = new_root_key()
    arn = manager.create_secret(Name=f"{name}-root", SecretString=text)["ARN"]
    for where in (f"secretsmanager:{name}-root", arn):
        found = read_root_key(where, "us-east-1")
        assert found.derive("x") == RootKey.read(text.encode()).derive("x")
    entry = {
        "id": "AKIAOWN",
        "secret": "s" * 40,
        "account": ACCOUNT,
        "user": "door",
        "policies": ["read-only"],
    }
    manager.create_secret(Name=f"{name}-keys", SecretString=json.dumps([entry]))
    new = made(tables)
    credentials = connect_credentials(f"secretsmanager:{name}-keys", "", tables)
    own = credentials.find("AKIAOWN")
    assert own is not None
    assert (own.account, own.secret) == (ACCOUNT, "s" * 40)
    assert credentials.find(new.key.access_key_id) is None
    manager.put_secret_value(SecretId=f"{name}-keys", SecretString=json.dumps([]))
    deadline = time.monotonic() + 5
    while credentials.find("AKIAOWN") is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert credentials.find("AKIAOWN") is None


@with_secrets_manager
def test_a_secret_that_is_not_there(manager: Any, tables: Tables) -> None:
    """Lost: a wrong name in a setting is found by callers, or ends in an error of ours."""
    assert manager
    with pytest.raises(CannotStart, match="ResourceNotFoundException"):
        read_root_key(f"secretsmanager:{tables.control.name}", "us-east-1")
    with pytest.raises(ServiceUnavailable):
        connect_credentials(f"secretsmanager:{tables.control.name}", "", tables).find("AKIAOWN")


@pytest.mark.parametrize(
    ("access_keys", "root_key", "told"),
    [
        ("", "", "there are no access keys: set LINEAMENT_ACCESS_KEYS"),
        (" , ", "", "there are no access keys"),
        ("table", "", "set LINEAMENT_ROOT_KEY to file:/path"),
        ("table", "file:/nowhere/root", "LINEAMENT_ROOT_KEY: .*No such file"),
        ("table", "env:X", "set LINEAMENT_ROOT_KEY"),
        ("file:/nowhere/keys", "", "LINEAMENT_ACCESS_KEYS: .*No such file"),
        ("file:", "", "names no source"),
        ("https://x", "", "names no source of access keys: https://x"),
    ],
)
def test_settings_that_name_nothing_stop_a_server(
    access_keys: str, root_key: str, told: str
) -> None:
    """Lost: a server starts that nobody, or everybody, can call."""
    tables = connect("t", "us-east-1", "http://127.0.0.1:9")
    with pytest.raises(CannotStart, match=told):
        connect_credentials(access_keys, root_key, tables)


def test_a_trail_that_cannot_be_signed_stops_a_server(tmp_path: Path) -> None:
    """Lost: a server with a wrong root key starts, and fails every call that is recorded."""
    settings = config.load(
        {
            "LINEAMENT_ACCESS_KEYS": f"file:{key_file(tmp_path)}",
            "LINEAMENT_ROOT_KEY": f"file:{tmp_path / 'nowhere'}",
        }
    )
    application = build_application(settings, connect("t", "us-east-1", "http://127.0.0.1:9"))
    with pytest.raises(CannotStart, match=r"LINEAMENT_ROOT_KEY: .*No such file"):
        application.ready()


def test_scopes_of_other_partitions_and_regions(tables: Tables) -> None:
    """Lost: a policy on arn:aws-cn users is compared with arn:aws; made-up regions bring quotas."""
    new = made(tables)
    authenticator = Authenticator(TableKeys(DynamoAccessKeys(tables), ROOT))
    now = time.time()
    request = boto_signed(b"{}", key=new.key, region="cn-north-1", now=now)
    principal, scope, _ = authenticator.authenticate(request, now)
    assert scope == Scope(ACCOUNT, "cn-north-1")
    assert principal.arn == f"arn:aws-cn:iam::{ACCOUNT}:user/door"
    one = Authenticator(
        TableKeys(DynamoAccessKeys(tables), ROOT), regions=frozenset({"us-east-1", "eu-west-1"})
    )
    with pytest.raises(InvalidSignatureException, match="valid region"):
        one.authenticate(request, now)
