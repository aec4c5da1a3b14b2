"""A deployment whose operator has imported two celebrities, by the command that operators use."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lineament.cli.main import main
from lineament.domain.faces import FaceEngine
from tests.conformance.album import Album
from tests.conformance.conftest import BuildApplication, Wire, random_account
from tests.conformance.deploying import deployed

KNOWN_ID = "3Ir0du6"
URLS = ["example.org/a", "https://example.net/people/a"]


@dataclass(frozen=True, slots=True)
class Famous:
    """A knows the person of a1, a2 and a3 by a2 and a3; b that of b1."""

    wire: Wire
    c: Any
    table: str
    a: str
    b: str
    """The celebrity ids."""


def write_manifest(folder: Path, album: Album) -> Path:
    """Write the two celebrities and their images."""
    for name, image in (("a2", album.a2), ("a3", album.a3), ("b1", album.b1)):
        (folder / f"{name}.jpg").write_bytes(image)
    rows = [
        {
            "name": "Person A",
            "id": KNOWN_ID,
            "urls": URLS,
            "gender": "Male",
            "images": ["a2.jpg", "a3.jpg"],
        },
        {"name": "Person B", "images": ["b1.jpg"]},
    ]
    manifest = folder / "famous.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest


@contextmanager
def importing(engine: FaceEngine, variables: Mapping[str, str]) -> Iterator[None]:
    """Let `lineament celebrities` run here, with an engine that has its models."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr("lineament.app._lazy_engine", lambda *_: lambda: engine)
        yield


@contextmanager
def famous_deployment(
    wire: Wire, build: BuildApplication, engine: FaceEngine, album: Album, folder: Path
) -> Iterator[Famous]:
    """Import, and run the service for as long as the block."""
    table = f"famous-{wire.name}"
    with importing(engine, {**wire.variables, "LINEAMENT_TABLE": table}):
        assert main(["celebrities", "import", str(write_manifest(folder, album))]) == 0
    with deployed(wire, build, folder / "log", table=table) as there:
        c = there.client(random_account())
        seen = c.recognize_celebrities(Image={"Bytes": album.b1})
        (b,) = seen["CelebrityFaces"]
        yield Famous(there, c, table, KNOWN_ID, b["Id"])
