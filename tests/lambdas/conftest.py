"""A container that has seen no event, on tables of its own."""

from collections.abc import Iterator

import pytest

from lambdas import container


@pytest.fixture
def fresh_container(
    aws_endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Return the name of the table that a container which has seen no event will use."""
    assert aws_endpoint
    name = f"lambda-{request.node.originalname.replace('_', '-')}"[:60]
    monkeypatch.setenv("LINEAMENT_TABLE", name)
    container.forget()
    yield name
    container.forget()
