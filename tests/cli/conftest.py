"""What files of commands' tests share: the engine, and `serve --local`, whole or its emulator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineament.domain.faces import FaceEngine
from lineament.vision.engine import build_engine
from tests.cli.killable import Emulator, Start
from tests.cli.pair import Pair, StartPair
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


@pytest.fixture
def start_pair(tmp_path: Path) -> Iterator[StartPair]:
    """Return what starts the whole pair on the test's folder, or in memory."""
    made: list[Pair] = []

    def begin(*, in_memory: bool = False, **settings: str) -> Pair:
        made.append(Pair(None if in_memory else tmp_path / "data", **settings))
        return made[-1]

    yield begin
    for each in made:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture(scope="module")
def engine(photo_dir: Path) -> FaceEngine:
    """Return the real engine, which remembers what it has seen."""
    return RememberingEngine(build_engine(photo_dir.parent))
