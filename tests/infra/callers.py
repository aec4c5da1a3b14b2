"""Callers of a deployed stack: access keys of ours, and what their accounts are granted."""

import time

from lineament import config
from lineament.access import read_root_keys
from lineament.auth.credentials import AccessKey
from lineament.auth.issuing import Order
from lineament.cli.keyring.rings import TableRing
from lineament.context import Scope
from lineament.domain.consent import Consent
from lineament.domain.grants import Grant
from lineament.storage.access_keys import DynamoAccessKeys
from lineament.storage.accounts import DynamoAccounts
from lineament.storage.consents import DynamoConsents
from lineament.storage.provision import Tables, connect


def new_key(account: str) -> AccessKey:
    """Make an access key that may do everything, in the deployment of this environment."""
    settings = config.load()
    roots = read_root_keys(settings.root_key, settings.region)
    order = Order(account, "door", ["full-access"])
    return TableRing(DynamoAccessKeys(_tables()), roots).create(order, time.time()).key


def grant(account: str, bucket: str) -> None:
    """Let an account name a bucket, and call so often that it is counted."""
    DynamoAccounts(_tables()).put(account, Grant((bucket,), (("*", 1000.0),)))


def consent(account: str, name: str) -> None:
    """Have somebody agree to be indexed."""
    scope = Scope(account, config.load().region)
    DynamoConsents(_tables()).add(scope, Consent(name, time.time(), "ops"))


def forget_trail(tables: Tables) -> None:
    """Let the next entry of each account's audit trail be its first."""
    for item in tables.trust.scan(("pk", "sk")):
        if str(item["pk"]["S"]).startswith("AUDIT"):
            tables.trust.delete_many([{"pk": item["pk"], "sk": item["sk"]}])


def _tables() -> Tables:
    settings = config.load()
    return connect(settings.table, settings.region)
