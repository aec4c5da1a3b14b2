"""The pytest plugin. Every pytest beside an installed Lineament loads it: it imports no service.

Fixtures: `lineament_faces`, `rekognition_client`, `lineament_server`. The marker
`@pytest.mark.lineament(engine="real")` takes the options of `mock_rekognition` for a test's.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from lineament.testing.declarations import Faces
from lineament.testing.mock import mock_rekognition

_MARKER = "lineament"
_REGION = "us-east-1"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", f"{_MARKER}(**options): options of mock_rekognition for the kit's fixtures"
    )


@pytest.fixture
def lineament_faces(request: pytest.FixtureRequest) -> Iterator[Faces]:
    """Mock Amazon Rekognition, and return where to declare faces."""
    marker = request.node.get_closest_marker(_MARKER)
    options: dict[str, Any] = {} if marker is None else marker.kwargs
    with mock_rekognition(**options) as faces:
        yield faces


@pytest.fixture
def rekognition_client(lineament_faces: Faces) -> Any:  # noqa: ANN401 - boto3's client
    """Return a boto3 client of the mocked Amazon Rekognition, in us-east-1."""
    import boto3  # noqa: PLC0415 - pytest must not wait for it at its start

    assert lineament_faces is not None  # noqa: S101 - it is what mocks
    return boto3.client("rekognition", region_name=_REGION)


@pytest.fixture
def lineament_server(lineament_faces: Faces) -> Iterator[str]:
    """Serve the mocked Amazon Rekognition on a port of 127.0.0.1, and return its URL."""
    from lineament.testing.serving import served  # noqa: PLC0415 - Flask

    assert lineament_faces is not None  # noqa: S101 - it is what mocks
    with served() as url:
        yield url
