"""What `lineament doctor` calls waste or pending is no damage, and others clear it away."""

import contextlib
import itertools
import random
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineament.context import Scope
from lineament.domain.ports import ChangeLog
from lineament.errors import LineamentError
from lineament.gallery.memory import MemoryGallery
from lineament.storage import keys
from lineament.storage.collections import DynamoCollectionStore
from lineament.storage.compaction import compact
from lineament.storage.doctor.findings import BROKEN, KINDS, Place
from lineament.storage.doctor.walk import Diagnosis, Pace, Wanted, diagnose
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables
from lineament.storage.snapshots import SnapshotStore
from lineament.storage.sweep import DEFAULT_GRACE
from tests.storage.inhabited import LATER, STAR, Inhabited, change_user, inhabit
from tests.storage.snapshotting import AT_ONCE
from tests.storage.world import (
    SCOPE,
    Crash,
    CrashingClient,
    diagnosed,
    ids_of,
    make_collection,
    make_faces,
    now,
    through,
    view,
)


def die_at(home: Inhabited, step: int, work: Callable[[Tables], object]) -> None:
    """Do something until its process dies after a write."""
    client = CrashingClient(home.tables.control.client, step, after=True)
    with pytest.raises(Crash):
        work(through(home.tables, client))


def record_uncommitted(home: Inhabited) -> None:
    collection = now(home.tables, home.people)
    die_at(home, 0, lambda dying: DynamoFaceStore(dying).add(collection, *make_faces(2)))


def number_empty(home: Inhabited) -> None:
    collection = now(home.tables, home.people)
    die_at(home, 0, lambda dying: DynamoFaceStore(dying).remove(collection, home.faces[3:]))


def vector_kept(home: Inhabited) -> None:
    collection = now(home.tables, home.people)
    die_at(home, 1, lambda dying: DynamoFaceStore(dying).remove(collection, home.faces[3:]))
    home.tables.faces.delete_many([keys.face_key(home.people.generation, home.faces[3])])


def name_kept(home: Inhabited) -> None:
    die_at(home, 1, lambda dying: change_user(dying, home.people, "delete", "ben"))


def celebrity_kept(home: Inhabited) -> None:
    change_user(home.tables, home.stars, "delete", STAR)


def purge_waiting(home: Inhabited) -> None:
    assert DynamoCollectionStore(home.tables).delete(now(home.tables, home.others))


def stage_abandoned(home: Inhabited) -> None:
    item = home.tables.control.get(keys.collection_key(home.others.scope, "others")) or {}
    stage = {
        "staged_generation": {"S": uuid.uuid4().hex},
        "staged_from": {"S": home.others.generation},
        "staged_version": {"S": "model-2"},
        "staged_run": {"S": "run"},
        "staged_seq": {"N": "0"},
        "staged_at": {"N": "1"},
    }
    home.tables.control.put({**item, **stage})


def generation_unnamed(home: Inhabited) -> None:
    die_at(home, 1, lambda dying: make_collection(dying, "half"))


def token_expired(home: Inhabited) -> None:
    item = home.tables.faces.get(home.token) or {}
    home.tables.faces.put({**item, "expires": {"N": "1"}})


def item_foreign(home: Inhabited) -> None:
    home.tables.control.put({"pk": {"S": "elsewhere"}, "sk": {"S": "thing"}})


@pytest.mark.parametrize(
    ("rest", "erased"),
    [
        (record_uncommitted, True),
        (number_empty, False),
        (vector_kept, True),
        (name_kept, True),
        (celebrity_kept, False),
        (purge_waiting, True),
        (stage_abandoned, True),
        (generation_unnamed, False),
        (token_expired, False),
        (item_foreign, False),
    ],
)
def test_waste_is_told_and_housekeeping_erases_it(
    tables: Tables, rest: Callable[[Inhabited], None], *, erased: bool
) -> None:
    """Lost: what a crash left stays for ever unseen, or a crash that lost nothing is an alarm."""
    home = inhabit(tables)
    rest(home)
    kind = rest.__name__.replace("_", "-")
    assert KINDS[kind][0] != BROKEN
    assert [each.kind for each in diagnosed(tables)] == [kind]
    assert not housekeep(tables, grace=LATER, sweep_interval=0).failed
    housekeep(tables, grace=LATER, sweep_interval=0)  # what an abandoned stage left
    assert [each.kind for each in diagnosed(tables)] == ([] if erased else [kind])


def test_a_reader_settles_an_empty_number(tables: Tables) -> None:
    """Lost: a number that a crash left empty is an alarm that never ends."""
    home = inhabit(tables)
    number_empty(home)
    assert [(each.kind, each.ids) for each in diagnosed(tables)] == [("number-empty", ("15",))]
    view(tables, home.people)
    assert diagnosed(tables) == []


