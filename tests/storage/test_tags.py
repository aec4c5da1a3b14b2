"""Tags of collections while several hands change them."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from lineament.domain.collections import Collection
from lineament.domain.limits import MAX_TAGS
from lineament.domain.ports import Retagging
from lineament.domain.tags import merge
from lineament.errors import (
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ThrottlingException,
)
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.provision import Tables
from lineament.storage.staging import open_stage
from tests.storage.world import (
    HookedClient,
    RepeatingClient,
    make_collection,
    now,
    through,
)


def adding(**more: str) -> Retagging:
    return lambda tags: merge(tags, more)


def test_taggers_at_once_all_count(tables: Tables) -> None:
    """Lost: two tools tag a collection at once and one's tag is gone."""
    store = DynamoCollectionStore(tables)
    seen = make_collection(tables)
    start = threading.Barrier(4)

    def tag(number: int) -> None:
        start.wait()
        store.retag(seen, adding(**{f"k{number}": str(number)}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tag, range(4)))
    assert now(tables, seen).tags == {f"k{number}": str(number) for number in range(4)}


def test_taggers_at_once_stay_below_the_maximum(tables: Tables) -> None:
    """Lost: the maximum holds for careful callers only."""
    store = DynamoCollectionStore(tables)
    seen = make_collection(tables)
    store.retag(seen, adding(**{f"k{number}": "" for number in range(MAX_TAGS - 1)}))
    start = threading.Barrier(4)

    def tag(number: int) -> bool:
        start.wait()
        try:
            store.retag(seen, adding(**{f"more{number}": ""}))
        except ServiceQuotaExceededException:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tag, range(4))) == 1
    assert len(now(tables, seen).tags) == MAX_TAGS


def meddling(tables: Tables, meddle: Any) -> DynamoCollectionStore:
    """Return a store ahead of whose first write somebody else has done something."""
    done: list[str] = []

    def before(name: str, _params: Mapping[str, Any]) -> None:
        if not done:
            done.append(name)
            meddle()

    return DynamoCollectionStore(through(tables, HookedClient(tables.control.client, before)))


def test_an_untagger_takes_off_no_more_than_its_own(tables: Tables) -> None:
    """Lost: untagging one key takes off what was set between its read and its write."""
    seen = make_collection(tables)
    store = DynamoCollectionStore(tables)
    store.retag(seen, adding(a="1", b="2"))
    slow = meddling(tables, lambda: store.retag(seen, adding(b="3", c="4")))
    slow.retag(now(tables, seen), lambda tags: {key: tags[key] for key in tags if key != "a"})
    assert now(tables, seen).tags == {"b": "3", "c": "4"}


def test_a_collection_made_again_meanwhile_gets_no_tag(tables: Tables) -> None:
    """Lost: the tag meant for a deleted collection lands on the new one of its name."""
    seen = make_collection(tables)
    store = DynamoCollectionStore(tables)

    def make_again() -> None:
        store.delete(seen)
        make_collection(tables)

    with pytest.raises(ResourceNotFoundException, match="people does not exist"):
        meddling(tables, make_again).retag(seen, adding(a="1"))
    anew = now(tables, seen)
    assert anew.generation != seen.generation
    assert anew.tags == {}


def test_a_collection_deleted_meanwhile_is_not_found(tables: Tables) -> None:
    """Lost: TagResource succeeds on what is gone, or breaks its tombstone."""
    seen = make_collection(tables)
    store = DynamoCollectionStore(tables)
    with pytest.raises(ResourceNotFoundException):
        meddling(tables, lambda: store.delete(seen)).retag(seen, adding(a="1"))
    assert store.find(seen.scope, seen.collection_id) is None
    make_collection(tables)
    assert now(tables, seen).tags == {}


def test_tags_move_with_the_collection(tables: Tables) -> None:
    """Lost: lineament reindex forgets tags, or one set while it runs."""
    seen = make_collection(tables)
    store = DynamoCollectionStore(tables)
    store.retag(seen, adding(before="1"))
    stage = open_stage(tables, now(tables, seen), "model-2")
    store.retag(seen, adding(meanwhile="2"))
    slow = meddling(tables, lambda: stage.switch(now(tables, seen)))
    slow.retag(seen, adding(during="3"))
    moved = now(tables, seen)
    assert moved.model_version == "model-2"
    store.retag(moved, adding(after="4"))
    assert now(tables, seen).tags == {"before": "1", "meanwhile": "2", "during": "3", "after": "4"}


def test_a_write_that_botocore_sends_twice_succeeds(tables: Tables) -> None:
    """Lost: after a lost answer of DynamoDB's, TagResource fails though it has worked."""
    seen = make_collection(tables)
    store = DynamoCollectionStore(through(tables, RepeatingClient(tables.control.client)))
    store.retag(seen, adding(a="1"))
    store.retag(seen, lambda tags: {key: tags[key] for key in tags if key != "a"})
    assert now(tables, seen).tags == {}


def test_one_that_is_always_overtaken_gives_up(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a call that never ends while others tag."""
    monkeypatch.setattr("lineament.storage.collections._FIRST_PAUSE", 0.0)
    seen = make_collection(tables)
    store = DynamoCollectionStore(tables)
    turns = iter(range(100))

    def overtake(_name: str, _params: Mapping[str, Any]) -> None:
        store.retag(seen, adding(other=str(next(turns))))

    slow = DynamoCollectionStore(through(tables, HookedClient(tables.control.client, overtake)))
    with pytest.raises(ThrottlingException):
        slow.retag(seen, adding(mine="1"))
    assert set(now(tables, seen).tags) == {"other"}


def test_more_tags_than_the_maximum_can_be_changed_and_taken_off(tables: Tables) -> None:
    """Lost: a collection that an older release gave 60 tags can have none of them corrected."""
    many = {f"k{number}": "" for number in range(60)}
    made = replace(make_collection(tables), collection_id="old", generation="g", tags=many)
    store = DynamoCollectionStore(tables)
    store.create(made)
    store.retag(made, adding(k0="new"))
    assert _tags(store, made) == {**many, "k0": "new"}
    with pytest.raises(ServiceQuotaExceededException, match=r"61 tags; the maximum is 50"):
        store.retag(made, adding(another=""))
    store.retag(made, lambda tags: {key: tags[key] for key in tags if key != "k1"})
    assert len(_tags(store, made)) == 59


def _tags(store: DynamoCollectionStore, collection: Collection) -> Mapping[str, str]:
    found = store.find(collection.scope, collection.collection_id)
    assert found is not None
    return found.tags
