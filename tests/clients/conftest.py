"""The three clients, and the server that they call."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from lineament import config
from tests.clients.boto import Boto
from tests.clients.calling import Client
from tests.clients.command_line import CommandLine, Warm, as_process
from tests.clients.javascript import JavaScript, Node
from tests.clients.relay import overheard
from tests.conformance.album import Album
from tests.conformance.conftest import random_account
from tests.serving import Server

SDKS = ("boto3", "cli", "javascript")
MAX_COLLECTIONS = 3
Connect = Callable[..., Client]


@dataclass(frozen=True, slots=True)
class Photos:
    """The album, and its photos of A and of the group as objects of a bucket."""

    album: Album
    bucket: str

    def inline(self, name: str) -> dict[str, Any]:
        """Return an Image that brings its bytes."""
        return {"Bytes": getattr(self.album, name)}

    def stored(self, name: str) -> dict[str, Any]:
        """Return an Image that names an object."""
        return {"S3Object": {"Bucket": self.bucket, "Name": f"{name}.jpg"}}


@pytest.fixture(scope="session")
def server_url(aws_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of `lineament serve`, on tables of its own; its answers are judged."""
    assert aws_endpoint
    log = tmp_path_factory.mktemp("clients") / "log"
    quota = {"LINEAMENT_MAX_COLLECTIONS": str(MAX_COLLECTIONS)}
    server = Server(log, {"LINEAMENT_TABLE": "clients", **quota})
    with overheard(server.url) as url:
        yield url
    server.stop()


@pytest.fixture(scope="session")
def environment(server_url: str, aws_endpoint: str) -> Mapping[str, str]:
    """Return the variables of a user's shell."""
    return config.local_environment(server_url, aws_endpoint)


@pytest.fixture(scope="session")
def node(environment: Mapping[str, str]) -> Iterator[Node]:
    """Return a process of Node.js."""
    process = Node(environment)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Return the AWS CLI, loaded."""
    process = Warm()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def connect(
    server_url: str,
    environment: Mapping[str, str],
    node: Node,
    warm: Warm,
    tmp_path_factory: pytest.TempPathFactory,
) -> Connect:
    """Return what makes an SDK's client of an account, for the server or another address."""
    folder = tmp_path_factory.mktemp("photos")

    def connect(sdk: str, account: str, url: str | None = None) -> Client:
        if sdk == "boto3":
            return Boto(account, url or server_url)
        if sdk == "javascript":
            return JavaScript(account, node, url)
        shell = {**environment, "AWS_ENDPOINT_URL_REKOGNITION": url or server_url}
        return CommandLine(account, shell, folder, warm)

    return connect


@pytest.fixture(params=SDKS)
def client(request: pytest.FixtureRequest, connect: Connect) -> Client:
    """Return each SDK's client in turn, of an account that nobody else uses."""
    return connect(request.param, random_account())


@pytest.fixture
def shell(environment: Mapping[str, str], tmp_path: Path) -> CommandLine:
    """Return the AWS CLI as users have it: a process for each call."""
    return CommandLine(random_account(), environment, tmp_path, as_process)


@pytest.fixture(scope="session")
def photos(photo_dir: Path, aws_endpoint: str) -> Photos:
    """Return the pictures."""
    album = Album(photo_dir)
    s3 = boto3.client("s3", endpoint_url=aws_endpoint, region_name="us-east-1")
    s3.create_bucket(Bucket="clients")
    for name in ("a1", "group"):
        s3.put_object(Bucket="clients", Key=f"{name}.jpg", Body=getattr(album, name))
    return Photos(album, "clients")