def test_tokens_that_have_expired_are_one_finding(tables: Tables) -> None:
    """Lost: what is broken, among a line for each call of the last weeks."""
    home = inhabit(tables)
    item = home.tables.faces.get(home.token) or {}
    tokens = [keys.token_key(SCOPE, "DeleteUser", f"t{number}") for number in range(3)]
    times = ({"N": str(expires)} for expires in (100, 300, 200))
    home.tables.faces.put_many(
        [{**item, **key, "expires": at} for key, at in zip(tokens, times, strict=True)]
    )
    (found,) = diagnosed(tables)
    assert (found.kind, found.place) == ("token-expired", Place(SCOPE.account, SCOPE.region))
    assert found.ids == tuple(sorted(f"{key['pk']['S']} TOKEN" for key in tokens))
    assert found.age is not None
    assert 0 <= time.time() - 300 - found.age < 60  # the youngest


def test_young_records_are_no_waste(tables: Tables) -> None:
    """Lost: the records of a call that is still at work are told as rests."""
    home = inhabit(tables)
    record_uncommitted(home)
    assert diagnosed(tables, grace=60.0) == []
    (old,) = diagnosed(tables)
    assert old.age is not None
    assert 0 <= old.age < 60


def test_what_is_asked_for_is_looked_at(tables: Tables) -> None:
    """Lost: looking at one collection takes as long as looking at all, or shows others'."""
    home = inhabit(tables)
    home.tables.faces.delete_many([keys.log_key(home.others.generation, 0)])
    elsewhere = make_collection(tables, "others", scope=Scope("210987654321", "eu-west-1"))

    def kinds(wanted: Wanted) -> tuple[list[str], int]:
        found = diagnose(
            tables, lambda log: MemoryGallery(log, 1 << 30), wanted, Pace(0, 0.01, 0.01)
        )
        return [each.kind for each in found.findings], len(found.rows)

    assert kinds(Wanted()) == (["log-unopened"], 5)
    assert kinds(Wanted(collection="others")) == (["log-unopened"], 2)
    assert kinds(Wanted(collection="people")) == ([], 1)
    assert kinds(Wanted(account=elsewhere.scope.account)) == ([], 1)
    assert kinds(Wanted(region="mars-north-1")) == ([], 0)


class Busy:
    """A client of the storage rooms who does all kinds of things until told to stop."""

    def __init__(
        self, tables: Tables, store: SnapshotStore, seed: int, stop: threading.Event
    ) -> None:
        self._tables = tables
        self._store = store
        self._chance = random.Random(seed)  # noqa: S311
        self._stop = stop
        self.done = 0

    def run(self, name: str) -> int:
        for turn in itertools.count():
            if self._stop.is_set():
                return self.done
            with contextlib.suppress(LineamentError):  # deleted meanwhile, or a busy number
                self._once(name, turn)
                self.done += 1
        raise AssertionError

    def _once(self, name: str, turn: int) -> None:
        people = DynamoCollectionStore(self._tables)
        collection = people.find(SCOPE, name) or make_collection(self._tables, name)
        seen = view(self._tables, collection, grace=0.1)
        living = seen.page(None, 50)
        faces, vectors = make_faces(self._chance.randint(1, 3))
        store = DynamoFaceStore(self._tables)
        user = f"u{turn % 4}"
        if turn % 2 == 0:
            store.add(collection, faces, vectors)
            change_user(self._tables, collection, "create", user)
            change_user(self._tables, collection, "associate", user, *ids_of(faces))
        elif living:
            some = self._chance.sample(living, min(3, len(living)))
            change_user(self._tables, collection, "disassociate", user, *some)
            store.remove(now(self._tables, collection), some, seen)
            change_user(self._tables, collection, "delete", f"u{self._chance.randrange(4)}")
        if turn % 3 == 2:
            compact(self._tables, self._store, now(self._tables, collection), AT_ONCE)
        if name == "fleeting" and turn % 5 == 4:
            people.delete(now(self._tables, collection))


def gallery_of(log: ChangeLog) -> MemoryGallery:
    return MemoryGallery(log, 1 << 30)


def test_nothing_is_found_while_others_write(tables: Tables, store: SnapshotStore) -> None:
    """Lost: a healthy deployment is told to be broken because it is in use."""
    stop = threading.Event()
    clients = [Busy(tables, store, seed, stop) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        names = ("people", "people", "fleeting")
        running = [pool.submit(each.run, name) for each, name in zip(clients, names, strict=True)]
        try:
            looks: list[Diagnosis] = []
            while len(looks) < 4 or min(each.done for each in clients) <= 2:
                assert not any(each.done() for each in running)  # they go on until told to stop
                pace = Pace(DEFAULT_GRACE, 0.5, 0.3)
                looks = [*looks, diagnose(tables, gallery_of, pace=pace, snapshots=store)]
            found = [finding for look in looks for finding in look.findings]
        finally:
            stop.set()
        for each in running:
            each.result()
    assert {each.kind for each in found} <= {"purge-waiting", "collection-busy"}
    left = diagnosed(tables, DEFAULT_GRACE, store)
    assert {each.kind for each in left} <= {"purge-waiting"}
