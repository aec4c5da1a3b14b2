"""Images from S3, and everything that S3 may say instead."""

import gc
import threading
import uuid
import weakref
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError

from lineament.errors import (
    ImageTooLargeException,
    InvalidS3ObjectException,
    ProvisionedThroughputExceededException,
    ServiceUnavailable,
    WireError,
)
from lineament.storage.clients import S3Clients
from lineament.storage.objects import S3ObjectStore
from tests.storage.conftest import REGION

GUIDE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."


@pytest.fixture
def bucket(moto_endpoint: str) -> str:
    client = boto3.client("s3", region_name=REGION, endpoint_url=moto_endpoint)
    name = f"photos-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def store(moto_endpoint: str) -> S3ObjectStore:
    return S3ObjectStore(S3Clients(moto_endpoint))


def put(endpoint: str, bucket: str, key: str, body: bytes) -> str:
    client = boto3.client("s3", region_name=REGION, endpoint_url=endpoint)
    return str(client.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"])


def test_objects_and_their_versions_are_read(
    store: S3ObjectStore, moto_endpoint: str, bucket: str
) -> None:
    """Else a photo in S3, or the version asked for, cannot be indexed."""
    key = "Ana Maria/photo ü+%2F..jpg"
    old = put(moto_endpoint, bucket, key, b"old")
    put(moto_endpoint, bucket, key, b"newer")
    assert store.read(REGION, bucket, key, None, 5) == b"newer"
    assert store.read(REGION, bucket, key, old, 5) == b"old"


def test_missing_objects_are_told_with_the_guides_text(
    store: S3ObjectStore, moto_endpoint: str, bucket: str
) -> None:
    """Else a client that looks for the documented text does not understand the error."""
    put(moto_endpoint, bucket, "there.jpg", b"x")
    cases = [
        (bucket, "absent.jpg", None),
        (f"absent-{bucket}", "there.jpg", None),
        (bucket, "there.jpg", str(uuid.uuid4())),
        ("-_", "there.jpg", None),
        ("Bad..Name", "there.jpg", None),
    ]
    for where, key, version in cases:
        with pytest.raises(InvalidS3ObjectException) as raised:
            store.read(REGION, where, key, version, 100)
        assert raised.value.message.startswith(GUIDE)


def test_too_large_objects_are_refused_by_their_length(
    store: S3ObjectStore, moto_endpoint: str, bucket: str
) -> None:
    """Else one huge object fills the server's memory."""
    put(moto_endpoint, bucket, "large.jpg", bytes(1001))
    with pytest.raises(ImageTooLargeException, match="1001 bytes; the limit is 1000"):
        store.read(REGION, bucket, "large.jpg", None, 1000)
    assert len(store.read(REGION, bucket, "large.jpg", None, 1001)) == 1001


def test_unreachable_s3_asks_to_try_again() -> None:
    """Else an outage of S3 looks like a fault of the photo."""
    store = S3ObjectStore(S3Clients("http://127.0.0.1:9"))
    with pytest.raises(ServiceUnavailable):
        store.read(REGION, "photos", "a.jpg", None, 100)


@pytest.mark.parametrize(
    ("bucket_name", "key"),
    [
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/secret", "k.jpg"),
        ("arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/a", "k.jpg"),
        ("secret-abcdefgh-s3alias", "k.jpg"),
        ("secret--ol-s3", "k.jpg"),
        ("secret--use1-az4--x-s3", "k.jpg"),
        ("abcdefgh.mrap", "k.jpg"),
        ("photos/../secret", "k.jpg"),
        ("..", "secret/k.jpg"),
        ("...", "secret/k.jpg"),
        ("127.0.0.1", "k.jpg"),
        ("http://127.0.0.1:9/photos", "k.jpg"),
        ("photos@127.0.0.1", "k.jpg"),
        ("photos", "../secret/k.jpg"),
        ("photos", "a/../../secret/k.jpg"),
        ("photos", ".."),
    ],
)
def test_names_that_lead_elsewhere_never_leave(
    odd_s3: tuple[S3ObjectStore, list[str]], bucket_name: str, key: str
) -> None:
    """Lost: a caller reads through an access point, another host, or another's bucket."""
    store, seen = odd_s3
    for reading in (
        lambda: store.read(REGION, bucket_name, key, None, 100),
        lambda: store.tags(REGION, bucket_name, key, None),
    ):
        with pytest.raises(InvalidS3ObjectException) as raised:
            reading()
        assert raised.value.message == GUIDE
    assert seen == []


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", None])
@pytest.mark.parametrize(
    "region", ["us-east-1.evil.example", "us-east-1#", "us-east-1@evil.example", "a/b", "evil", ""]
)
def test_a_region_leads_to_no_other_host(
    region: str, endpoint: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost: a region that a caller signs for makes the service ask another host, with its keys."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    clients = S3Clients(endpoint)
    try:
        client = clients.client(region)
    except (BotoCoreError, ValueError):
        return
    assert client.meta.endpoint_url == endpoint


ANSWERS: dict[str, tuple[int, str, dict[str, str]]] = {
    "moved": (301, "PermanentRedirect", {"x-amz-bucket-region": "eu-west-1"}),
    "foreign": (400, "AuthorizationHeaderMalformed", {"x-amz-bucket-region": "eu-west-1"}),
    "forbidden": (403, "AccessDenied", {}),
    "archived": (403, "InvalidObjectState", {}),
    "busy": (503, "SlowDown", {}),
    "broken": (500, "InternalError", {}),
}


class OddS3(BaseHTTPRequestHandler):
    """Answers by the key; counts the requests."""

    seen: list[str]

    def do_GET(self) -> None:
        key = self.path.split("?")[0].rsplit("/", 1)[-1]
        type(self).seen.append(key)
        if key == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "50")
            self.end_headers()
            self.wfile.write(b"only this")
            self.close_connection = True
            return
        status, code, headers = ANSWERS[key]
        body = f"<Error><Code>{code}</Code><Region>eu-west-1</Region></Error>".encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def odd_s3(moto_endpoint: str) -> Iterator[tuple[S3ObjectStore, list[str]]]:
    assert moto_endpoint  # for its credentials
    seen: list[str] = []
    handler = type("Handler", (OddS3,), {"seen": seen})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield S3ObjectStore(S3Clients(f"http://127.0.0.1:{server.server_port}")), seen
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("moved", InvalidS3ObjectException),
        ("foreign", InvalidS3ObjectException),
        ("forbidden", InvalidS3ObjectException),
        ("archived", InvalidS3ObjectException),
        ("busy", ProvisionedThroughputExceededException),
        ("broken", ServiceUnavailable),
        ("cut", ServiceUnavailable),
    ],
)
def test_what_s3_says_is_told_as_ours(
    odd_s3: tuple[S3ObjectStore, list[str]], key: str, expected: type[WireError]
) -> None:
    """Else buckets of other regions are read, or a client does not retry what it should."""
    store, seen = odd_s3
    with pytest.raises(expected) as raised:
        store.read(REGION, "photos", key, None, 100)
    if expected is InvalidS3ObjectException:
        assert raised.value.message.startswith(GUIDE)
        assert seen == [key]  # neither repeated nor followed into the other region
    if key == "busy":
        assert raised.value.message == "S3 download limit exceeded."


