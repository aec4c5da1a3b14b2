"""`lineament move` from end to end: handlers, tables, snapshots, and engines, without pictures."""

import json
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.main import main
from lineament.domain.engine import Hits, VectorEngine
from lineament.gallery.milvus import MilvusEngine
from tests.cli.mover import NAME, Deployment, deploy
from tests.gallery.tables import PlainEngine, PlainTable
from tests.storage.world import healthy

_HOUR = 3700.0


@pytest.fixture(params=["plain", "milvus"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> VectorEngine:
    if request.param == "plain":
        return PlainEngine()
    return MilvusEngine(str(tmp_path / "lite.db"), "", lambda: "tests")


@pytest.fixture
def deployment(
    aws_endpoint: str, engine: VectorEngine, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    assert aws_endpoint
    return deploy(monkeypatch, engine)


@pytest.fixture
def plain(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Return a deployment on a plain engine."""
    assert aws_endpoint
    return deploy(monkeypatch, PlainEngine())


def test_there_and_back(
    deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a collection that outgrows memory cannot leave it, or answers otherwise elsewhere."""
    before = deployment.answers()
    report = tmp_path / "report.json"
    assert deployment.move("milvus", "--json", str(report)) == 0
    said = capsys.readouterr().out
    assert "people is in milvus: 40 faces; 42 rows put" in said
    assert "42 rows and 48 answers compared" in said
    assert "without a restart" in said
    (told,) = json.loads(report.read_text())["collections"]
    assert (told["state"], told["faces"], told["put"]) == ("moved", 40, 42)
    assert told["compared"]["wrong"] == sum(told["compared"]["differ"].values()) == 0
    assert deployment.is_distant()
    assert deployment.answers() == before
    assert deployment.move("milvus") == 0
    assert "is in milvus already" in capsys.readouterr().out

    deployment.index(3)
    deployment.remove(deployment.faces[20])
    changed = deployment.answers()
    deployment.housekeep(_HOUR)  # Another snapshot, which stays there.
    assert deployment.published().engine == "milvus"

    assert deployment.move("memory") == 0
    said = capsys.readouterr().out
    assert "people: 42 faces take 0.0 MB of memory in each process" in said
    assert "people is in memory: 42 faces; 44 rows and 96 answers compared" in said
    assert not deployment.is_distant()
    assert deployment.answers() == changed
    assert deployment.held(), "processes may read it for another minute"
    deployment.housekeep(_HOUR)
    assert deployment.engine.generations() == set()
    assert deployment.move("memory") == 0
    assert "is in memory already" in capsys.readouterr().out
    assert deployment.move("milvus") == 0, "it can go there again"
    assert deployment.answers() == changed
    healthy(deployment.tables, deployment.store)


def test_wrong_vector_is_found(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: whoever was found before the move is somebody else, or nobody, after it."""
    with monkeypatch.context() as patch:
        patch.setattr("lineament.storage.tenure.Tenure.engage", _stop)
        assert deployment.move("milvus") == 130
    table = deployment.engine.table(deployment.now().generation, "faces")
    row = sorted(deployment.held())[7]
    table.put([row], -table.get([row])[row][None, :])  # The same key and mark.
    before = deployment.answers()
    capsys.readouterr()
    assert deployment.move("milvus") == 1
    said = capsys.readouterr().out
    assert "0 rows put" in said
    assert "1 rows, " in said
    assert "answers of milvus differ from brute force. Nothing was switched" in said
    assert deployment.published().engine == ""
    assert not deployment.is_distant()
    assert deployment.answers() == before
    assert deployment.move("milvus") == 0, "what was wrong is gone"
    assert deployment.answers() == before


def test_search_that_forgets_a_row_is_found(
    plain: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: an engine that has every vector and does not find all of them is moved to."""
    nearest = PlainTable.nearest

    def forgetful(self: PlainTable, *args: Any) -> Hits:
        hits = nearest(self, *args)
        return Hits(hits.rows[1:], hits.scores[1:], hits.vectors[1:])

    monkeypatch.setattr(PlainTable, "nearest", forgetful)
    assert plain.move("milvus") == 1
    said = capsys.readouterr().out
    assert "rows, " not in said.partition("compared in")[2]
    assert "answers of milvus differ from brute force. Nothing was switched" in said
    assert plain.published().engine == ""


def test_wrong_engine_does_not_keep_a_collection(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: the way back to memory, when it is needed most."""
    before = deployment.answers()
    assert deployment.move("milvus") == 0
    table = deployment.engine.table(deployment.now().generation, "faces")
    row = min(deployment.held())
    table.remove([row])
    capsys.readouterr()
    assert deployment.move("memory") == 0
    said = capsys.readouterr().out
    assert "1 rows, " in said
    assert "answers of milvus differ from brute force" in said
    assert "of memory differ" not in said
    assert deployment.answers() == before


def test_faces_that_come_and_go_meanwhile(
    plain: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: what is indexed and deleted during a move, or a removed face that is left there."""
    put = PlainTable.put
    turns = iter(range(100))

    def busy(self: PlainTable, *args: object) -> None:
        put(self, *args)  # type: ignore[arg-type]
        if next(turns) < 2:
            plain.index(2)
            plain.remove(plain.faces[10])
            plain.compact()

    with monkeypatch.context() as patch:
        patch.setattr(PlainTable, "put", busy)
        assert plain.move("milvus") == 0
    assert "people is in milvus: 42 faces" in capsys.readouterr().out
    assert {key.hex() for key, _ in plain.held()} == {name.replace("-", "") for name in plain.faces}
    assert plain.is_distant()
    one = plain.answers()
    assert plain.move("memory") == 0
    assert plain.answers() == one


def test_deleted_meanwhile(
    plain: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a deleted collection is said to be moved, or stays in the engine."""
    put = PlainTable.put

    left = [NAME]

    def delete(self: PlainTable, *args: Any) -> None:
        put(self, *args)
        if left:
            plain.c.delete_collection(CollectionId=left.pop())

    with monkeypatch.context() as patch:
        patch.setattr(PlainTable, "put", delete)
        assert plain.move("milvus") == 1
    assert "it was deleted meanwhile" in capsys.readouterr().err
    plain.housekeep(_HOUR)
    assert plain.engine.generations() == set()


def test_what_is_refused(plain: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """Lost: a wrong call says what is wrong, and nothing is done."""
    assert plain.move("milvus", "--compare", "0") == 1
    assert "--compare 0 is for --to memory" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["move", "--to", "milvus"])
    assert stopped.value.code == 2
    capsys.readouterr()
    assert main(["move", "nobody", "--to", "milvus", "--yes"]) == 1
    assert "has no collection nobody" in capsys.readouterr().err
    assert main(["move", NAME, "--account", plain.account, "--to", "milvus"]) == 1
    assert "add --yes" in capsys.readouterr().err
    assert plain.published().seq == 0


def _stop(*_: object) -> bool:
    raise KeyboardInterrupt
