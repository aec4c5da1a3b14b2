"""What a repeated call is told of its first one, without the whole log being read for it."""

import secrets

import pytest

from lineament.domain import ids
from lineament.domain.collections import Collection, UserChange
from lineament.domain.idempotency import Attempt
from lineament.domain.standing import Settled
from lineament.storage import settling
from lineament.storage.compaction import compact
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.users import DynamoUserStore
from tests.storage.counting import Units
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import AT_ONCE, people
from tests.storage.world import now, view


@pytest.fixture(autouse=True)
def long_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a log of two numbers for a long one."""
    monkeypatch.setattr(settling, "_STEP", 2)


def associate(tables: Tables, collection: Collection, face_ids: list[str]) -> Attempt:
    """Associate faces with ben and with nothing else, and return the attempt, to be repeated."""
    known = now(tables, collection)
    change = UserChange("associate", ids.user_key(known.lineage, "ben"), "", tuple(face_ids))
    attempt = Attempt(known.generation, known.seq, secrets.token_hex(16), resumed=True)
    done = DynamoUserStore(tables).commit(known, view(tables, known), change, attempt)
    assert done.effect.faces == (face_ids[2],), "the others are ada's"
    return attempt


def recalled(
    tables: Tables, collection: Collection, attempt: Attempt, store: SnapshotStore | None
) -> Settled:
    standing = view(tables, collection)
    users = DynamoUserStore(tables, snapshots=store)
    found = users.recall(now(tables, collection), attempt, standing)
    assert found is not None
    return found


def test_a_repeated_call_begins_at_the_snapshot(tables: Tables, store: SnapshotStore) -> None:
    """Lost: one retried AssociateFaces of 20 million faces reads for 17 minutes."""
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    attempt = associate(tables, collection, faces[:3])
    change_user(tables, collection, "disassociate", "ben", faces[2])
    plain = recalled(tables, collection, attempt, None)
    standing = view(tables, collection)
    users = DynamoUserStore(tables, snapshots=store)
    units = Units.of(tables)
    found = users.recall(now(tables, collection), attempt, standing)
    assert units.read == 2 + 1 + 1 + 1, "what came since, snapshot, entry, and the collection"
    assert found is not None
    assert (found.seq, found.effect) == (plain.seq, plain.effect)
    assert found.effect.faces == (faces[2],)


def test_a_snapshot_that_is_past_the_first_call_tells_nothing(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: a retry after housekeeping is told that its own first call came in its way."""
    collection, faces = people(tables)
    attempt = associate(tables, collection, faces[:3])
    change_user(tables, collection, "disassociate", "ben", faces[2])
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    plain = recalled(tables, collection, attempt, None)
    assert recalled(tables, collection, attempt, store).effect == plain.effect
