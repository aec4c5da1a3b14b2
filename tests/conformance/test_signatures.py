"""AU*: callers prove who they are. SPEC.md A.5, F; issue 7."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED, auth
from botocore.awsrequest import AWSPreparedRequest

from lineament.wire.http import HttpRequest
from tests.conformance.album import Album
from tests.conformance.asking import raw_refused, refused
from tests.conformance.conftest import BuildApplication, Wire, random_account
from tests.conformance.guarding import OWN_BUCKET, Guarded, Key, guarded
from tests.emulated import set_meanwhile

INVALID_SIGNATURE = "InvalidSignatureException"
UNKNOWN = "UnrecognizedClientException"
DENIED = "AccessDeniedException"
NO_OBJECT = "InvalidS3ObjectException"


@pytest.fixture(scope="module")
def deployment(
    wire: Wire, build: BuildApplication, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """Return a deployment that verifies signatures, over each transport."""
    with guarded(wire, build, tmp_path_factory.mktemp("guarded")) as there:
        yield there


@pytest.fixture
def key(deployment: Guarded, account: str) -> Key:
    """Return a key of the test's account that may do everything."""
    return deployment.key(account)


def test_au01_a_signed_call_is_let_in(deployment: Guarded, key: Key, album: Album) -> None:
    """Lost: a client with the right key is locked out."""
    c = deployment.client(key)
    c.create_collection(CollectionId="people")
    assert c.list_collections()["CollectionIds"] == ["people"]
    c.index_faces(CollectionId="people", Image={"Bytes": album.a1})
    assert c.describe_collection(CollectionId="people")["FaceCount"] == 1


def test_au02_a_wrong_secret(deployment: Guarded, key: Key) -> None:
    """Lost: whoever knows a key's id is let in."""
    c = deployment.client(Key(key.id, "x" * 40))
    message = refused(c.list_collections, INVALID_SIGNATURE)
    assert message.startswith("The request signature we calculated does not match")


def test_au03_an_unknown_key(deployment: Guarded, account: str) -> None:
    """Lost: any key will do, as it does on loopback."""
    for name in ("AKIAIOSFODNN7EXAMPLE", account):
        message = refused(deployment.client(Key(name, "x" * 40)).list_collections, UNKNOWN)
        assert message == "The security token included in the request is invalid."


def test_au04_no_authorization(deployment: Guarded, key: Key) -> None:
    """Lost: who signs nothing is let in."""
    c = deployment.client(key, signature_version=UNSIGNED)
    refused(c.list_collections, "MissingAuthenticationTokenException")


def signed(c: Any) -> HttpRequest:
    """Return a signed ListCollections, not sent."""
    caught: list[HttpRequest] = []

    def catch(request: AWSPreparedRequest, **_: Any) -> None:
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        host = request.url.split("/")[2]
        caught.append(HttpRequest("POST", "/", {"Host": host, **headers}, bytes(request.body)))
        raise InterruptedError

    c.meta.events.register_first("before-send.rekognition", catch)
    with pytest.raises(InterruptedError):
        c.list_collections(MaxResults=7)
    return caught[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda r: (r.headers, b'{"MaxResults": 8}'),
        lambda r: ({**r.headers, "x-amz-target": "RekognitionService.DeleteCollection"}, r.body),
        lambda r: ({**r.headers, "x-amz-date": "20200101T000000Z"}, r.body),
        lambda r: (
            {**r.headers, "x-amz-content-sha256": hashlib.sha256(r.body).hexdigest()},
            b'{"MaxResults": 8}',
        ),
    ],
    ids=["body", "operation", "date", "claimed hash"],
)
def test_au05_what_was_signed_cannot_be_changed(
    deployment: Guarded, key: Key, change: Callable[[HttpRequest], tuple[Any, bytes]]
) -> None:
    """Lost: who sees a request on its way makes another of it."""
    request = signed(deployment.client(key))
    assert deployment.wire.send(request).status == 200
    headers, body = change(request)
    answer = deployment.wire.send(HttpRequest("POST", "/", headers, body))
    raw_refused(answer, INVALID_SIGNATURE)


