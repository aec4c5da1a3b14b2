"""Suspensions: seen in every process within seconds, with their reason, and taken back."""

import pytest

from lineament.context import Scope
from lineament.domain.suspension import (
    ACCOUNT,
    Suspension,
    collection_name,
    key_name,
    require_active,
)
from lineament.errors import AccessDeniedException, ServiceUnavailable
from lineament.storage import keys
from lineament.storage.provision import Tables
from lineament.storage.suspensions import DynamoSuspensions, TooManySuspended

SCOPE = Scope("111122223333", "eu-west-1")
WHY = Suspension("searched for a colleague", "ops", 1_800_000_000.0)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.mark.parametrize(
    "name", [ACCOUNT, key_name("AKIA1"), collection_name("eu-west-1", "people")]
)
def test_another_process_refuses_within_three_seconds(tables: Tables, name: str) -> None:
    """Lost: who was cut off goes on searching through the other workers."""
    here, clock = DynamoSuspensions(tables), Clock()
    there = DynamoSuspensions(tables, clock)
    require_active(there.of(SCOPE.account), SCOPE, "AKIA1", "people")
    assert here.suspend(SCOPE.account, name, WHY) is None
    clock.now += 3
    with pytest.raises(AccessDeniedException, match="since 2027-01-15T08:00:00Z: searched for a"):
        require_active(there.of(SCOPE.account), SCOPE, "AKIA1", "people")
    assert here.reinstate(SCOPE.account, name) == WHY
    clock.now += 3
    require_active(there.of(SCOPE.account), SCOPE, "AKIA1", "people")


def test_others_of_the_account_go_on(tables: Tables) -> None:
    """Lost: one bad key takes the whole account with it."""
    suspensions = DynamoSuspensions(tables)
    suspensions.suspend(SCOPE.account, key_name("AKIA1"), WHY)
    suspensions.suspend(SCOPE.account, collection_name("eu-west-1", "people"), WHY)
    require_active(suspensions.of(SCOPE.account), SCOPE, "AKIA2", None)
    require_active(suspensions.of(SCOPE.account), SCOPE, "AKIA2", "album")
    elsewhere = Scope(SCOPE.account, "us-east-1")
    require_active(suspensions.of(SCOPE.account), elsewhere, "AKIA2", "people")
    assert suspensions.of("999999999999") == {}


def test_a_second_suspension_replaces_the_reason(tables: Tables) -> None:
    """Lost: nobody learns the newer reason, or a second one fails."""
    suspensions = DynamoSuspensions(tables)
    suspensions.suspend(SCOPE.account, ACCOUNT, WHY)
    newer = Suspension("court order", "legal", 1_800_000_001.0)
    assert suspensions.suspend(SCOPE.account, ACCOUNT, newer) == WHY
    assert suspensions.of(SCOPE.account) == {ACCOUNT: newer}
    assert suspensions.reinstate(SCOPE.account, ACCOUNT) == newer
    assert suspensions.reinstate(SCOPE.account, ACCOUNT) is None


def test_nobody_is_let_in_for_long_by_a_database_that_is_gone(tables: Tables) -> None:
    """Lost: an outage of DynamoDB lets a suspended caller in."""
    clock = Clock()
    suspensions = DynamoSuspensions(tables, clock)
    assert suspensions.of(SCOPE.account) == {}
    suspensions._trust = Tables.of(_Silent(), "lineament").trust
    clock.now += 3
    assert suspensions.of(SCOPE.account) == {}
    clock.now += 2
    with pytest.raises(ServiceUnavailable, match="Whether this account is suspended"):
        suspensions.of(SCOPE.account)


def test_a_thousand_is_the_most(tables: Tables) -> None:
    """Lost: the item grows until DynamoDB takes no suspension of the account any more."""
    many = {f"KEY#{number}": {"M": {}} for number in range(1000)}
    tables.trust.put({**keys.suspended_key(SCOPE.account), "suspended": {"M": many}})
    suspensions = DynamoSuspensions(tables)
    suspensions.read = lambda _account: {}  # type: ignore[method-assign] # of things without reason
    with pytest.raises(TooManySuspended, match="1000 suspensions"):
        suspensions.suspend(SCOPE.account, ACCOUNT, WHY)


class _Silent:
    def __getattr__(self, name: str) -> object:
        def call(**_params: object) -> object:
            raise ServiceUnavailable

        return call
