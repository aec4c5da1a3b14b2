"""A deployment that believes nobody."""

from collections.abc import Iterator

import pytest

from tests.emulated import set_meanwhile, variables_of
from tests.security.world import World, build


@pytest.fixture(scope="module")
def world(ministack_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return one for a file's tests."""
    with set_meanwhile({**variables_of(ministack_endpoint), "AWS_DEFAULT_REGION": "us-east-1"}):
        yield build(tmp_path_factory.mktemp("world"), ministack_endpoint, auth="sigv4")