def test_regions_that_callers_make_up_do_not_fill_the_memory(moto_endpoint: str) -> None:
    """Else some 150 small requests with a region each take all of the server's memory."""
    clients = S3Clients(moto_endpoint)
    made = [weakref.ref(clients.client(f"us-west-{number}")) for number in range(1, 25)]
    gc.collect()
    assert sum(client() is not None for client in made) <= 8
    assert clients.client("us-west-24") is made[-1]()


def test_regions_in_use_are_kept(moto_endpoint: str) -> None:
    """Else a stranger's regions make every caller wait for new clients and connections."""
    clients = S3Clients(moto_endpoint)
    own = clients.client(REGION)
    for number in range(1, 25):
        clients.client(f"us-west-{number}")
        assert clients.client(REGION) is own


def test_regions_that_aws_cannot_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a thread waits for a host that does not exist, four times, for each such request."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(InvalidS3ObjectException, match="no such region") as raised:
        S3ObjectStore().read("atlantis", "photos", "a.jpg", None, 100)
    assert raised.value.message.startswith(GUIDE)


def test_a_server_of_ones_own_may_have_any_region(moto_endpoint: str) -> None:
    """Else buckets of MinIO, Garage and the like cannot be read."""
    assert S3Clients(moto_endpoint).client("garage").meta.region_name == "garage"


def test_a_new_region_does_not_hold_up_the_others(
    moto_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one caller's first photo of a region stops everybody else's."""
    clients = S3Clients(moto_endpoint)
    known = clients.client(REGION)
    begun, allowed = threading.Event(), threading.Event()
    make = boto3.Session.client

    def slow(*args: Any, **options: Any) -> Any:
        begun.set()
        assert allowed.wait(30)
        return make(*args, **options)

    monkeypatch.setattr(boto3.Session, "client", slow)
    found: list[Any] = []
    other = threading.Thread(target=lambda: found.append(clients.client("eu-west-1")))
    third = threading.Thread(target=lambda: found.append(clients.client(REGION)))
    other.start()
    try:
        assert begun.wait(30)
        third.start()
        third.join(30)
        assert found == [known]
    finally:
        allowed.set()
        other.join()
        third.join()
