"""What rooms of tests share: an emulated AWS on loopback, the photos, one application."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("LINEAMENT_AUTH", "off")  # of this process and of what tests start

from lineament import config
from lineament.app import Application, build_application
from tests import grouping, judging, telling
from tests.conformance import recording
from tests.emulated import emulated, set_meanwhile, variables_of


def pytest_configure(config: pytest.Config) -> None:
    """Judge every answer, record what the conformance tests show, group tests, show figures."""
    config.pluginmanager.register(judging)
    config.pluginmanager.register(recording)
    config.pluginmanager.register(grouping)
    config.pluginmanager.register(telling)


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """Return the address of an S3 and DynamoDB of our own; boto3 finds it by its environment."""
    region = {"AWS_DEFAULT_REGION": "us-east-1"}
    with emulated(ministack=False) as url, set_meanwhile({**variables_of(url), **region}):
        yield url


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """Return the address of an S3 and DynamoDB that only those use who ask for it."""
    with emulated(ministack=False) as url:
        yield url


@pytest.fixture(scope="session")
def ministack_endpoint() -> Iterator[str]:
    """Return the address of the S3 and DynamoDB of `serve --local --data`."""
    with emulated(ministack=True) as url:
        yield url


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
