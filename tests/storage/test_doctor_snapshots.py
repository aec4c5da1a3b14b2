"""`lineament doctor` compares a snapshot with what the log comes to at its number."""

import uuid
from dataclasses import replace

import numpy as np
import pytest
from rpds import HashTrieSet

from lineament.domain.collections import Collection
from lineament.domain.snapshot_format import encode
from lineament.domain.snapshots import Snapshot
from lineament.storage import keys
from lineament.storage.compaction import compact
from lineament.storage.doctor.findings import BROKEN
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.snapshots import SnapshotStore
from tests.storage.conftest import REGION
from tests.storage.harmed_snapshots import HARMS, Harm, one_bit, user_renamed
from tests.storage.inhabited import change_user, inhabit
from tests.storage.snapshotting import AT_ONCE, make_store, objects, people, put_object
from tests.storage.world import diagnosed, ids_of, make_faces, now

ERASED = {"vectors": {"L": [{"NULL": True}]}}


def broken(tables: Tables, store: SnapshotStore) -> dict[str, list[str]]:
    found = diagnosed(tables, snapshots=store)
    return {each.kind: list(each.ids) for each in found if each.severity == BROKEN}


def snapshot_of(tables: Tables, store: SnapshotStore, collection: Collection) -> Snapshot:
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    made = store.newest(collection.generation)
    assert made is not None
    return made


def put_instead(store: SnapshotStore, snapshot: Snapshot) -> None:
    published = store.published(snapshot.generation)
    assert published is not None
    put_object(store, published.object_key, b"".join(encode(snapshot)))


@pytest.fixture(scope="module")
def home(moto_endpoint: str) -> tuple[Tables, SnapshotStore, Snapshot]:
    """Return tables with a snapshot, which tests put others in the place of."""
    tables = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    ensure_tables(tables)
    store = make_store(tables, moto_endpoint)
    collection, _ = people(tables)
    snapshot = snapshot_of(tables, store, collection)
    assert broken(tables, store) == {}
    return tables, store, snapshot


@pytest.mark.parametrize(("harm", "kind"), HARMS.items(), ids=[harm.__name__ for harm in HARMS])
def test_a_snapshot_that_is_not_the_logs_fold_is_found(
    home: tuple[Tables, SnapshotStore, Snapshot], harm: Harm, kind: str
) -> None:
    """Lost: whoever starts cold searches other faces than the log has, and nobody can tell."""
    tables, store, snapshot = home
    harmed, ids = harm(snapshot)
    put_instead(store, harmed)
    assert broken(tables, store) == {kind: ids}


@pytest.mark.parametrize("harm", [one_bit, user_renamed])
def test_the_log_after_a_snapshot_hides_nothing(
    tables: Tables, store: SnapshotStore, harm: Harm
) -> None:
    """Lost: only in a collection that rests is a wrong snapshot found."""
    collection, _ = people(tables)
    harmed, ids = harm(snapshot_of(tables, store, collection))
    put_instead(store, harmed)
    faces, vectors = make_faces(2)
    DynamoFaceStore(tables).add(now(tables, collection), faces, vectors)
    DynamoFaceStore(tables).remove(now(tables, collection), ids_of(faces[:1]))
    assert broken(tables, store) == {HARMS[harm]: ids}


def test_what_was_removed_since_is_no_difference(tables: Tables, store: SnapshotStore) -> None:
    """Lost: each DeleteFaces and DeleteUser is an alarm until housekeeping has come by."""
    home = inhabit(tables)
    for collection in (home.people, home.others, home.stars):
        snapshot_of(tables, store, collection)
    assert broken(tables, store) == {}
    DynamoFaceStore(tables).remove(now(tables, home.people), [home.faces[3], home.faces[2]])
    change_user(tables, home.people, "delete", "ben")
    change_user(tables, home.people, "delete", "ada")
    DynamoFaceStore(tables).remove(now(tables, home.people), [home.faces[0]])
    assert home.entry_of(home.faces[3])["vectors"] == ERASED["vectors"]
    assert broken(tables, store) == {}


