"""Clients and raw requests over each of the transports, and the album."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas.api import make_handler
from lineament import config
from lineament.app import Application, build_application
from lineament.domain.faces import FaceEngine
from lineament.testing.intercept import Interception
from lineament.vision.engine import build_engine
from lineament.wire.http import HttpRequest, HttpResponse
from tests import judging
from tests.conformance import declared, transports
from tests.conformance.album import Album
from tests.conformance.remembering import RememberingEngine
from tests.emulated import set_meanwhile, variables_of
from tests.serving import Server

SCOPE = "20260101/{region}/rekognition/aws4_request"
BuildApplication = Callable[..., Application]


@dataclass(frozen=True, slots=True)
class Wire:
    """One transport, as a client and by hand."""

    name: str
    send: transports.Transport
    url: str | None
    aws: str | None = None
    """The S3 and DynamoDB that the service uses; None for those of this process's environment."""

    @property
    def variables(self) -> dict[str, str]:
        """What a process needs beside this one's environment to use the same AWS."""
        return {} if self.aws is None else variables_of(self.aws)

    def client(self, account: str, region: str = "us-east-1", **options: Any) -> Any:
        """Return a boto3 client of an account."""
        return transports.client(self.send, self.url, account, region, **options)

    def raw(
        self,
        operation: str,
        body: bytes | str | dict[str, Any],
        account: str = "123456789012",
        headers: dict[str, str | None] | None = None,
    ) -> HttpResponse:
        """Send a request by hand; a header given as None is left out."""
        credential = f"{account}/{SCOPE.format(region='us-east-1')}"
        sent: dict[str, str | None] = {
            "X-Amz-Target": f"RekognitionService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, "
            "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
            **(headers or {}),
        }
        content = json.dumps(body) if isinstance(body, dict) else body
        answer = self.send(
            HttpRequest(
                method="POST",
                path="/",
                headers={name: value for name, value in sent.items() if value is not None},
                body=content.encode() if isinstance(content, str) else content,
            )
        )
        judging.judge(operation, answer)
        return answer


@dataclass(frozen=True, slots=True)
class People:
    """A collection that tests read and never change: a2, b1 and the group's seven faces."""

    c: Any
    account: str
    id: str
    faces: dict[str, list[str]]
    """FaceIds by ExternalImageId: A, B and group; the group's largest first."""


@pytest.fixture(scope="session")
def engine(photo_dir: Path) -> FaceEngine:
    """Return the real engine, which remembers what it has seen."""
    return RememberingEngine(build_engine(photo_dir.parent))


@pytest.fixture(scope="session")
def declared_engine(album: Album) -> declared.BlindEngine:
    """Return the test kit's engine, to which the album is declared."""
    return declared.blind_engine(album)


@pytest.fixture(scope="session")
def build(aws_endpoint: str, request: pytest.FixtureRequest) -> BuildApplication:
    """Return what builds an application in this process, with its tables and other settings."""
    assert aws_endpoint

    def build_with(
        clock: Callable[[], float] | None = None, *, eyes: bool = True, **settings: Any
    ) -> Application:
        if not eyes:
            adapt = declared.adaptation(request.getfixturevalue("declared_engine"))
        else:
            engine = request.getfixturevalue("engine")
            adapt = partial(replace, engine=lambda: engine)
        made = build_application(replace(config.load(), **settings), adapt=adapt)
        if clock is not None:
            made._dispatcher = replace(made._dispatcher, clock=clock)
        made.make_tables()
        return made

    return build_with


@pytest.fixture(scope="session")
def application(build: BuildApplication) -> Application:
    """Return the application of the transports in this process."""
    made = build()
    made.ready()
    return made


@pytest.fixture(scope="session")
def lambda_application(build: BuildApplication) -> Application:
    """Return one on a table of its own: moto's queries slow down with every test before."""
    made = build(table="conformance-lambda")
    made.ready()
    return made


