"""What files of commands' tests share: the engine, and `serve --local --data`'s emulator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineament.domain.faces import FaceEngine
from lineament.vision.engine import build_engine
from tests.cli.killable import Emulator, Start
from tests.conformance.remembering import RememberingEngine


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return what starts an emulator on the test's folder."""
    made: list[Emulator] = []

    def begin(**options: Any) -> Emulator:
        made.append(Emulator(tmp_path / "data", **options))
        return made[-1]

    yield begin
    for each in made:
        each.kill()


@pytest.fixture(scope="module")
def engine(photo_dir: Path) -> FaceEngine:
    """Return the real engine, which remembers what it has seen."""
    return RememberingEngine(build_engine(photo_dir.parent))