@pytest.mark.parametrize(("minutes", "told"), [(-10, "Signature expired"), (10, "not yet current")])
def test_au06_an_old_or_a_future_request(
    deployment: Guarded, key: Key, monkeypatch: pytest.MonkeyPatch, minutes: int, told: str
) -> None:
    """Lost: a request that somebody recorded is as good a year later."""
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: then)
    message = refused(deployment.client(key).list_collections, INVALID_SIGNATURE)
    assert told in message


def test_au11_regions_that_are_not_served(deployment: Guarded, key: Key) -> None:
    """Lost: a caller makes up regions, each with rates and quotas of its own."""
    for region in ("eu-west-1", "xx-made-up-1"):
        message = refused(deployment.client(key, region).list_collections, INVALID_SIGNATURE)
        assert message == "Credential should be scoped to a valid region."


def test_au08_session_tokens(deployment: Guarded, account: str) -> None:
    """Lost: a temporary key is good without its token, or its token with any key."""
    temporary = deployment.key(account, life="1h")
    assert temporary.token
    assert deployment.client(temporary).list_collections()["CollectionIds"] == []
    lasting = deployment.key(account)
    for wrong in (
        Key(temporary.id, temporary.secret),
        Key(temporary.id, temporary.secret, "bogus"),
        Key(lasting.id, lasting.secret, temporary.token),
    ):
        refused(deployment.client(wrong).list_collections, UNKNOWN)


def test_au09_a_denied_action_names_caller_and_action(deployment: Guarded, account: str) -> None:
    """Lost: a key can do more than it was given, or nobody learns what it lacks."""
    c = deployment.client(deployment.key(account, "read-only", user="clerk"))
    message = refused(c.create_collection, DENIED, CollectionId="people")
    arn = f"arn:aws:rekognition:us-east-1:{account}:collection/people"
    assert message.startswith(
        f"User: arn:aws:iam::{account}:user/clerk is not authorized to perform: "
        f"rekognition:CreateCollection on resource: {arn}"
    )
    assert c.list_collections()["CollectionIds"] == []


def test_au10_one_collection_grants_no_other(
    deployment: Guarded, key: Key, account: str, album: Album, tmp_path: Path
) -> None:
    """Lost: who may search one collection may search them all."""
    owner = deployment.client(key)
    for name in ("a", "ab"):
        owner.create_collection(CollectionId=name)
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "rekognition:Search*",
            "Resource": f"arn:aws:rekognition:*:{account}:collection/a",
        },
    }
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(document))
    c = deployment.client(deployment.key(account, str(policy), user="analyst"))
    image = {"Bytes": album.a1}
    assert c.search_faces_by_image(CollectionId="a", Image=image)["FaceMatches"] == []
    for call, params in (
        (c.search_faces_by_image, {"CollectionId": "ab", "Image": image}),
        (c.index_faces, {"CollectionId": "a", "Image": image}),
        (c.list_collections, {}),
    ):
        refused(call, DENIED, **params)


def test_au11_accounts_never_meet(deployment: Guarded, key: Key, album: Album) -> None:
    """Lost: one customer's faces turn up in another's search, or are deleted by it."""
    one, two = deployment.client(key), deployment.client(deployment.key(random_account()))
    arn = one.create_collection(CollectionId="mine")["CollectionArn"]
    face = one.index_faces(CollectionId="mine", Image={"Bytes": album.a1})["FaceRecords"][0]
    missing = "ResourceNotFoundException"
    refused(two.describe_collection, missing, CollectionId="mine")
    refused(two.list_faces, missing, CollectionId="mine")
    ids = [face["Face"]["FaceId"]]
    refused(two.delete_faces, missing, CollectionId="mine", FaceIds=ids)
    for call in (two.list_tags_for_resource, two.untag_resource, two.tag_resource):
        more: dict[str, Any] = {}
        if call == two.untag_resource:
            more = {"TagKeys": ["a"]}
        if call == two.tag_resource:
            more = {"Tags": {"a": "b"}}
        with pytest.raises(two.exceptions.ClientError, match="Exception"):
            call(ResourceArn=arn, **more)
    assert one.describe_collection(CollectionId="mine")["FaceCount"] == 1


