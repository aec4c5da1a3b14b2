"""Real models and real photos, as `lineament models install` put them there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineament import config
from lineament.vision import registry
from lineament.vision.engine import Engine, build_engine
from lineament.vision.install import is_installed, read_record
from lineament.vision.manifest import PHOTOS, load_manifest

Photo = Callable[[str], bytes]


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The folder of the installed models."""
    folder = config.load().model_dir
    record = read_record(folder)
    missing = [
        entry.name
        for package in load_manifest().packages
        for entry in package.files
        if not is_installed(folder, entry, record)
    ]
    assert not missing, f"run `lineament models install` first; missing: {missing}"
    return folder


@pytest.fixture(scope="session")
def engine(model_dir: Path) -> Engine:
    """The engine with the default models."""
    return build_engine(model_dir)


@pytest.fixture(scope="session")
def photo(model_dir: Path) -> Photo:
    """Return the bytes of a photo by its name in models.json."""
    return lambda name: (model_dir / PHOTOS / name).read_bytes()


@pytest.fixture(autouse=True)
def registered(model_dir: Path) -> Iterator[None]:
    """Put the models' folder back: a process has one, and some tests start engines from others."""
    yield
    registry.register(model_dir)
