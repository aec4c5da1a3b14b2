"""Jobs and housekeeping whose events end before they do, at whichever step that is."""

import itertools
import json
from functools import partial
from typing import Any

import pytest

from lambdas import container, operations, retention
from lineament import app
from lineament.jobs import messages, work
from lineament.storage import housekeeping, purge
from lineament.storage.compaction import Due
from tests.lambdas.queueing import counts
from tests.lambdas.uploading import faces
from tests.lambdas.working import Clock, do, handed_on, import_
from tests.storage.world import stored_items

pytestmark = pytest.mark.usefixtures("work_queue")


@pytest.fixture
def deleted(work_queue: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the queue; a collection of three pictures was deleted, a purge goes item by item."""
    monkeypatch.setattr(purge, "_BATCH", 1)
    assert do(import_("obama", "obama2", "biden")) == []
    operations.delete_collection({"CollectionId": "staff"}, None)
    return work_queue


def left() -> int:
    tables = container.application().tables
    return len(stored_items(tables, "FACE#")) + len(stored_items(tables, "LOG#"))


@pytest.mark.usefixtures("deleted")
def test_purge_goes_on_in_the_next_event(
    work_queue: str,
    aws_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Lost: a large deleted collection ends three functions, is a dead letter, and never purged."""
    monkeypatch.setattr(work, "purge", partial(purge.purge, older_than=-5.0))
    job, there = json.dumps({"job": "purge"}), [left()]
    while True:
        assert do(job, Clock(2)) == []  # the collection, and one step of it
        rest = handed_on(work_queue, aws_endpoint)
        if not rest:
            break
        (job,) = rest
        there.append(left())
        assert there[-1] < there[-2]
    assert len(there) > 5
    assert left() == 0
    assert counts(capsys.readouterr().out)["PurgedGenerations"] == 1
    assert json.loads(job)["turn"] == len(there) - 1


@pytest.mark.usefixtures("deleted")
def test_purge_that_cannot_be_handed_on(
    work_queue: str, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: half a purge looks like a whole one, or is handed on for ever."""
    monkeypatch.setattr(work, "purge", partial(purge.purge, older_than=-5.0))
    assert do({"job": "purge", "turn": messages.MAX_TURNS}, Clock(2)) == ["message-0"]
    assert handed_on(work_queue, aws_endpoint) == []
    monkeypatch.delenv("LINEAMENT_WORK_QUEUE_URL")
    container.forget()
    assert do({"job": "purge"}, Clock(2)) == ["message-0"]


def test_compaction_begins_with_time_ahead(
    work_queue: str, aws_endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: of a batch of jobs the last one begins a snapshot that the function's end cuts off."""
    assert do(import_("biden")) == []
    assert do({"job": "compact", "collection": "staff"}, Clock(0)) == []
    assert counts(capsys.readouterr().out) == {"Failed": 0, "HandedOn": 1}
    (rest,) = handed_on(work_queue, aws_endpoint)
    assert do(rest, Clock(1)) == []
    assert counts(capsys.readouterr().out)["Snapshots"] == 1


@pytest.mark.usefixtures("deleted")
def test_round_of_housekeeping_goes_on_with_the_schedule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a large purge ends each round, and no collection is swept or gets a snapshot."""
    operations.create_collection({"CollectionId": "staff"}, None)
    assert do(import_("biden")) == []
    known = left()
    monkeypatch.setattr(app, "housekeep", partial(housekeeping.housekeep, grace=-5))
    monkeypatch.setattr(housekeeping, "Due", lambda *_: Due(0, 1))
    done: dict[str, int] = {}
    for looks in itertools.count():
        told: dict[str, Any] = retention.handler({}, Clock(looks))
        written = counts(capsys.readouterr().out)
        for name, count in told.items():
            done[name] = done.get(name, 0) + count
        if not told["unfinished"]:
            assert written == {"Failed": 0}
            break
        assert written == {"Failed": 0, "Unfinished": 1}
    assert done["unfinished"] > 3
    assert (done["purged_generations"], done["swept_collections"]) == (1, 1)
    assert done["made_snapshots"] == 1
    assert left() < known
    assert len(faces()) == 1
