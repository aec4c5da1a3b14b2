"""ListUsers covers exactly once, in every process, whatever comes and goes meanwhile."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lineament.dispatch import Dispatcher
from tests.conformance import transports
from tests.property.examples import examples

NAMES = st.integers(0, 30).map("u{}".format)
EVENTS = st.lists(st.lists(NAMES, max_size=2), max_size=8)
"""Who is made between two pages, or deleted where they are there."""
ID = {"CollectionId": "people"}


def toggle(c: Any, name: str, alive: set[str]) -> None:
    """Delete a user who is there, or make one who is not."""
    call = c.delete_user if name in alive else c.create_user
    call(**ID, UserId=name)
    alive ^= {name}


def everybody(c: Any) -> list[str]:
    """Return all UserIds in one page."""
    return [user["UserId"] for user in c.list_users(**ID)["Users"]]


@examples(25)
@given(
    names=st.sets(NAMES, max_size=9), sizes=st.lists(st.integers(1, 4), min_size=1), events=EVENTS
)
def test_list_users_covers_exactly_once(
    processes: list[Dispatcher], names: set[str], sizes: list[int], events: list[list[str]]
) -> None:
    """Lost: an export of who is known skips people, or has them twice."""
    account = str(random.SystemRandom().randrange(10**11, 10**12))
    clients = [transports.client(process.handle, None, account) for process in processes]
    clients[0].create_collection(**ID)
    alive: set[str] = set()
    for name in sorted(names):
        toggle(clients[0], name, alive)
    order = everybody(clients[1])
    assert sorted(order) == sorted(names)
    stayed, ever = set(alive), set(alive)
    found: list[str] = []
    token: dict[str, str] = {}
    for turn in range(1000):
        # Pages come from the processes in turn: a load balancer keeps no client on one.
        page = clients[turn % 2].list_users(**ID, MaxResults=sizes[turn % len(sizes)], **token)
        assert page["Users"] or "NextToken" not in page
        assert len(page["Users"]) <= sizes[turn % len(sizes)]
        found += [user["UserId"] for user in page["Users"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        for name in events[turn] if turn < len(events) else []:
            toggle(clients[turn // 2 % 2], name, alive)
            stayed &= alive
            ever |= alive
    assert len(set(found)) == len(found)
    assert stayed <= set(found) <= ever
    assert [name for name in found if name in stayed] == [name for name in order if name in stayed]
    assert everybody(clients[0]) == everybody(clients[1])
    assert set(everybody(clients[0])) == alive
