"""The emulator of `serve --local --data`, on a folder of the test's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.killable import Emulator, Start


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
