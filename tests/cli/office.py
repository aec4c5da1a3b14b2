"""An operator who keeps a gallery of celebrities: a folder of images, and a deployment."""

import itertools
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lineament import config
from lineament.app import build_services
from lineament.cli.celebrity.desk import Desk
from lineament.cli.main import main
from lineament.domain.celebrities import id_of_name
from lineament.domain.faces import FaceEngine
from lineament.storage.provision import Tables, connect
from tests.storage.world import CrashingClient, stored_items, stored_vectors, through

A, B = "KnownA1", id_of_name("Person B")
LATER = -5.0
"""Grace of a housekeeping for which nothing is too young."""


@dataclass
class Office:
    """An operator's folder of images, and a deployment of its own."""

    folder: Path
    tables: Tables
    desk: Desk
    rows: list[dict[str, Any]] = field(default_factory=list)

    def row(self, name: str, *images: str, **more: Any) -> None:
        """Write a celebrity into the manifest."""
        self.rows.append({"name": name, "images": list(images), **more})

    def manifest(self) -> Path:
        """Write the file."""
        path = self.folder / "famous.json"
        path.write_text(json.dumps(self.rows))
        return path

    def imported(self, *words: str, status: int = 0) -> dict[str, Any]:
        """Import the manifest, and return the report."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        command = ["celebrities", "import", str(self.manifest()), "--json", str(report), *words]
        assert main(command) == status
        told: dict[str, Any] = json.loads(report.read_text())
        return told

    def named(self, photo: str) -> list[str]:
        """Return the ids that RecognizeCelebrities puts on a photo."""
        image = {"Bytes": (self.folder / photo).read_bytes()}
        answer = self.desk.call("RecognizeCelebrities", {"Image": image})
        return [face["Id"] for face in answer["CelebrityFaces"]]

    def left(self) -> tuple[int, int, int]:
        """Return how many records of faces, vectors and records of celebrities are stored."""
        stored = (len(stored_items(self.tables, prefix)) for prefix in ("FACE#", "CELEBRITY#"))
        faces, celebrities = stored
        return faces, stored_vectors(self.tables), celebrities


@pytest.fixture
def office(
    aws_endpoint: str,
    engine: FaceEngine,
    photo_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    """Return an office with two celebrities in its manifest, nothing imported."""
    assert aws_endpoint
    table = f"office-{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("LINEAMENT_TABLE", table)
    monkeypatch.setattr("lineament.app._lazy_engine", lambda *_: lambda: engine)
    for photo in ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "t1.jpg", "coffee.png"):
        shutil.copy(photo_dir / photo, tmp_path)
    tables = connect(table, "us-east-1")
    office = Office(tmp_path, tables, Desk(build_services(config.load(), tables)))
    office.row("Person A", "obama2.jpg", "obama3.jpg", id=A, urls=["example.org/a"], gender="Male")
    office.row("Person B", "biden.jpg")
    return office


def crashes(office: Office) -> Iterator[Desk]:
    """Yield desks whose processes die at their first write, their second, and so on."""
    for at in itertools.count():
        client = CrashingClient(office.tables.control.client, at, after=at % 2 == 1)
        yield Desk(build_services(config.load(), through(office.tables, client)))
