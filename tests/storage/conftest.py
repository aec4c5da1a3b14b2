"""An emulated AWS in a process of its own, and tables that no other test sees."""

import os
import uuid
from collections.abc import Iterator

import pytest

from lineament.cli.emulator import free_port, running
from lineament.storage.provision import Tables, connect, ensure_tables

REGION = "us-east-1"


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    credentials = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "local"}
    kept = {name: os.environ.get(name) for name in credentials}
    os.environ.update(credentials)
    try:
        with running(free_port()) as url:
            yield url
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture
def tables(moto_endpoint: str) -> Tables:
    made = connect(f"t{uuid.uuid4().hex[:12]}", REGION, moto_endpoint)
    ensure_tables(made)
    return made
