"""A law-enforcement deployment from nothing, as docs/rules.md tells an operator to make one."""

import http.client
import json
import os
import random
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lineament.cli.emulator import LOOPBACK
from lineament.domain.reviews import CAVEAT
from tests.serving import Server
from tests.stated import STATED

PEOPLE = "suspects"
START_SECONDS = 60


class Station:
    """A deployment whose settings are made, and nothing more."""

    def __init__(self, folder: Path) -> None:
        root = folder / "root.key"
        self.environment = {
            **os.environ,
            **STATED,
            "LINEAMENT_TABLE": f"p{uuid.uuid4().hex[:12]}",
            "LINEAMENT_DEFAULT_ACCOUNT": str(random.SystemRandom().randrange(10**11, 10**12)),
            "LINEAMENT_AUTH": "sigv4",
            "LINEAMENT_ACCESS_KEYS": "table",
            "LINEAMENT_ROOT_KEY": f"file:{root}",
            "LINEAMENT_SEARCHES_PER_PERSON": "3",
        }
        root.touch(0o600)
        root.write_text(self.run("keys", "root"))

    def run(self, *words: str, status: int = 0) -> str:
        """Run a command of `lineament`, and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "lineament", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout + (done.stderr if status else "")

    def client(self, url: str, user: str) -> Any:
        account = self.environment["LINEAMENT_DEFAULT_ACCOUNT"]
        who = ("--account", account, "--user", user, "--policy", "full-access", "--json")
        made = json.loads(self.run("keys", "create", *who))
        return boto3.client(
            "rekognition",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id=made["AccessKeyId"],
            aws_secret_access_key=made["SecretAccessKey"],
            config=Config(retries={"max_attempts": 0}),
        )


@pytest.fixture
def station(aws_endpoint: str, tmp_path: Path) -> Station:
    assert aws_endpoint
    return Station(tmp_path)


@pytest.fixture
def server(station: Station, tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "log", station.environment)
    yield made
    made.stop()


def refused(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.parametrize("lacking", sorted(set(STATED) - {"LINEAMENT_USE_CASE"}))
def test_it_does_not_start_unstated(station: Station, lacking: str) -> None:
    """Lost: police search faces on a server that tells nobody what for."""
    station.environment[lacking] = ""
    done = subprocess.run(
        [sys.executable, "-m", "lineament", "serve", "--port", "0"],
        env=station.environment,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode != 0
    assert lacking in done.stderr
    assert "Traceback" not in done.stderr


def reviewed(station: Station, request: str, authorisation: str) -> None:
    """Review the first of three searches, and export all."""
    waiting = station.run("review", "list").splitlines()
    assert waiting[-1] == "3 searches wait for review"
    assert request in waiting[0]
    record = ("review", "record", request, "--verdict", "possible-match", "--by", "rita")
    seen = ("--rationale", "ears and scar compared", "--corroboration", "phone record")
    station.run(*record, *seen, status=1)
    dates = ("--date", "2026-01-15", "--expires", "2999-01-15", "--by", "chief")
    station.run("review", "attest", "rita", *dates)
    station.run(*record, *seen)
    assert "2 of 3 searches wait" in station.run("review", "export", status=1)
    rows = station.run("review", "export", "--unreviewed").splitlines()
    verdicts = [json.loads(row)["verdict"] for row in rows]
    assert verdicts == ["possible-match", "unreviewed", "unreviewed"]
    first = json.loads(rows[0])
    assert (first["user"], first["threshold"], first["caveat"]) == ("alice", 99, CAVEAT)
    assert first["rule"] == f"law-enforcement, authorisation {authorisation}"


def test_from_nothing_to_an_export(station: Station, server: Server, photo_dir: Path) -> None:
    """Lost: the rules stand in a document, and do not work together under one roof."""
    connection = http.client.HTTPConnection(LOOPBACK, server.port, timeout=30)
    connection.request("GET", "/notice")
    page = connection.getresponse().read().decode()
    connection.close()
    for told in STATED.values():
        assert told in page or told == "law-enforcement"
    alice = station.client(server.url, "alice")
    alice.create_collection(CollectionId=PEOPLE)
    station.run("rules", "set", PEOPLE, "dual-control=required", "consent=required")
    photo = {"Bytes": (photo_dir / "obama.jpg").read_bytes()}
    other = {"Bytes": (photo_dir / "obama2.jpg").read_bytes()}
    refused(alice.index_faces, CollectionId=PEOPLE, Image=photo, ExternalImageId="case-17")
    station.run("consent", "add", "case-17", "--by", "alice")
    indexed = alice.index_faces(CollectionId=PEOPLE, Image=photo, ExternalImageId="case-17")
    (face,) = (each["Face"]["FaceId"] for each in indexed["FaceRecords"])
    search = {"CollectionId": PEOPLE, "Image": other}
    assert "dual control" in refused(alice.search_faces_by_image, **search)

    why = ("--reason", "case 17", "--legal-basis", "warrant 4", "--by", "alice")
    identifier = station.run("authorise", "request", "--collection", PEOPLE, *why).strip()
    refused(alice.search_faces_by_image, **search)
    station.run("authorise", "approve", identifier, "--by", "alice", status=1)
    station.run("authorise", "approve", identifier, "--by", "bob")
    found = alice.search_faces_by_image(**search, FaceMatchThreshold=50)
    assert [each["Face"]["FaceId"] for each in found["FaceMatches"]] == [face]
    assert found["FaceMatches"][0]["Similarity"] >= 99
    refused(station.client(server.url, "mallory").search_faces_by_image, **search)
    for _ in range(2):
        alice.search_faces_by_image(**search)
    assert "names the person" in refused(alice.search_faces_by_image, **search)
    refused(alice.search_faces, CollectionId=PEOPLE, FaceId=face)

    reviewed(station, found["ResponseMetadata"]["RequestId"], identifier)
    assert "intact" in station.run("audit", "verify")
    operations = station.run("audit", "report")
    for told in ("lineament:SearchedOften", "lineament:AuthoriseApprove", "lineament:Attest"):
        assert told in operations
    assert "search 4 for one person today" in server.log.read_text()
    station.run("consent", "withdraw", "case-17", "--erase", "--by", "alice")
    assert alice.list_faces(CollectionId=PEOPLE)["Faces"] == []


def test_continuous_searches_stay_refused(station: Station, server: Server) -> None:
    """Lost: a stream is searched for somebody without end (PO02)."""
    alice = station.client(server.url, "alice")
    alice.create_collection(CollectionId=PEOPLE)
    refused(
        alice.start_face_search,
        CollectionId=PEOPLE,
        Video={"S3Object": {"Bucket": "videos", "Name": "street.mp4"}},
    )
    refused(
        alice.create_stream_processor,
        Name="street",
        Input={"KinesisVideoStream": {"Arn": "arn:aws:kinesisvideo:us-east-1:1:stream/s/1"}},
        Output={"KinesisDataStream": {"Arn": "arn:aws:kinesis:us-east-1:1:stream/s"}},
        Settings={"FaceSearch": {"CollectionId": PEOPLE}},
        RoleArn="arn:aws:iam::123456789012:role/r",
    )
