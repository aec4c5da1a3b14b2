"""What accounts are granted: the records, and what a process remembers of them."""

import threading
from collections.abc import Callable

import pytest

from lineament.domain.grants import Grant
from lineament.errors import ServiceUnavailable
from lineament.storage.accounts import FRESH_SECONDS, DynamoAccounts, RememberedGrants
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


def test_a_grant_is_read_once_in_two_seconds(records: Records) -> None:
    """Lost: each call pays for a read; or an account keeps what was taken from it."""
    grants = records.remembered()
    assert [grants.of(A), grants.of(A), grants.of(B)] == [GRANT, GRANT, Grant()]
    assert records.asked == [A, B]
    records.grants = {B: GRANT}
    records.now += FRESH_SECONDS - 0.01
    assert [grants.of(A), grants.of(B)] == [GRANT, Grant()]
    records.now += 0.01
    assert [grants.of(A), grants.of(B)] == [Grant(), GRANT]
    assert FRESH_SECONDS <= 2


def test_nothing_old_is_gone_by_in_an_outage(records: Records) -> None:
    """Lost: whoever makes DynamoDB slow keeps a bucket that was taken back."""
    grants = records.remembered()
    grants.of(A)
    records.lost = True
    records.now += FRESH_SECONDS
    for _ in range(3):
        with pytest.raises(ServiceUnavailable):
            grants.of(A)
    assert records.asked == [A, A]  # Not everybody waits for a time-out of their own.
    records.lost = False
    records.now += FRESH_SECONDS
    assert grants.of(A) == GRANT


def test_memory_is_bounded(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: calls of many accounts fill the process's memory."""
    monkeypatch.setattr("lineament.storage.accounts._KEPT", 2)
    grants = records.remembered()
    for account in (A, B, A, "777788889999", A):
        grants.of(account)
    assert records.asked == [A, B, "777788889999"]
    grants.of(B)
    assert records.asked[3:] == [B]


def test_accounts_do_not_wait_for_each_other(records: Records) -> None:
    """Lost: a slow read of one account stops the calls of all."""
    asked, answer = threading.Event(), threading.Event()
    find: Callable[[str], Grant | None] = records.find

    def slow(account: str) -> Grant | None:
        if account == A:
            asked.set()
            assert answer.wait(30)
        return find(account)

    grants = RememberedGrants(slow, lambda: 0.0)
    said: list[Grant] = []
    waiting = threading.Thread(target=lambda: said.append(grants.of(A)))
    waiting.start()
    try:
        assert asked.wait(30)
        assert grants.of(B) == Grant()
    finally:
        answer.set()
        waiting.join()
    assert said == [GRANT]
