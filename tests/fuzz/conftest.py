"""Deployments that are asked anything."""

from collections.abc import Iterator

import pytest

from tests.emulated import set_meanwhile, variables_of
from tests.fuzz.stock import Stock, fill
from tests.security.world import World, build


@pytest.fixture(scope="module", params=["off", "sigv4"])
def world(
    request: pytest.FixtureRequest,
    ministack_endpoint: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Return one that believes everybody, and one that verifies signatures and keeps a trail."""
    with set_meanwhile({**variables_of(ministack_endpoint), "AWS_DEFAULT_REGION": "us-east-1"}):
        yield build(tmp_path_factory.mktemp("world"), ministack_endpoint, auth=request.param)


@pytest.fixture(scope="module")
def stock(world: World) -> Stock:
    """Return what it holds; tests may change it."""
    return fill(world)


@pytest.fixture(scope="module")
def pages(world: World) -> str:
    """Return a collection that no test changes, with several of whatever is listed."""
    fill(world, "pages")
    fill(world, "more-pages")
    return "pages"
