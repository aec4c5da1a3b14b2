"""Housekeeping goes on past what it cannot read or erase, and counts it."""

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lineament.storage import keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from tests.storage.world import (
    SCOPE,
    HookedClient,
    make_collection,
    make_faces,
    stored_items,
    through,
)

LATER = -5.0


def deleted(tables: Tables, name: str) -> str:
    """Make, fill and delete a collection, and return its generation."""
    made = make_collection(tables, name)
    DynamoFaceStore(tables).add(made, *make_faces(2))
    DynamoCollectionStore(tables).delete(made)
    return made.generation


@pytest.mark.parametrize(
    "attributes", [{}, {"status": {"S": "odd"}}, {"status": {"S": "ACTIVE"}, "garbage": {"N": "1"}}]
)
def test_an_unreadable_item_stops_nothing(
    tables: Tables, attributes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Lost: one broken item keeps the faces of all deleted collections for ever."""
    tables.control.put({**keys.collection_key(SCOPE, "broken"), **attributes})
    tables.control.put({"pk": {"S": keys.SCOPES}, "sk": {"S": "no scope"}})
    living = make_collection(tables, "a-living")
    DynamoFaceStore(tables).add(living, *make_faces(1))
    deleted(tables, "z")
    with caplog.at_level(logging.WARNING):
        done = housekeep(tables, grace=LATER, sweep_interval=0)
    assert (done.failed_purges, done.failed_collections, done.failed) == (1, 0, True)
    assert (done.purged_generations, done.purged_faces, done.swept_collections) == (1, 2, 1)
    assert len(stored_items(tables, "FACE#")) == 1
    assert "purge: " in caplog.text
    assert "broken" not in caplog.text


def test_a_generation_that_cannot_be_erased_stops_no_other(tables: Tables) -> None:
    """Lost: one partition that DynamoDB refuses keeps what all other deletions left."""
    stuck = deleted(tables, "same")
    deleted(tables, "same")
    deleted(tables, "z")

    def refuse(name: str, params: dict[str, Any]) -> None:
        if name == "batch_write_item" and stuck in str(params):
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "BatchWriteItem")

    hooked = through(tables, HookedClient(tables.control.client, refuse))
    done = housekeep(hooked, grace=LATER)
    assert (done.failed_purges, done.purged_generations, done.purged_faces) == (1, 2, 4)
    assert len(stored_items(tables, "FACE#")) == 2
    again = housekeep(tables, grace=LATER)
    assert (again.failed, again.purged_generations) == (False, 1)
    assert stored_items(tables, "") == []


def test_an_unreadable_entry_stops_one_sweep(tables: Tables) -> None:
    """Lost: one broken change keeps every other collection from its sweep."""
    broken, whole = make_collection(tables, "a"), make_collection(tables, "b")
    for collection in (broken, whole):
        DynamoFaceStore(tables).add(collection, *make_faces(1))
    tables.faces.put({**keys.log_key(broken.generation, 1), "ids": {"B": b"short"}})
    done = housekeep(tables, grace=LATER, sweep_interval=0)
    assert (done.failed_collections, done.swept_collections) == (1, 1)
