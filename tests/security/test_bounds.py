"""What a process remembers by names that callers choose is bounded."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineament.context import Scope
from lineament.storage import audit, collections
from lineament.storage.collections import DynamoCollectionStore
from tests.security.world import World
from tests.storage.auditing import entry, stands, trail

FEW = 3


def test_chains_whose_ends_are_forgotten_stay_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a process grows with each account, or forgets one's end and breaks its chain."""
    monkeypatch.setattr(audit, "_LANES", FEW)
    writer = trail(world.application.tables)
    accounts = [str(number) for number in range(10**11, 10**11 + 8)]
    calls = [(account, f"{account} {n}") for n in range(12) for account in accounts]
    random.Random(1).shuffle(calls)  # noqa: S311 - the same order each time
    most = []

    def append(call: tuple[str, str]) -> None:
        account, request_id = call
        writer.append(entry(request_id, account), strict=True)
        most.append(len(writer._lanes))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, calls))
    assert max(most) <= FEW + 8  # those of busy threads are not forgotten
    for account in accounts:
        written = [request_id for owner, request_id in calls if owner == account]
        assert sorted(stands(world.application.tables, account)) == sorted(written)


def test_scopes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: a caller who signs for ever new regions fills the memory."""
    monkeypatch.setattr(collections, "_SCOPES", FEW)
    store = DynamoCollectionStore(world.application.tables)
    for number in range(9):
        scope = Scope("029608264753", f"nowhere-{number}")
        store._note_scope(scope)
        assert len(store._known_scopes) <= FEW
