"""docs/scale.md says what the code writes, reads and keeps: a change of the code is seen there."""

import math
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lineament.context import CallContext, Principal
from lineament.domain.collections import Change, UserChange
from lineament.domain.faces import FaceRecord, RatioBox
from lineament.domain.folding import Folding
from lineament.domain.idempotency import Attempt
from lineament.domain.snapshot_format import encode
from lineament.gallery.shelf import Shelf
from lineament.handlers.services import Services
from lineament.handlers.table import OPERATIONS
from lineament.storage import entries, keys
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.housekeeping import housekeep
from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.sweep import take
from lineament.storage.swept import due
from tests.property.conftest import build
from tests.property.engine import DeclaredEngine, DeclaredFaces, picture
from tests.scale_page import agree, item_size, table
from tests.storage.counting import Units
from tests.storage.snapshotting import AT_ONCE, NO_GROWTH, make_store
from tests.storage.world import SCOPE, make_collection, now

CALLER = Principal("k", SCOPE.account)


def faces(count: int, dimensions: int = 128) -> tuple[list[FaceRecord], Any]:
    """Return faces as a picture's are: numbers of many digits, a name of 16 characters."""
    box = RatioBox(*(part / 997 for part in (398, 52, 278, 334)))
    made = [
        FaceRecord(str(uuid.uuid4()), str(uuid.uuid4()), box, 92.60661602020264, "employee-0012345")
        for _ in range(count)
    ]
    return made, np.random.default_rng(0).normal(size=(count, dimensions)).astype(np.float32)


@pytest.fixture
def tables(moto_endpoint: str) -> Tables:
    made = connect(f"s{uuid.uuid4().hex[:12]}", "us-east-1", moto_endpoint)
    ensure_tables(made)
    return made


@pytest.fixture
def units(tables: Tables) -> Units:
    return Units.of(tables)


def test_items_are_as_large_as_the_page_says(tables: Tables) -> None:
    """Lost: an attribute is added to every face, and the plan still says what storing it cost."""
    collection = make_collection(tables)
    face, vectors = faces(1)
    DynamoFaceStore(tables).add(collection, face, vectors)
    record = tables.faces.get(keys.face_key(collection.generation, face[0].face_id))
    assert record is not None
    written = table("What a face costs")
    single, group, bulk = (
        item_size(
            entries.entry(
                collection.generation,
                1_000_000,
                {
                    **entries.to_added([each.face_id for each in some], vectors),
                    "write": record["write"],
                },
            )
        )
        for some, vectors in map(faces, (1, 12, 100))
    )
    # `after` is a number of one digit here, and of seven in a long log.
    bytes_of_record = item_size({**record, "after": {"N": "1234567"}})
    agree(written["record, bytes"], [bytes_of_record] * 3)
    agree(written["share of the log entry, bytes"], [single, group / 12, bulk / 100])
    agree(
        written["billed storage, bytes"],
        [
            bytes_of_record + 100 + (each + 100) / n
            for each, n in ((single, 1), (group, 12), (bulk, 100))
        ],
    )
    agree(
        written["write units"],
        [
            (n + 1 + math.ceil(each / 1024)) / n
            for each, n in ((single, 1), (group, 12), (bulk, 100))
        ],
    )
    agree(written["numbers of the log, a million faces"], [1e6, 1e6 / 12, 1e6 / 100])


@pytest.fixture
def services(tables: Tables, moto_endpoint: str) -> Services:
    return build(tables, moto_endpoint).services


def face_of(services: Services, label: str, count: int = 1) -> str:
    """Index a picture, and return the id of its first face."""
    shown = [[place + 1, 2, 3, 4, 5, ord(label[0])] for place in range(count)]
    answer = ask(services, "IndexFaces", Image={"Bytes": picture(shown, label)})
    found: str = answer["FaceRecords"][0]["Face"]["FaceId"]
    return found


def ask(services: Services, operation: str, **params: Any) -> dict[str, Any]:
    call = CallContext(SCOPE, CALLER, operation, "r", time.time())
    return OPERATIONS[operation](services, call, {"CollectionId": "people", **params})


def test_operations_read_and_write_as_many_items_as_the_page_says(
    services: Services, units: Units
) -> None:
    """Lost: a call begins to read more, and what searches or writes cost is told too low."""
    ask(services, "CreateCollection")
    first = face_of(services, "a")
    for label in ("b", "c", "d"):
        face_of(services, label)
    ask(services, "CreateUser", UserId="u", ClientRequestToken="made")
    removable = face_of(services, "g")
    for place in range(70):
        face_of(services, f"h{place}")
    ask(services, "ListFaces")  # makes the key of page tokens
    same = {"Bytes": picture([[1, 2, 3, 4, 5, 97]], "q")}
    work: dict[str, Callable[[], object]] = {
        "IndexFaces, one face": lambda: face_of(services, "e"),
        "IndexFaces, 12 faces": lambda: face_of(services, "f", 12),
        "SearchFaces, 10 found": lambda: ask(
            services, "SearchFaces", FaceId=first, MaxFaces=10, FaceMatchThreshold=0.0
        ),
        "SearchFacesByImage, 10 found": lambda: ask(
            services, "SearchFacesByImage", Image=same, MaxFaces=10, FaceMatchThreshold=0.0
        ),
        "ListFaces, 10 told": lambda: ask(services, "ListFaces", MaxResults=10),
        "DescribeCollection": lambda: ask(services, "DescribeCollection"),
        "AssociateFaces, with a token": lambda: ask(
            services, "AssociateFaces", UserId="u", FaceIds=[first], ClientRequestToken="t"
        ),
        "DeleteFaces, one face": lambda: ask(services, "DeleteFaces", FaceIds=[removable]),
    }
    told = table("What a call costs")
    for name, each in work.items():
        ask(services, "DescribeCollection")  # catches up: what others wrote is a row of its own
        units.read, units.written = 0, 0
        each()
        assert [cell[0] for cell in told[name][:2]] == [units.read, units.written], name


