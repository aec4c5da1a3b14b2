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
