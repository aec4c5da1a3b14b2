"""The shared number of a token bucket, in DynamoDB."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineament.context import Scope
from lineament.errors import ServiceUnavailable
from lineament.storage import keys
from lineament.storage.provision import Tables, connect
from lineament.storage.quotas import ASTRAY_SECONDS, DynamoBucket
from tests.storage.conftest import REGION
from tests.unit.shared_bucket import Shared

HERE = Scope("111122223333", REGION)
NOW = 1.8e9


def bucket(tables: Tables, operation: str = "IndexFaces") -> DynamoBucket:
    return DynamoBucket(tables, HERE, operation)


def stored(tables: Tables) -> dict[str, float]:
    item = tables.trust.get(keys.quota_key(HERE, "IndexFaces"))
    assert item is not None
    return {name: float(item[name]["N"]) for name in ("full", "expires")}


def moments(chance: random.Random) -> Iterator[tuple[float, int]]:
    now = NOW
    for _ in range(120):
        now += chance.choice([0.0, 0.0, 0.05, 0.3, 3.0])
        yield now + chance.choice([0.0, 0.0, -0.4, 0.4]), chance.randint(1, 4)


@pytest.mark.parametrize("rate", [0.5, 3.0, 20.0])
def test_it_gives_what_the_arithmetic_says(tables: Tables, rate: float) -> None:
    """Lost: the bound that the simulation holds does not hold in DynamoDB.

    Takers with clocks apart, each with a guess of its own, against one number in memory.
    """
    burst = max(rate, 1.0)
    takers = [bucket(tables) for _ in range(3)]
    model, chance = Shared(), random.Random(7)  # noqa: S311 - the same case each time
    for now, wanted in moments(chance):
        count = min(wanted, int(burst))
        got, wait = chance.choice(takers).take(rate, burst, count, now)
        expected, expected_wait = model.take(rate, burst, count, now)
        assert got == expected
        assert wait == pytest.approx(expected_wait, abs=1e-3)


def test_takers_at_the_same_moment_share_what_is_there(tables: Tables) -> None:
    """Lost: each of many processes gets the whole quota."""
    takers = [bucket(tables) for _ in range(8)]

    def take(taker: DynamoBucket) -> int:
        return sum(taker.take(100.0, 100.0, 7, NOW)[0] for _ in range(4))

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(take, takers))
    assert taken == 100
    assert stored(tables)["full"] == pytest.approx(NOW + 1, abs=1e-3)


def test_taking_is_one_write(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost: each batch costs several calls of DynamoDB."""
    taker, calls = bucket(tables), []
    update = tables.trust.client.update_item
    monkeypatch.setattr(
        tables.trust.client, "update_item", lambda **params: calls.append(1) or update(**params)
    )
    for turn in range(10):
        assert taker.take(10.0, 10.0, 2, NOW + turn / 5)[0] == 2
    assert len(calls) == 10


def test_operations_accounts_and_regions_do_not_meet(tables: Tables) -> None:
    """Lost: one caller's calls use up another's quota."""
    assert bucket(tables).take(1.0, 1.0, 1, NOW) == (1, 0.0)
    others = [(HERE, "ListFaces"), (Scope("2" * 12, REGION), "IndexFaces")]
    for scope, operation in [*others, (Scope(HERE.account, "eu-west-1"), "IndexFaces")]:
        assert DynamoBucket(tables, scope, operation).take(1.0, 1.0, 1, NOW) == (1, 0.0)
    assert bucket(tables).take(1.0, 1.0, 1, NOW)[0] == 0


def test_a_clock_that_was_wrong_does_not_close_it(tables: Tables) -> None:
    """Lost: one machine that believed it was next year stops an account until next year."""
    ahead = ASTRAY_SECONDS + 10
    bucket(tables).take(5.0, 5.0, 5, NOW + ahead)
    assert bucket(tables).take(5.0, 5.0, 5, NOW) == (5, 0.0)
    assert bucket(tables).take(5.0, 5.0, 5, NOW)[0] == 0


def test_a_clock_a_little_ahead_does_not_refill_it(tables: Tables) -> None:
    """Lost: two machines whose clocks differ refill the bucket for each other."""
    bucket(tables).take(5.0, 5.0, 5, NOW + 30)
    got, wait = bucket(tables).take(5.0, 5.0, 5, NOW)
    assert got == 0
    assert wait == pytest.approx(30.2, abs=1e-3)


def test_it_is_erased_when_nobody_takes(tables: Tables) -> None:
    """Lost: buckets of accounts that left stay for ever."""
    bucket(tables).take(0.01, 1.0, 1, NOW)
    assert stored(tables)["full"] < stored(tables)["expires"] < NOW + 3 * 24 * 3600


def test_no_answer_is_told(moto_endpoint: str) -> None:
    """Lost: an outage of DynamoDB looks like an empty bucket."""
    assert moto_endpoint  # for its credentials
    nowhere = connect("nowhere", REGION, "http://127.0.0.1:9")
    with pytest.raises(ServiceUnavailable):
        DynamoBucket(nowhere, HERE, "IndexFaces").take(1.0, 1.0, 1, NOW)