def test_index_faces_reads_once_what_others_commit_while_it_looks(
    services: Services, tables: Tables, units: Units
) -> None:
    """Lost: the bound on writers at once, which this makes, is another than the page's."""
    ask(services, "CreateCollection")
    collection = services.collections.find(SCOPE, "people")
    assert collection is not None

    class Slow(DeclaredEngine):
        def analyse(self, image: bytes) -> DeclaredFaces:
            for _ in range(9):
                DynamoFaceStore(tables).add(now(tables, collection), *faces(1, 6))
            units.read = 0
            return super().analyse(image)

    face_of(replace(services, engine=Slow), "a")
    assert units.read == 1 + 9, "the collection, and what the gallery had to read anyway"
    units.read = 0
    ask(services, "DescribeCollection")
    assert units.read == 1 + 1, "its own entry"


def test_sweeps_cost_what_the_page_says(
    services: Services, tables: Tables, units: Units, moto_endpoint: str
) -> None:
    """Lost: the largest item of the bill, which grows with what is stored, is not told."""
    ask(services, "CreateCollection")
    indexed = [face_of(services, f"a{place}") for place in range(30)]
    collection = services.collections.find(SCOPE, "people")
    assert collection is not None
    day = 24 * 3600.0

    def round_of(days: float) -> tuple[int, int]:
        units.read, units.written = 0, 0
        clock = lambda: time.time() + days * day  # noqa: E731
        assert not housekeep(tables, grace=-5, clock=clock).failed
        return units.read, units.written

    assert round_of(0) == (1 + 30, 2), "the first: all of the log"
    assert round_of(1) == (0, 0), "of a collection that nobody touches"
    face_of(services, "b")
    assert round_of(2) == (1 + 1, 2), "what is new"
    ask(services, "DeleteFaces", FaceIds=indexed[:1])
    assert round_of(3) == (1 + 1 + 1, 2), "and whether the record is there"
    snapshots = make_store(tables, moto_endpoint)
    compact(tables, snapshots, now(tables, collection), AT_ONCE)
    face_of(services, "c")
    item = tables.control.get(keys.collection_key(SCOPE, "people"))
    turn = due(item or {}, now(tables, collection), day, time.time() + 8 * day)
    assert turn is not None
    units.read = 0
    take(tables, collection, turn, -5, snapshots=snapshots)
    assert units.read == 2 + 3 + 33, "a week's: collection, snapshot, what is new, the log"


def test_rounds_of_housekeeping_cost_what_the_page_says(
    services: Services, tables: Tables, units: Units, moto_endpoint: str
) -> None:
    """Lost: what is asked for each minute is not told, or a snapshot reads the log twice."""
    ask(services, "CreateCollection")
    for place in range(30):
        face_of(services, f"a{place}")
    collection = services.collections.find(SCOPE, "people")
    assert collection is not None

    def read(work: Callable[[], object]) -> int:
        units.read, units.written = 0, 0
        work()
        return units.read

    snapshots = make_store(tables, moto_endpoint)
    housekeep(tables, snapshots=snapshots)
    assert read(lambda: housekeep(tables, snapshots=snapshots)) == 1
    assert units.written == 0, "of a collection that nobody touches"

    compact(tables, snapshots, now(tables, collection), AT_ONCE)
    for place in range(9):
        face_of(services, f"b{place}")
    latest = now(tables, collection)
    assert 9 <= read(lambda: compact(tables, snapshots, latest, NO_GROWTH)) < 18, "looks once"
    assert 9 <= read(lambda: compact(tables, snapshots, latest, AT_ONCE)) < 18, "folds once"


def test_a_repeated_token_reads_the_log_from_its_beginning_without_a_snapshot(
    services: Services, tables: Tables, units: Units
) -> None:
    """Lost: the page warns of what is no more, or not of what a retry costs."""
    collection = make_collection(tables)
    for _ in range(9):
        DynamoFaceStore(tables).add(now(tables, collection), *faces(1))
    early = now(tables, collection)
    attempt = Attempt(early.generation, early.seq, "w", resumed=False)
    change = UserChange("create", str(uuid.uuid4()), "u")
    services.users.commit(early, services.gallery.sync(early), change, attempt)
    later = now(tables, collection)
    view = services.gallery.sync(later)
    units.read = 0
    assert services.users.recall(later, replace(attempt, resumed=True), view) is not None
    assert units.read > 9


def test_memory_and_snapshots_are_as_large_as_the_page_says() -> None:
    """Lost: machines are too small for the galleries that the plan puts on them."""
    count = 1 << 16
    shelf = Shelf()
    some, vectors = faces(count)
    shelf.add([each.face_id for each in some], list(vectors))
    shelf.publish()
    written = table("What a face costs")
    agree(written["memory of a process, bytes"], [shelf.nbytes / count] * 3)
    folding = Folding("g")
    added = dict(zip((each.face_id for each in some), vectors[:1000], strict=False))
    kept = {name: row.astype(np.float16).tobytes() for name, row in added.items()}
    folding.apply(Change(1, dict(added)), kept)
    snapshot = sum(map(len, encode(folding.finish())))
    agree(written["snapshot in S3, bytes"], [snapshot / len(added)] * 3)