def test_a_revoked_key_is_refused_within_seconds(deployment: Guarded, account: str) -> None:
    """Lost: a stolen key is good until every server was started again."""
    stolen = deployment.key(account)
    c = deployment.client(stolen)
    c.list_collections()
    deployment.run("keys", "revoke", "--id", stolen.id)
    within(5, lambda: refused(c.list_collections, UNKNOWN))


def test_a_suspended_caller_reads_so_within_seconds(
    deployment: Guarded, key: Key, account: str
) -> None:
    """Lost: an abuser is not cut off, or does not learn why (issue 7, item 7)."""
    c, other = deployment.client(key), deployment.client(deployment.key(account))
    c.list_collections()
    deployment.run("suspend", "--key", key.id, "--reason", "searched for a colleague")
    within(5, lambda: refused(c.list_collections, DENIED))
    assert "suspended" in refused(c.list_collections, DENIED)
    assert "searched for a colleague" in refused(c.list_collections, DENIED)
    other.list_collections()
    deployment.run("reinstate", "--key", key.id)
    within(5, c.list_collections)


def test_pictures_come_from_granted_buckets_only(
    deployment: Guarded, key: Key, account: str, album: Album
) -> None:
    """Lost: a caller reads another account's pictures, or the deployment's own objects."""
    with set_meanwhile(deployment.wire.variables):
        s3 = boto3.client("s3", region_name="us-east-1")
    mine, other = (f"{name}-{account}" for name in ("mine", "other"))
    for bucket in (mine, other, OWN_BUCKET):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a.jpg", Body=album.a1)
    c = deployment.client(key)

    def detect(bucket: str) -> Any:
        return c.detect_faces(Image={"S3Object": {"Bucket": bucket, "Name": "a.jpg"}})

    refused_all = [mine, other, OWN_BUCKET, f"arn:aws:s3:::{mine}"]
    for bucket in refused_all[:3]:
        refuse_object(c, bucket)
    deployment.run("accounts", "set", account, "--buckets", f"mine-*,{OWN_BUCKET}")
    within(5, lambda: detect(mine))
    for bucket in refused_all[1:3]:
        refuse_object(c, bucket)


def refuse_object(c: Any, bucket: str) -> None:
    """Assert that a picture of a bucket is not read."""
    image = {"S3Object": {"Bucket": bucket, "Name": "a.jpg"}}
    message = refused(c.detect_faces, NO_OBJECT, Image=image)
    assert message.startswith("Unable to get object metadata from S3")


def test_the_trail_tells_who_searched_for_whom(
    deployment: Guarded, key: Key, account: str, album: Album
) -> None:
    """Lost: nobody can say afterwards who was looked for, by whom, at which threshold (PO02)."""
    c = deployment.client(key)
    c.create_collection(CollectionId="people", Tags={"lineament:min-similarity": "90"})
    face = c.index_faces(CollectionId="people", Image={"Bytes": album.a2})["FaceRecords"][0]
    answer = c.search_faces_by_image(
        CollectionId="people", Image={"Bytes": album.a1}, FaceMatchThreshold=50
    )
    entry = deployment.trail(account)[-1]
    assert entry["operation"] == "SearchFacesByImage"
    assert entry["request_id"] == answer["ResponseMetadata"]["RequestId"]
    assert (entry["access_key_id"], entry["user"]) == (key.id, "door")
    assert (entry["threshold_asked"], entry["threshold_applied"]) == (50, 90)
    similarity = pytest.approx(answer["FaceMatches"][0]["Similarity"], abs=1e-3)
    assert entry["results"] == [[face["Face"]["FaceId"], similarity]]


def test_refusals_are_in_the_trail(deployment: Guarded, account: str) -> None:
    """Lost: somebody tries every door, and nobody can see it."""
    c = deployment.client(deployment.key(account, "search-only", user="nosy"))
    refused(c.delete_collection, DENIED, CollectionId="people")
    entry = deployment.trail(account)[-1]
    told = (entry["user"], entry["operation"], entry["collection"], entry["outcome"])
    assert told == ("nosy", "DeleteCollection", "people", DENIED)


def within(seconds: float, call: Callable[[], Any]) -> None:
    """Assert that a call comes to do what is expected of it within some seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            call()
        except (pytest.fail.Exception, Exception):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
