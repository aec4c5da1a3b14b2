"""An operator with folders of pictures, and a deployment to import them into."""

import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lineament import config
from lineament.app import build_services
from lineament.cli.bulk.desk import CollectionDesk
from lineament.cli.main import main
from lineament.context import Scope
from lineament.domain.faces import FaceEngine, ImageFaces
from lineament.storage.provision import Tables, connect
from tests.storage.world import stored_items

EVERYBODY = ("obama.jpg", "obama2.jpg", "biden.jpg", "t1.jpg")


class WatchedEngine:
    """An engine that tells before each picture how many it has looked at."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self.looked = 0
        self.before: Callable[[int], None] = lambda _: None

    def analyse(self, image: bytes) -> ImageFaces:
        self.before(self.looked)
        self.looked += 1
        return self._engine.analyse(image)


@dataclass
class Album:
    """A folder that is imported into a collection, `people`."""

    folder: Path
    photo_dir: Path
    tables: Tables
    desk: CollectionDesk
    engine: WatchedEngine

    def put(self, photo: str, *names: str) -> None:
        """Copy a photo into the folder, under its own name or others."""
        for name in names or (photo,):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.photo_dir / photo, path)

    def imported(self, *words: str, source: str = "", status: int = 0) -> dict[str, Any]:
        """Import, and return the report."""
        report = self.folder.parent / f"report-{uuid.uuid4().hex}.json"
        command = ["import", "people", source or str(self.folder), "--json", str(report)]
        assert main([*command, "--create", *words]) == status
        told: dict[str, Any] = json.loads(report.read_text())
        return told

    def faces(self) -> list[dict[str, Any]]:
        """Return the faces that ListFaces tells, by ExternalImageId."""
        listed: list[dict[str, Any]] = self.desk.call("ListFaces", {})["Faces"]
        return sorted(listed, key=lambda face: face["ExternalImageId"] or "")

    def names(self) -> list[str | None]:
        """Return the faces' ExternalImageIds."""
        return [face["ExternalImageId"] for face in self.faces()]


@pytest.fixture
def album(
    aws_endpoint: str,
    engine: FaceEngine,
    photo_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Album:
    """Return an album with an empty folder; nothing is imported."""
    assert aws_endpoint
    table = f"album-{uuid.uuid4().hex[:12]}"
    watched = WatchedEngine(engine)
    monkeypatch.setenv("LINEAMENT_TABLE", table)
    monkeypatch.setattr("lineament.app._lazy_engine", lambda *_: lambda: watched)
    folder = tmp_path / "album"
    folder.mkdir()
    settings = config.load()
    tables = connect(table, "us-east-1")
    scope = Scope(settings.default_account, settings.region)
    desk = CollectionDesk(build_services(settings, tables), scope, "people")
    return Album(folder, photo_dir, tables, desk, watched)


def seq_of(album: Album) -> int:
    collection = album.desk.find()
    assert collection is not None
    return collection.seq


def records_of(album: Album) -> list[dict[str, Any]]:
    tables: Tables = album.tables
    return stored_items(tables, "FACE#")
