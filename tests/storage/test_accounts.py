"""What accounts are granted: the records, and what a process remembers of them."""

import pytest

from lineament.domain.grants import Grant
from lineament.errors import ServiceUnavailable
from lineament.storage.accounts import DynamoAccounts, RememberedGrants
from lineament.storage.provision import Tables

A, B = "111122223333", "444455556666"
GRANT = Grant(("photos", "team-*"), (("IndexFaces", 12.5), ("List*", None)))


def test_records_come_back_as_they_were_put(tables: Tables) -> None:
    """Lost: an account reads other buckets than it was granted, or calls at another rate."""
    accounts = DynamoAccounts(tables)
    assert accounts.find(A) is None
    accounts.put(A, GRANT)
    accounts.put(B, Grant())
    assert (accounts.find(A), accounts.find(B)) == (GRANT, Grant())
    assert list(accounts.each()) == [(A, GRANT), (B, Grant())]
    accounts.put(A, Grant(("photos",)))
    assert accounts.find(A) == Grant(("photos",))
    assert accounts.remove(A)
    assert not accounts.remove(A)
    assert accounts.find(A) is None
    assert list(accounts.each()) == [(B, Grant())]


def test_a_grant_that_was_only_listed_grants_nothing(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: after a crash, an account shows up with what it does not have, or is never shown."""
    accounts = DynamoAccounts(tables)
    put, puts = tables.trust.put, []

    def crash(item: dict[str, dict[str, str]]) -> None:
        puts.append(item)
        if len(puts) == 2:
            raise KeyboardInterrupt
        put(item)

    monkeypatch.setattr(tables.trust, "put", crash)
    with pytest.raises(KeyboardInterrupt):
        accounts.put(A, GRANT)
    assert list(accounts.each()) == []
    monkeypatch.undo()
    accounts.put(A, GRANT)
    assert list(accounts.each()) == [(A, GRANT)]


class Records:
    """What `DynamoAccounts.find` would return, and how often it was asked."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {A: GRANT}
        self.asked: list[str] = []
        self.lost = False
        self.now = 0.0

    def find(self, account: str) -> Grant | None:
        self.asked.append(account)
        if self.lost:
            raise ServiceUnavailable
        return self.grants.get(account)

    def remembered(self) -> RememberedGrants:
        return RememberedGrants(self.find, lambda: self.now)


@pytest.fixture
def records() -> Records:
    return Records()


def test_what_is_taken_back_is_gone_within_two_seconds(records: Records) -> None:
    """Lost: each call pays for a read; or an account keeps what was taken from it."""
    grants = records.remembered()
    assert [grants.of(A), grants.of(A), grants.of(B)] == [GRANT, GRANT, Grant()]
    assert records.asked == [A, B]
    records.grants = {B: GRANT}
    records.now += 2
    assert [grants.of(A), grants.of(B)] == [Grant(), GRANT]


def test_nothing_old_is_gone_by_in_an_outage(records: Records) -> None:
    """Lost: whoever makes DynamoDB slow keeps a bucket that was taken back."""
    grants = records.remembered()
    grants.of(A)
    records.lost = True
    records.now += 2
    for _ in range(3):
        with pytest.raises(ServiceUnavailable, match="What this account may do"):
            grants.of(A)
    records.lost = False
    assert grants.of(A) == GRANT
