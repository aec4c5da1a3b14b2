"""Emulated AWSs in processes of their own, and tables that no other test sees."""

import uuid
from collections.abc import Iterator

import pytest

from lineament.storage.provision import Tables, connect, ensure_tables
from lineament.storage.snapshots import SnapshotStore
from tests.emulated import emulated
from tests.storage.snapshotting import make_store
from tests.storage.world import healthy

REGION = "us-east-1"
on_the_faster = pytest.mark.parametrize("moto_endpoint", ["ministack"], indirect=True)
"""For tests of thousands of calls, in which the emulator is not what is tested."""
_ON_THE_FASTER = (
    "crashes",
    "doctor",
    "engine_looks",
    "engine_moves",
    "engine_races",
    "lost_records",
    "reindex_",
)
"""Words of files of such tests. Each call of theirs is made by tests of other files as well, and
those run on both: on moto, a call costs three times as much."""


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Leave out the slower emulator where it would show nothing more."""
    marked = any(
        mark.name == "parametrize" and "moto_endpoint" in mark.args[0]
        for mark in metafunc.definition.iter_markers()
    )
    named = any(word in metafunc.module.__name__ for word in _ON_THE_FASTER)
    if named and not marked and "moto_endpoint" in metafunc.fixturenames:
        metafunc.definition.add_marker(on_the_faster)


@pytest.fixture(scope="session", params=["moto", "ministack"])
def moto_endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of each emulator in turn: nothing here may rest on one's quirks."""
    with emulated(ministack=request.param == "ministack") as url:
        yield url


@pytest.fixture
def tables(moto_endpoint: str) -> Tables:
    made = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    ensure_tables(made)
    return made


@pytest.fixture
def stays_healthy(tables: Tables, request: pytest.FixtureRequest) -> Iterator[None]:
    """Have `lineament doctor` look, after a test, at what it has left."""
    store = request.getfixturevalue("store") if "store" in request.fixturenames else None
    yield
    healthy(tables, store)


@pytest.fixture
def store(tables: Tables, moto_endpoint: str) -> SnapshotStore:
    """Return the snapshots of the tables, in a bucket of the test's own."""
    return make_store(tables, moto_endpoint)
