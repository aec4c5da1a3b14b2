"""`lineament doctor` as an operator runs it."""

import json
import uuid
from pathlib import Path

import pytest

from lineament.cli.main import main
from lineament.domain.engine import EngineUnavailable
from lineament.domain.snapshot_format import encode
from lineament.storage import keys
from lineament.storage.compaction import compact
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.placement import Placement
from lineament.storage.provision import Tables, connect, ensure_tables
from tests.gallery.tables import PlainEngine
from tests.storage.engines import row_of, to
from tests.storage.harmed_snapshots import one_bit
from tests.storage.inhabited import change_user
from tests.storage.snapshotting import AT_ONCE, make_store, objects, people, put_object
from tests.storage.world import SCOPE, make_collection, make_faces, now

NAME = "Ada Lovelace"


@pytest.fixture
def tables(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Tables:
    name = f"d{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    made = connect(name, "us-east-1", aws_endpoint)
    ensure_tables(made)
    return made


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes meanwhile."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_healthy(tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a monitor that runs it wakes somebody for nothing."""
    people = make_collection(tables)
    DynamoFaceStore(tables).add(people, *make_faces(3))
    change_user(tables, people, "create", NAME)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = "account region collection faces users seq findings"
    assert lines[-3].split() == heads.split()
    assert lines[-2].split() == [SCOPE.account, SCOPE.region, "people", "3", "1", "2", "0"]
    assert lines[-1] == "healthy: 0 broken, 0 pending, 0 waste"


def test_broken(tables: Tables, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: lost faces end in exit status 0, or their owners' names in a log."""
    people = make_collection(tables)
    faces, vectors = make_faces(5)
    DynamoFaceStore(tables).add(people, faces, vectors)
    change_user(tables, people, "create", NAME)
    change_user(tables, people, "associate", NAME, faces[0].face_id)
    lost = sorted(face.face_id for face in faces[:4])
    tables.faces.delete_many([keys.face_key(people.generation, each) for each in lost])
    DynamoFaceStore(tables).add(make_collection(tables, "others"), *make_faces(1))
    report = tmp_path / "report.json"
    assert main(["doctor", "--json", str(report)]) == 1
    told = capsys.readouterr()
    first, *_, last = told.out.splitlines()
    assert first.startswith(f"broken: {SCOPE.account} {SCOPE.region} people: a committed face")
    assert f"record-missing; 4: {', '.join(lost[:3])} and 1 more" in first
    assert last == "broken: 1 broken, 0 pending, 0 waste"
    written = json.loads(report.read_text())
    assert NAME not in told.out + told.err + report.read_text()
    (finding,) = written["findings"]
    assert finding == {
        "severity": "broken",
        "kind": "record-missing",
        "meaning": finding["meaning"],
        "account": SCOPE.account,
        "region": SCOPE.region,
        "collection": "people",
        "generation": now(tables, people).generation,
        "ids": lost,
        "age_seconds": None,
    }
    assert not written["healthy"]
    assert [(row["collection"], row["faces"]) for row in written["collections"]] == [
        ("others", 1),
        ("people", 5),
    ]
    assert main(["doctor", "--collection", "others"]) == 0


def test_waste_is_no_failure(tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: what housekeeping has yet to erase is told as an error, or not at all."""
    people = make_collection(tables)
    faces, _ = make_faces(1)
    DynamoFaceStore(tables)._put(people, faces, "write")
    assert main(["doctor"]) == 0  # it may yet be committed
    assert "0 waste" in capsys.readouterr().out
    assert main(["doctor", "--grace", "0"]) == 0
    told = capsys.readouterr().out
    assert f"waste: {SCOPE.account} {SCOPE.region} people: a record of no committed face" in told
    assert "s old; 1: " + faces[0].face_id in told
    assert "healthy: 0 broken, 0 pending, 1 waste" in told


def test_a_snapshot_is_compared_where_there_is_a_bucket(
    tables: Tables,
    aws_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Lost: whoever starts cold is given a wrong snapshot, and the doctor does not look at any."""
    store = make_store(tables, aws_endpoint)
    collection, _ = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE)
    made = store.newest(collection.generation)
    assert made is not None
    harmed, (face,) = one_bit(made)
    (key,) = objects(store)
    put_object(store, key, b"".join(encode(harmed)))
    assert main(["doctor"]) == 0
    monkeypatch.setenv("LINEAMENT_SNAPSHOT_BUCKET", store._objects.bucket)
    capsys.readouterr()
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert f"(snapshot-vector-differs; 1: {face})" in told
    assert "delete the object" in told


def test_wrong_calls(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a monitor takes a mistyped name, or a table that is not there, for a healthy one."""
    assert main(["doctor", "--collection", "nobody"]) == 2
    assert capsys.readouterr().err == "lineament doctor: there is nothing of collection nobody\n"
    assert main(["doctor", "--account", "999999999999"]) == 2
    for wrong in (("--grace", "long"), ("--grace=-1",), ("--json", "/nowhere/report.json")):
        with pytest.raises(SystemExit) as stopped:
            main(["doctor", *wrong])
        assert stopped.value.code == 2
    monkeypatch.setenv("LINEAMENT_TABLE", f"{tables.control.name}-absent")
    capsys.readouterr()
    assert main(["doctor"]) == 2
    assert "lineament doctor: The DynamoDB table is not there yet" in capsys.readouterr().err


def test_an_engine(
    tables: Tables,
    aws_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Lost: an engine that lost faces, or is down, ends in exit status 0."""
    engine, store = PlainEngine(), make_store(tables, aws_endpoint)
    monkeypatch.setenv("LINEAMENT_SNAPSHOT_BUCKET", store._objects.bucket)
    monkeypatch.setattr(
        "lineament.cli.doctor.choose_placement", lambda _settings: Placement(engine)
    )
    collection, faces = people(tables)
    assert compact(tables, store, now(tables, collection), AT_ONCE, placement=to(engine))
    assert main(["doctor"]) == 0
    engine.table(collection.generation, "faces").remove([row_of(faces[0], 1)])
    assert main(["doctor"]) == 1
    assert f"engine-row-missing; 1: {faces[0]}" in capsys.readouterr().out

    def silent() -> None:
        raise EngineUnavailable("Milvus: down")

    monkeypatch.setattr(engine, "generations", silent)
    monkeypatch.setattr(engine, "table", lambda *_: silent())
    assert main(["doctor"]) == 2
    told = capsys.readouterr()
    assert "healthy: 0 broken" in told.out
    assert told.err.endswith("lineament doctor: the engine was not looked at: Milvus: down\n")
