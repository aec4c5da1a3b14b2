"""Which rate a call has, and what happens beyond it."""

from contextlib import suppress

import pytest
from marshmallow import ValidationError

from lineament import config
from lineament.context import Scope
from lineament.domain.counts import Counter, Counts
from lineament.domain.grants import Grant, Rates
from lineament.errors import (
    CannotStart,
    ProvisionedThroughputExceededException,
    ServiceUnavailable,
)
from lineament.governance.throttle import Throttle, read_rates, write_rates
from lineament.storage.provision import connect
from lineament.trust import build_admission
from tests.unit.shared_bucket import Shared

HERE = Scope("111122223333", "us-east-1")


class Granted:
    """The Grants port."""

    def __init__(self, **rates: Rates) -> None:
        self.rates = rates
        self.lost = False

    def of(self, account: str) -> Grant:
        if self.lost:
            raise ServiceUnavailable
        return Grant(rates=self.rates.get(f"a{account}", ()))


class Desk:
    """A throttle at a standstill of time, and what it asked for."""

    def __init__(
        self, rates: str, grants: Granted | None = None, regions: frozenset[str] | None = None
    ) -> None:
        self.made: dict[tuple[Scope, str], Shared] = {}
        self.throttled = Counter("operation")
        self.throttle = Throttle(
            read_rates(rates),
            grants,
            lambda *which: self.made.setdefault(which, Shared()),
            self.throttled,
            regions=regions,
            wall=lambda: 1e9,
            elapsed=lambda: 0.0,
        )

    def admitted(self, operation: str, scope: Scope = HERE, calls: int = 40) -> int:
        done = 0
        for _ in range(calls):
            with suppress(ProvisionedThroughputExceededException):
                self.throttle.admit(scope, operation)
                done += 1
        return done


def test_each_operation_account_and_region_has_its_own() -> None:
    """Lost: one caller's rush, or one operation's, refuses everybody else."""
    desk = Desk("IndexFaces=5,Search*=10")
    assert desk.admitted("IndexFaces") == 5
    assert desk.admitted("SearchFaces") == 10
    assert desk.admitted("SearchUsers") == 10
    assert desk.admitted("IndexFaces", Scope("999988887777", "us-east-1")) == 5
    assert desk.admitted("IndexFaces", Scope(HERE.account, "eu-west-1")) == 5
    assert desk.throttled.read() == {
        ("IndexFaces",): 105,
        ("SearchFaces",): 30,
        ("SearchUsers",): 30,
    }


def test_made_up_regions_bring_no_more_calls() -> None:
    """Lost: whoever signs for us-east-2, -3, -4 and so on has no limit."""
    desk = Desk("*=5", regions=frozenset({"us-east-1", "eu-west-1"}))
    others = [Scope(HERE.account, f"us-east-{number}") for number in range(2, 9)]
    assert sum(desk.admitted("ListFaces", each) for each in others) == 5
    assert desk.admitted("ListFaces") == 5
    assert desk.admitted("ListFaces", Scope(HERE.account, "eu-west-1")) == 5


def test_refusals_are_aws_own() -> None:
    """Lost: SDKs do not try again."""
    desk = Desk("IndexFaces=1")
    desk.throttle.admit(HERE, "IndexFaces")
    with pytest.raises(ProvisionedThroughputExceededException) as raised:
        desk.throttle.admit(HERE, "IndexFaces")
    assert (raised.value.status, raised.value.message) == (400, "Provisioned rate exceeded.")


def test_no_rate_costs_nothing() -> None:
    """Lost: deployments without quotas pay for buckets."""
    desk = Desk("IndexFaces=5,ListFaces=none")
    assert desk.admitted("DetectFaces") == 40
    assert desk.admitted("ListFaces") == 40
    assert desk.made == {}


def test_an_accounts_own_rates_count_first() -> None:
    """Lost: an operator cannot give one customer more, or less, than the others."""
    desk = Desk("*=5", Granted(a111122223333=(("IndexFaces", 20.0), ("List*", None))))
    assert desk.admitted("IndexFaces") == 20
    assert desk.admitted("ListFaces") == 40
    assert desk.admitted("DetectFaces") == 5
    assert desk.admitted("IndexFaces", Scope("999988887777", "us-east-1")) == 5


def test_a_rate_that_is_changed_counts_at_the_next_call() -> None:
    """Lost: a customer who was given more has to wait for a restart."""
    grants = Granted(a111122223333=(("*", 2.0),))
    desk = Desk("", grants)
    assert desk.admitted("IndexFaces") == 2
    grants.rates = {"a111122223333": (("*", None),)}
    assert desk.admitted("IndexFaces") == 40


def test_accounts_that_cannot_be_read_have_the_deployments_rates() -> None:
    """Lost: an outage of DynamoDB lifts the limits, or stops what needs no table."""
    grants = Granted()
    grants.lost = True
    assert Desk("*=5", grants).admitted("DetectFaces") == 5


def test_rates_are_read_as_they_are_written() -> None:
    """Lost: a setting means something else than it says."""
    text = "IndexFaces=50,Search*=0.25,ListFace?=1234.567,*=none"
    rates = read_rates(text)
    assert rates == (
        ("IndexFaces", 50.0),
        ("Search*", 0.25),
        ("ListFace?", 1234.567),
        ("*", None),
    )
    assert write_rates(rates) == text
    assert read_rates("") == read_rates(" ") == ()
    assert read_rates(" A = 3 , B=4") == (("A", 3.0), ("B", 4.0))


@pytest.mark.parametrize(
    "text",
    [
        "IndexFaces",
        "=5",
        "A=",
        "A=0",
        "A=-1",
        "A=nan",
        "A=inf",
        "A=1e3",
        "A=10001",
        "A=5,",
        "A B=5",
    ],
)
def test_rates_that_mean_nothing_are_refused(text: str) -> None:
    """Lost: a slip of the pen silently lifts a limit, or stops every call."""
    with pytest.raises(ValidationError, match="OPERATION=RATE"):
        read_rates(text)


@pytest.mark.parametrize("text", ["IndexFace=5", "searchfaces=5", "IndexFaces=5,Foo*=1"])
def test_a_rate_of_no_operation_stops_a_server(text: str) -> None:
    """Lost: a mistyped operation is called without any limit."""
    settings = config.load({"LINEAMENT_RATES": text, "LINEAMENT_AUTH": "off"})
    with pytest.raises(CannotStart, match=r"LINEAMENT_RATES.*no operation"):
        build_admission(settings, connect("t", "us-east-1", "http://127.0.0.1:9"), Counts())


def test_a_rate_that_is_none_stops_a_server() -> None:
    """Lost: whoever starts it reads a traceback."""
    settings = config.load({"LINEAMENT_RATES": "x", "LINEAMENT_AUTH": "off"})
    with pytest.raises(CannotStart, match="OPERATION=RATE"):
        build_admission(settings, connect("t", "us-east-1", "http://127.0.0.1:9"), Counts())