@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("erased", [0, 1])
def test_half_an_erasure_is_no_difference(
    tables: Tables, store: SnapshotStore, erased: int, *, before: bool
) -> None:
    """Lost: a crash within DeleteFaces, of a face that was indexed twice, is an alarm."""
    collection, _ = people(tables)
    faces, vectors = make_faces(1)
    for sign in (1, -1):
        DynamoFaceStore(tables).add(now(tables, collection), faces, sign * vectors)
    added = now(tables, collection).seq
    both = [keys.log_key(collection.generation, seq) for seq in (added - 1, added)]
    items = [tables.faces.get(key) or {} for key in both]
    if before:  # as a compaction reads it that had looked for its last number earlier
        tables.faces.put({**items[erased], **ERASED})
    snapshot_of(tables, store, collection)
    DynamoFaceStore(tables).remove(now(tables, collection), ids_of(faces))
    tables.faces.put(items[1 - erased])
    assert broken(tables, store) == {}


def test_a_vector_that_only_the_snapshot_has_is_lost_in_the_log(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: the snapshot is called wrong, and deleted, which alone has the vector still."""
    collection, faces = people(tables)
    first = keys.log_key(collection.generation, 1)
    snapshot_of(tables, store, collection)
    item = tables.faces.get(first) or {}
    vectors = [{"NULL": True}, *item["vectors"]["L"][1:]]
    tables.faces.put({**item, "vectors": {"L": vectors}})
    assert broken(tables, store) == {"vector-missing": faces[:1]}


def test_a_face_without_a_vector_has_its_place_too(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a removal, folded from a snapshot that forgot such a face, ends otherwise."""
    collection, faces = people(tables)
    first = keys.log_key(collection.generation, 1)
    item = tables.faces.get(first) or {}
    vectors = [*item["vectors"]["L"][:-1], {"NULL": True}]
    tables.faces.put({**item, "vectors": {"L": vectors}})
    made = snapshot_of(tables, store, collection)
    assert broken(tables, store) == {"vector-missing": faces[3:]}
    members = replace(made.membership, erased=HashTrieSet())
    put_instead(store, replace(made, membership=members))
    told = {"vector-missing": faces[3:], "snapshot-face-missing": faces[3:]}
    assert broken(tables, store) == told


def test_a_snapshot_on_an_older_releases_base_tells_no_marks(
    tables: Tables, store: SnapshotStore
) -> None:
    """Lost: after an upgrade all faces are told to be wrong."""
    collection, _ = people(tables)
    made = snapshot_of(tables, store, collection)
    put_instead(store, replace(made, marks=np.zeros_like(made.marks)))
    assert broken(tables, store) == {}


def test_a_snapshot_shows_which_numbers_were_read(tables: Tables, store: SnapshotStore) -> None:
    """Lost: an entry that is gone passes for the number of a crashed writer, voided soon."""
    collection, _ = people(tables)
    last = snapshot_of(tables, store, collection).seq
    tables.faces.delete_many([keys.log_key(collection.generation, last)])
    assert broken(tables, store) == {"entry-lost": [str(last)]}


def test_a_useless_snapshot_is_compared_with_nothing(tables: Tables, store: SnapshotStore) -> None:
    """Lost: the doctor stops at an object that cannot be read, or calls what is whole broken."""
    collection, _ = people(tables)
    snapshot_of(tables, store, collection)
    (key,) = objects(store)
    put_object(store, key, b"LINSNAP\n")
    assert broken(tables, store) == {}
    store._objects.erase([key])
    assert broken(tables, store) == {}
    item = tables.faces.get(keys.snapshot_key(collection.generation)) or {}
    tables.faces.put({**item, "seq": {"N": "1.5"}})
    assert broken(tables, store) == {}
