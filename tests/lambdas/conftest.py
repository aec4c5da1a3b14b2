"""A container that has seen no event, on tables of its own."""

import secrets
from collections.abc import Iterator

import pytest

from lambdas import container


@pytest.fixture
def fresh_container(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of the table that a container which has seen no event will use."""
    assert aws_endpoint
    name = f"lambda-{secrets.token_hex(8)}"
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    container.forget()
    yield name
    container.forget()
