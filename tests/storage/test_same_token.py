"""Two calls of one ClientRequestToken at the same moment: both tell what the first one did."""

from typing import Any

import pytest

from lineament.domain import ids
from lineament.domain.collections import UserChange
from lineament.domain.idempotency import Attempt
from lineament.storage import entries, keys
from lineament.storage.provision import Tables
from lineament.storage.users import DynamoUserStore
from tests.storage.world import (
    Crash,
    HookedClient,
    healthy,
    is_commit,
    make_collection,
    now,
    through,
    view,
)


class Interrupted:
    """A client that does something after its first read of several items has been answered."""

    def __init__(self, client: Any, item: dict[str, Any], tables: Tables) -> None:
        self._client = client
        self._item = item
        self._tables = tables

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name != "batch_get_item":
            return operation

        def call(**params: Any) -> Any:
            answer = operation(**params)
            self._tables.faces.put_new(self._item)
            return answer

        return call


def test_the_others_entry_arrives_while_one_looks_for_it(tables: Tables) -> None:
    """Lost: a client that repeats CreateUser too early is told of a conflict with itself.

    And a UserId that stands in the log twice, of which DeleteUser erases one.
    """
    people = now(tables, make_collection(tables))
    attempt = Attempt(people.generation, people.seq, "same", resumed=True)
    change = UserChange("create", ids.user_key(people.lineage, "ada"), "ada")
    late: list[dict[str, Any]] = []

    def hold(name: str, params: dict[str, Any]) -> None:
        if is_commit(name, params):
            late.append(params["Item"])
            raise Crash

    held = through(tables, HookedClient(tables.control.client, hold))
    with pytest.raises(Crash):
        DynamoUserStore(held).commit(people, view(tables, people), change, attempt)
    standing = view(tables, make_collection(tables, "empty"))  # at number 0, as both calls saw it
    client = Interrupted(tables.control.client, late[0], tables)
    done = DynamoUserStore(through(tables, client)).commit(people, standing, change, attempt)
    assert (done.seq, done.effect.changed) == (1, True)
    assert len(view(tables, people).membership) == 1
    found = tables.faces.get_many([keys.log_key(people.generation, seq) for seq in (1, 2)])
    assert [entries.seq_of(item) for item in found if "name" in item] == [1]
    healthy(tables)
