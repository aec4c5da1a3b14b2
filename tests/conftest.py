"""What rooms of tests share: an emulated AWS on loopback, the photos, one application."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lineament import config
from lineament.app import Application, build_application
from lineament.cli import emulator
from tests import judging
from tests.conformance import recording


def pytest_configure(config: pytest.Config) -> None:
    """Judge every answer of every test, and record what the conformance tests show."""
    config.pluginmanager.register(judging)
    config.pluginmanager.register(recording)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares a server, a file's fixtures or a collection in one of the processes."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        transport = None if callspec is None else callspec.params.get("wire")
        item.add_marker(pytest.mark.xdist_group(transport or str(item.path)))


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """Return the address of an S3 and DynamoDB of our own; boto3 finds it by its environment."""
    with emulator.running(emulator.free_port()) as url:
        yield from _in_environment(url)


def _in_environment(url: str) -> Iterator[str]:
    environment = {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    kept = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    yield url
    for name, value in kept.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def application(aws_endpoint: str) -> Application:
    """Return one application on the emulated AWS, with the real models."""
    assert aws_endpoint
    application = build_application(config.load())
    application.ready()
    return application


@pytest.fixture(scope="session")
def photo_dir() -> Path:
    """Return the folder of the photos that `lineament models install` brought."""
    return config.load().model_dir / "photos"
