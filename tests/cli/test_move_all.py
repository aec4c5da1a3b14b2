"""`lineament move --all`, and the collections that are unlike others."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lineament.cli.main import main
from lineament.domain.celebrities import COLLECTION_ID, SCOPE
from lineament.domain.engine import EngineUnavailable
from lineament.storage.faces import DynamoFaceStore
from lineament.storage.tenure import Tenure
from tests.cli.mover import DIMENSIONS, NAME, Deployment, deploy
from tests.gallery.tables import PlainEngine, PlainTable
from tests.storage.snapshotting import objects, put_object
from tests.storage.world import make_collection, make_faces


@pytest.fixture
def plain(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Return a deployment on a plain engine."""
    assert aws_endpoint
    return deploy(monkeypatch, PlainEngine())


def _all(to: str, *words: str) -> int:
    return main(["move", "--all", "--to", to, "--compare", "8", *words])


def test_all_collections(
    plain: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: a deployment is moved by hand, collection by collection; celebrities are left out."""
    stars = make_collection(plain.tables, COLLECTION_ID, SCOPE)
    DynamoFaceStore(plain.tables).add(stars, *make_faces(3, DIMENSIONS))
    make_collection(plain.tables, "nobody")
    report = tmp_path / "report.json"
    assert _all("milvus", "--yes", "--json", str(report)) == 0
    said = capsys.readouterr().out
    assert "people is in milvus: 40 faces" in said
    assert "celebrities is in milvus: 3 faces" in said
    assert "nobody has no face; it stays in memory" in said
    told = {
        each["collection"]: each["state"] for each in json.loads(report.read_text())["collections"]
    }
    assert told == {"people": "moved", "celebrities": "moved", "nobody": "empty"}
    published = plain.store.published(stars.generation)
    assert published is not None
    assert published.engine == "milvus"
    assert main(["move", COLLECTION_ID, "--account", "celebrities", "--to", "memory", "--yes"]) == 0
    assert _all("memory", "--yes") == 0
    said = capsys.readouterr().out
    assert "celebrities is in memory already" in said
    assert "people is in memory: 40 faces" in said
    assert "nobody is in memory already" in said


def test_one_that_fails_stops_no_other(
    plain: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: one collection that is just being written keeps all others from moving."""
    other = make_collection(plain.tables, "other")
    DynamoFaceStore(plain.tables).add(other, *make_faces(3, DIMENSIONS))
    plain.compact()
    assert Tenure.take(plain.tables.faces, plain.now().generation, "milvus") is not None
    assert _all("milvus", "--yes") == 1
    said = capsys.readouterr()
    assert "people: another process writes this collection's vectors" in said.err
    assert "people was not moved" in said.out
    assert "other is in milvus: 3 faces" in said.out


def test_consent(
    plain: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: servers run out of memory, because nobody was told what a collection takes."""
    asked: list[str] = []
    answers = iter(["y", "n"])

    def ask(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", ask)
    assert _all("milvus") == 0
    assert _all("memory") == 1
    assert asked == ["Move people to milvus? [y/N] ", "Move people to memory? [y/N] "]
    said = capsys.readouterr()
    assert "people: 40 faces take 0.0 MB of memory in each process" in said.out
    assert "nothing was done" in said.err
    assert plain.published().engine == "milvus"


def test_damaged_and_old_snapshots(plain: Deployment) -> None:
    """Lost: a collection whose snapshot is damaged, or of an older release, cannot be moved."""
    before = plain.answers()
    plain.compact()
    (key, whole), *_ = objects(plain.store).items()
    put_object(plain.store, key, whole[: len(whole) // 2])
    assert plain.move("milvus") == 0
    assert plain.published().object_key != key
    assert plain.answers() == before
    assert plain.move("memory") == 0

    # As one of version 1 was, and what was folded from it.
    key = plain.published().object_key
    snapshot = plain.store.read(plain.now().generation, key)
    assert plain.store.publish(replace(snapshot, marks=np.zeros_like(snapshot.marks)), key)
    key = plain.published().object_key
    assert plain.move("milvus") == 0
    assert plain.published().object_key != key
    assert {mark for _, mark in plain.held()} == set(snapshot.marks.tolist())
    assert plain.is_distant()
    assert plain.answers() == before


def test_an_engine_that_is_gone(
    plain: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: the way back to memory when Milvus has burnt down."""
    before = plain.answers()
    assert plain.move("milvus") == 0

    def gone(*_: object) -> Any:
        raise EngineUnavailable("Milvus: MilvusException, code 2")

    for name in ("get", "nearest", "rows", "blocks"):
        monkeypatch.setattr(PlainTable, name, gone)
    capsys.readouterr()
    assert plain.move("memory") == 1
    assert "code 2; --compare 0 leaves it without asking" in capsys.readouterr().err
    assert plain.published().engine == "milvus"
    assert plain.move("memory", "--compare", "0") == 0
    assert "nothing was compared" in capsys.readouterr().out
    assert plain.answers() == before


def test_without_settings(
    plain: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lost: what is missing is not said."""
    monkeypatch.setenv("LINEAMENT_MILVUS_URI", "")
    assert plain.move("milvus") == 1
    assert "set LINEAMENT_MILVUS_URI and LINEAMENT_SNAPSHOT_BUCKET" in capsys.readouterr().err
    assert main(["move", NAME, "--account", plain.account, "--to", "memory"]) == 1