@pytest.fixture(scope="session")
def served(
    aws_endpoint: str, ministack_endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wire]:
    """Return `lineament serve`, a process of its own, on the other of the two emulators."""
    assert aws_endpoint  # for the rest of its environment
    server = Server(tmp_path_factory.mktemp("serve") / "log", variables_of(ministack_endpoint))
    yield Wire("http", transports.over_http(server.url), server.url, ministack_endpoint)
    server.stop()


@pytest.fixture(scope="session")
def server_url(served: Wire) -> str:
    """Return the address of that server."""
    assert served.url is not None
    return served.url


@pytest.fixture(scope="session")
def beside_server(served: Wire, build: BuildApplication) -> Application:
    """Return an application in this process that shares the server's tables."""
    with set_meanwhile(served.variables):
        return build()


@pytest.fixture(scope="session")
def declared_wire(build: BuildApplication) -> Iterator[Wire]:
    """Return the declared engine behind the kit's interception of clients of AWS itself."""
    application = build(eyes=False)
    declared.STANDING.begin(Interception(application.handle))
    yield Wire(declared.WAY, application.handle, declared.ADDRESS)
    declared.STANDING.pause()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Catch clients again, for a test of this folder."""
    declared.STANDING.resume()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Catch none any more: the next test may be another folder's."""
    declared.STANDING.pause()


@pytest.fixture(scope="session", params=["in-process", "http", "lambda", declared.WAY])
def wire(request: pytest.FixtureRequest) -> Wire:
    """Return each transport in turn: what holds for one holds for all.

    HTTP's service runs on ministack and the others on moto: what holds, holds on both emulators.
    """
    if request.param == "http":
        served: Wire = request.getfixturevalue("served")
        return served
    if request.param == "lambda":
        handler = make_handler(request.getfixturevalue("lambda_application"))
        return Wire("lambda", transports.as_lambda_event(handler), None)
    if request.param == declared.WAY:
        kit: Wire = request.getfixturevalue("declared_wire")
        return kit
    return Wire("in-process", request.getfixturevalue("application").handle, None)


@pytest.fixture
def account() -> str:
    """Return an account that no other test uses: collections of tests never meet."""
    return random_account()


@pytest.fixture
def c(wire: Wire, account: str) -> Any:
    """Return a boto3 client of the test's account (SPEC.md F calls it `c`)."""
    return wire.client(account)


@pytest.fixture
def collection(c: Any) -> str:
    """Return the id of a collection of the test's own, empty."""
    c.create_collection(CollectionId="own")
    return "own"


@pytest.fixture(scope="session")
def album(photo_dir: Path) -> Album:
    """Return the pictures."""
    return Album(photo_dir)


@pytest.fixture(scope="session")
def people(wire: Wire, album: Album) -> People:
    """Return the collection that many tests read."""
    account = random_account()
    c = wire.client(account)
    c.create_collection(CollectionId="people")
    faces = {}
    for name, image in (("A", album.a2), ("B", album.b1), ("group", album.group)):
        answer = c.index_faces(CollectionId="people", Image={"Bytes": image}, ExternalImageId=name)
        faces[name] = [record["Face"]["FaceId"] for record in answer["FaceRecords"]]
    return People(c, account, "people", faces)


@pytest.fixture(scope="session")
def s3(wire: Wire) -> Any:
    """Return a client of the S3 that the service reads."""
    return boto3.client("s3", endpoint_url=wire.aws, region_name="us-east-1")


@pytest.fixture(scope="session")
def bucket(s3: Any) -> str:
    """Return a bucket that keeps versions."""
    s3.create_bucket(Bucket="conformance")
    s3.put_bucket_versioning(Bucket="conformance", VersioningConfiguration={"Status": "Enabled"})
    return "conformance"


def random_account() -> str:
    return str(random.SystemRandom().randrange(10**11, 10**12))
